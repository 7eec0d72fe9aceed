"""`ccdas data`: required contents of input files, their validation, and recipes that make them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import DATA, MODEL, SET, settings

FILE = Annotated[Path | None, typer.Argument(help="A file to validate.")]
STREAM = Annotated[
    str | None, typer.Option("--stream", help="Treat the file as observations of this stream.")
]
PREPARE = Annotated[
    str | None, typer.Option("--prepare", help="Make the input files of a recipe in --out.")
]
CHECKED_IN = Annotated[
    str | None,
    typer.Option("--experiment", help="Validate the file in this experiment, with its grid."),
]
OUT = Annotated[Path | None, typer.Option("--out", help="Folder for --prepare.")]


def data(
    file: FILE = None,
    stream: STREAM = None,
    model: MODEL = None,
    experiment: CHECKED_IN = None,
    prepare: PREPARE = None,
    source: DATA = None,
    out: OUT = None,
    set_: SET = None,
) -> None:
    """Print the required contents of input files, validate one, or make those of a recipe."""
    from ..experiment.input_validation import described, prepared, validated, validated_in

    values = settings(set_)
    if prepare is not None:
        print(prepared(prepare, out or Path("inputs") / prepare, source, values))
    elif file is not None and experiment is not None:
        print(validated_in(file, stream, experiment, model, values))
    elif file is not None:
        print(validated(file, stream, model or "bethy", values))
    else:
        print(described(stream, model or "bethy", values))
