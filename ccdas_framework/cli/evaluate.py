"""`ccdas evaluate`: comparison of a finished run with independent data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import DATA, RUN_FOLDER, SET, settings

OUT = Annotated[
    Path | None, typer.Option("--out", help="Folder for evaluation.nc; that of the run by default.")
]


def evaluate(folder: RUN_FOLDER, data: DATA = None, out: OUT = None, set_: SET = None) -> None:
    """Compare a finished run with withheld observations and with published estimates."""
    from ..compare.evaluate import evaluate_run
    from ..terminal.evaluation_tables import evaluation_text
    from ..terminal.progress import Console

    result = evaluate_run(folder, data, out, settings(set_), Console())
    sections = [evaluation_text(name, one) for name, one in result.evaluation.items()]
    print("\n\n".join([*sections, *result.notes, f"results: {result.path}"]))
