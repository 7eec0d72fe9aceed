"""`ccdas transport`: forward runs, Jacobians, conversion and validation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ccdas_framework import InvalidInput, command_settings, console, show_result, with_json

from .output_folder import create_folder_of

if TYPE_CHECKING:
    from .run import JacobianResult

STATIONS = Annotated[
    Path, typer.Option("--stations", help="CSV file with the columns id, lat, lon, alt_m.")
]
ONLY = Annotated[
    str | None, typer.Option("--only", help="Ids of --stations to take, separated by commas.")
]
WINDS = Annotated[
    Path | None,
    typer.Option("--winds", help="CF netCDF file of u and v. Default: the winds that ship."),
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
    group.command()(with_json(forward))
    group.command()(with_json(jacobian))
    group.command()(with_json(convert))
    group.command()(with_json(prove))
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
    from .station_series_file import write_series

    _check_out(out, overwrite)
    result = run_forward(
        flux, stations, _station_ids(only), command_settings(set_), winds, initial,
        console().stage,
    )  # fmt: skip
    write_series(out, result)
    months, station_count = result.ppm.shape
    show_result(
        f"{_counted(months, 'month')} at {_counted(station_count, 'station')}: {out}",
        lambda: {"file": str(out), "months": months, "stations": station_count},
    )


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
    from .progress_line import ProgressLine
    from .run import run_jacobian, write_result

    _check_out(out, overwrite)
    screen = console()
    result = run_jacobian(
        transport_, stations, _station_ids(only), command_settings(set_), winds, screen.stage,
        None if screen.stream is None else ProgressLine(screen.stream),
    )  # fmt: skip
    write_result(out, result)
    _show(result, out)


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
        typer.Option("--older", help="Jacobian file used where footprints do not reach."),
    ] = None,
    overwrite: OVERWRITE = False,
    set_: SET = None,
) -> None:
    """Convert the transport of another model to a file that the operator co2 reads."""
    from .converters import ConverterInputs
    from .run import run_convert, write_result

    _check_out(out, overwrite)
    result = run_convert(
        kind, source, stations, _station_ids(only), ConverterInputs(patterns, older),
        command_settings(set_), console().stage,
    )  # fmt: skip
    write_result(out, result)
    _show(result, out)


def prove(
    data: Annotated[Path, typer.Option("--data", help="Folder of published data.")],
    out: Annotated[Path, typer.Option("--out", help="Folder of the tables and figures.")],
) -> None:
    """Compare the transport with a full model and with stations; write tables and figures."""
    from .validation import prove as run

    if not data.is_dir():
        raise InvalidInput(
            f"there is no folder {data}; --data names the folder of published data.",
            code="missing-folder",
            where="--data",
        )
    if out.exists() and not out.is_dir():
        raise InvalidInput(
            f"--out {out} is a file; expected a folder. Choose another.",
            code="not-a-folder",
            where="--out",
        )
    create_folder_of(out / "proof.md")
    console().stage(f"comparison of the transport with a full model, from {data}")
    run(data, out)
    show_result(f"tables and figures: {out}", lambda: {"folder": str(out)})


def _station_ids(only: str | None) -> list[str] | None:
    """The ids of `--only`."""
    return None if only is None else [name.strip() for name in only.split(",") if name.strip()]


def _check_out(out: Path, overwrite: bool) -> None:
    """Refuse an output file that is not writable, or that exists without --overwrite."""
    if out.is_dir():
        raise InvalidInput(
            f"--out {out} is a folder; give the name of a netCDF file.",
            code="is-a-folder",
            where="--out",
        )
    if out.exists() and not overwrite:
        raise InvalidInput(
            f"{out} exists already. Give another --out, or --overwrite.",
            code="file-exists",
            where="--out",
        )
    create_folder_of(out)


def _show(result: JacobianResult, out: Path) -> None:
    """Print the size of a Jacobian and its file."""
    count, _, months, rows, columns = result.jacobian.response.shape
    show_result(
        f"{_counted(count, 'station')}, {_counted(months, 'month')}, {rows} by {columns} boxes: "
        f"{out}",
        lambda: {
            "file": str(out), "stations": count, "months": months, "rows": rows,
            "columns": columns,
        },
    )  # fmt: skip


def _counted(count: int, noun: str) -> str:
    """'1 station', '2 stations'."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
