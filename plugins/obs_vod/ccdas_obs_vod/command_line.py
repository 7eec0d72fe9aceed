"""`ccdas vod`: calibration of the operator to maps."""

from __future__ import annotations

import shlex
import tomllib
from pathlib import Path
from typing import Annotated

import typer

from ccdas_framework import InvalidInput, atomic_write, show_result, with_json

TREES = "1,2,3,4,5,6"


def vod() -> typer.Typer:
    """The group of commands."""
    group = typer.Typer(
        help="Calibrate the operator of optical depth.",
        no_args_is_help=True,
        rich_markup_mode=None,
    )
    group.callback()(lambda: None)  # a group of one command stays a group
    group.command()(with_json(calibrate))
    return group


def calibrate(
    biomass: Annotated[
        Path,
        typer.Option("--biomass", help="netCDF map of biomass, carbon or dry matter on an area."),
    ],
    out: Annotated[Path, typer.Option("--out", help="TOML file to write.")],
    run: Annotated[
        Path | None,
        typer.Option("--run", help='Folder of a run with output.by_class = ["npp"]: fits tau_eff.'),
    ] = None,
    optical_depth: Annotated[
        Path | None,
        typer.Option("--optical-depth", help="netCDF map of optical depth: fits a and b."),
    ] = None,
    biomass_variable: Annotated[
        str | None, typer.Option("--biomass-variable", help="Its name in --biomass.")
    ] = None,
    optical_depth_variable: Annotated[
        str | None, typer.Option("--optical-depth-variable", help="Its name in --optical-depth.")
    ] = None,
    part: Annotated[
        str,
        typer.Option("--part", help="Biomass of the map: above_ground, or live (with roots)."),
    ] = "above_ground",
    classes: Annotated[
        str, typer.Option("--classes", help="Classes to fit, separated by commas.")
    ] = TREES,
    of: Annotated[
        str | None,
        typer.Option("--of", help="Run of fields.nc: prior, posterior or given; the first."),
    ] = None,
    stream: Annotated[str, typer.Option("--stream", help="Name of the stream in the table.")] = (
        "vod"
    ),
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace an earlier file in --out.")
    ] = False,
) -> None:
    """Fit a, b and tau_eff to maps; write a table [parameters]."""
    from .calibrate import calibrate_saturation, calibrate_turnover, parameter_table
    from .map_files import PARTS, read_biomass, read_optical_depth
    from .modelled_npp import read_modelled_npp

    if part not in PARTS:
        raise InvalidInput(
            f"--part is '{part}'; expected {' or '.join(PARTS)}.",
            code="wrong-value",
            where="--part",
        )
    if run is None and optical_depth is None:
        raise InvalidInput(
            "Nothing to fit. Give --run for tau_eff, --optical-depth for a and b, or both.",
            code="nothing-to-fit",
            where="--run",
        )
    fitted = _numbers(classes)
    if out.is_dir():
        raise InvalidInput(
            f"--out {out} is a folder; give the name of a TOML file.",
            code="is-a-folder",
            where="--out",
        )
    if out.exists() and not overwrite:
        raise InvalidInput(
            f"{out} exists already. Give another --out, or --overwrite.",
            code="file-exists",
            where="--out",
        )
    carbon = read_biomass(biomass, biomass_variable, part)
    saturation = turnover = None
    command = ["ccdas", "vod", "calibrate", "--biomass", str(biomass)]
    command += ["--biomass-variable", biomass_variable] if biomass_variable else []
    command += ["--part", part]
    if optical_depth is not None:
        depth = read_optical_depth(optical_depth, optical_depth_variable)
        saturation = calibrate_saturation(carbon, depth), depth
        command += ["--optical-depth", str(optical_depth)]
    if run is not None:
        modelled = read_modelled_npp(run, of)
        turnover = calibrate_turnover(carbon, modelled, fitted), modelled
        command += ["--run", str(run), "--classes", classes]
    text = parameter_table(shlex.join(command), stream, carbon, saturation, turnover)
    with atomic_write(out) as temporary:
        temporary.write_text(text, encoding="utf-8")
    show_result(
        f"{text}written: {out}",
        lambda: {"file": str(out), "parameters": tomllib.loads(text)["parameters"]},
    )


def _numbers(text: str) -> list[int]:
    """Classes of a list such as 1,2,5."""
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isdigit() for part in parts) or len(set(parts)) != len(parts):
        raise InvalidInput(
            f"--classes is '{text}'; expected different whole numbers such as {TREES}.",
            code="wrong-value",
            where="--classes",
        )
    return sorted(int(part) for part in parts)
