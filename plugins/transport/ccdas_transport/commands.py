"""`ccdas transport`: forward runs, Jacobians, the proof, and transport of other models."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ccdas_framework import InvalidInput, command_settings, console

from .output_folder import check_folder

STATIONS = Annotated[
    Path, typer.Option("--stations", help="CSV file with the columns id, lat, lon, alt_m.")
]
ONLY = Annotated[
    str | None, typer.Option("--only", help="Ids of --stations to take, separated by commas.")
]
WINDS = Annotated[
    Path | None,
    typer.Option("--winds", help="CF netCDF file of u and v; those that ship when left out."),
]
OUT = Annotated[Path, typer.Option("--out", help="netCDF file to write.")]
OVERWRITE = Annotated[bool, typer.Option("--overwrite", help="Replace an earlier file in --out.")]
SET = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="Override a setting; repeatable."),
]


def transport() -> typer.Typer:
    """The group of commands."""
    group = typer.Typer(
        help="Run the transport of CO2, make its Jacobian, or convert that of another model.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    group.command()(forward)
    group.command()(jacobian)
    group.command()(convert)
    group.command()(prove)
    return group


def forward(
    flux: Annotated[
        Path,
        typer.Option("--flux", help="netCDF file, co2_flux(time, latitude, longitude)."),
    ],
    stations: STATIONS,
    out: OUT,
    only: ONLY = None,
    winds: WINDS = None,
    initial: Annotated[
        float, typer.Option("--initial", help="Mole fraction of the air at the start, ppm.")
    ] = 0.0,
    overwrite: OVERWRITE = False,
    set_: SET = None,
) -> None:
    """Carry surface fluxes to stations; write monthly co2(time, station)."""
    from .run import run_forward
    from .station_series_file import write_forward

    _check_out(out, overwrite)
    tell = console()
    result = run_forward(
        flux, stations, _names(only), command_settings(set_), winds, initial, tell.stage
    )
    write_forward(out, result)
    months, places = result.ppm.shape
    typer.echo(f"{_counted(months, 'month')} at {_counted(places, 'station')}: {out}")


def jacobian(
    stations: STATIONS,
    out: OUT,
    only: ONLY = None,
    transport_: Annotated[
        str,
        typer.Option(
            "--transport", help="winds (three dimensions), twelve_boxes or analytic (closed form)."
        ),
    ] = "winds",
    winds: WINDS = None,
    overwrite: OVERWRITE = False,
    set_: SET = None,
) -> None:
    """Make the Jacobian of stations, a file that the operator co2 reads."""
    from .progress_line import Share
    from .run import run_jacobian, write_made

    _check_out(out, overwrite)
    tell = console()
    made, places, attributes = run_jacobian(
        transport_,
        stations,
        _names(only),
        command_settings(set_),
        winds,
        tell.stage,
        Share(tell.stream),
    )
    write_made(out, made, places, attributes)
    typer.echo(_told(made, out))


def convert(
    source: Annotated[Path, typer.Argument(metavar="IN", help="File or folder to convert.")],
    out: Annotated[Path, typer.Argument(metavar="OUT", help="netCDF file to write.")],
    kind: Annotated[
        str,
        typer.Option(
            "--kind",
            help="transcom, geoschem, tm5, footprint, stilt, flexpart or jacobian.",
        ),
    ],
    stations: Annotated[
        Path | None,
        typer.Option("--stations", help="CSV file with the columns id, lat, lon, alt_m."),
    ] = None,
    only: ONLY = None,
    patterns: Annotated[
        Path | None, typer.Option("--patterns", help="Flux patterns or map of the regions.")
    ] = None,
    older: Annotated[
        Path | None,
        typer.Option("--older", help="Jacobian file that stands where footprints do not reach."),
    ] = None,
    overwrite: OVERWRITE = False,
    set_: SET = None,
) -> None:
    """Convert the transport of another model to a file that the operator co2 reads."""
    from .converters import Extras
    from .run import run_convert, write_made

    _check_out(out, overwrite)
    made, places, attributes = run_convert(
        kind, source, stations, _names(only), Extras(patterns, older), command_settings(set_),
        console().stage,
    )  # fmt: skip
    write_made(out, made, places, attributes)
    typer.echo(_told(made, out))


def prove(
    data: Annotated[Path, typer.Option("--data", help="Folder of published data.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the tables and figures.")],
) -> None:
    """Compare the transport with a full model and with stations; write tables and figures."""
    from .validation import prove as run

    if not data.is_dir():
        raise InvalidInput(f"there is no folder {data}; --data names the folder of published data.")
    if out.exists() and not out.is_dir():
        raise InvalidInput(f"--out {out} is a file; expected a folder. Choose another.")
    check_folder(out / "proof.md")
    console().stage(f"the transport against a full model, from {data}")
    run(data, out)
    typer.echo(f"tables and figures: {out}")


def _names(only: str | None) -> list[str] | None:
    """The ids of `--only`."""
    return None if only is None else [name.strip() for name in only.split(",") if name.strip()]


def _check_out(out: Path, overwrite: bool) -> None:
    """Refuse to write where one cannot, or over an earlier file unasked, before anything runs."""
    if out.is_dir():
        raise InvalidInput(f"--out {out} is a folder; give the name of a netCDF file.")
    if out.exists() and not overwrite:
        raise InvalidInput(f"{out} is there already. Give another --out, or --overwrite.")
    check_folder(out)


def _told(made: object, out: Path) -> str:
    """What was written, in a line."""
    places, _, months, rows, columns = made.response.shape  # type: ignore[attr-defined]
    return (
        f"{_counted(places, 'station')}, {_counted(months, 'month')}, {rows} by {columns} boxes: "
        f"{out}"
    )


def _counted(count: int, noun: str) -> str:
    """'1 station', '2 stations'."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
