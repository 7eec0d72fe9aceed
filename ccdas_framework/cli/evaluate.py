"""`ccdas evaluate`: comparison of a finished run with independent data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .display import progress, show
from .options import DATA, RUN_FOLDER, SET, settings

OUT = Annotated[
    Path | None, typer.Option("--out", help="Folder for evaluation.nc; that of the run by default.")
]


def evaluate(folder: RUN_FOLDER, data: DATA = None, out: OUT = None, set_: SET = None) -> None:
    """Compare a finished run with withheld observations and with published estimates."""
    from ..compare.evaluate import evaluate_run
    from ..terminal.evaluation_tables import evaluation_text
    from ..terminal.result_values import evaluation_values

    result = evaluate_run(folder, data, out, settings(set_), progress())
    sections = [evaluation_text(name, one) for name, one in result.evaluation.items()]
    show(
        "\n\n".join([*sections, *result.notes, f"results: {result.path}"]),
        lambda: {
            "file": str(result.path),
            "notes": list(result.notes),
            "evaluation": evaluation_values(result.evaluation),
        },
    )
