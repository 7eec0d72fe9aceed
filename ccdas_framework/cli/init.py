"""`ccdas init`: a new experiment from files of towers, or a copy of an example."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..core.errors import Finding, InvalidExperiment
from .display import progress, show
from .options import experiment_names, names

OUT = Annotated[Path, typer.Option("--out", help="Folder of the new experiment.")]
TOWERS = Annotated[
    list[Path] | None,
    typer.Option("--towers", metavar="FILE...", help="Product files of flux towers."),
]
MORE = Annotated[list[Path] | None, typer.Argument(metavar="[FILE...]", hidden=True)]
SITES = Annotated[
    Path | None,
    typer.Option(
        "--sites",
        help="CSV file with the columns id, latitude, longitude, elevation, igbp, utc_offset and "
        "texture, or a BADM file.",
    ),
]
MODEL = Annotated[str | None, typer.Option("--model", help="Process model; default: bethy.")]
OBS = Annotated[
    str | None,
    typer.Option("--obs", help="Streams to assimilate, separated by commas; default: flux."),
]
EXAMPLE = Annotated[
    str | None,
    typer.Option(
        "--example",
        help="Installed experiment to copy, in place of files.",
        autocompletion=experiment_names,
    ),
]


def init(
    out: OUT,
    towers: TOWERS = None,
    more: MORE = None,
    sites: SITES = None,
    model: MODEL = None,
    obs: OBS = None,
    example: EXAMPLE = None,
) -> None:
    """Write an experiment with its input files from files of flux towers, or copy an example."""
    from ..experiment.site_setup import copy_example, set_up_sites
    from ..terminal.import_tables import import_summary
    from ..terminal.result_values import import_values

    files = [*(towers or []), *(more or [])]
    if (example is None) == (not files):
        message = "give either --towers with product files, or --example with a name."
        raise InvalidExperiment([Finding("wrong-option", "--towers", message)])
    if example is not None:
        options = {"--sites": sites, "--model": model, "--obs": obs}
        not_taken = [
            Finding("wrong-option", name, f"{name} does not go with --example. Leave it out.")
            for name, value in options.items()
            if value is not None
        ]
        if not_taken:
            raise InvalidExperiment(not_taken)
        copied = copy_example(example, out)
        show(f"{copied}\n\nNext:\n  ccdas run {copied}", lambda: {"experiment": str(copied)})
        return
    if sites is None:
        message = (
            "--sites is missing: a CSV file with the columns id, latitude, longitude, elevation, "
            "igbp, utc_offset and texture, or a BADM file."
        )
        raise InvalidExperiment([Finding("missing-option", "--sites", message)])
    progress().stage("importing the files of the towers")
    setup = set_up_sites(files, sites, model or "bethy", names(obs or "flux") or [], out)
    run = f"  ccdas forward {setup.experiment} --out runs/{out.name}-prior"
    text = "\n\n".join(
        [
            *(import_summary(each) for each in setup.imports),
            *setup.notes,
            f"{setup.experiment}\n\nNext:\n{run}\n"
            f"  ccdas run {setup.experiment} --out runs/{out.name}",
        ]
    )
    show(
        text,
        lambda: {
            "experiment": str(setup.experiment),
            "inputs": [import_values(each) for each in setup.imports],
            "notes": list(setup.notes),
        },
    )
