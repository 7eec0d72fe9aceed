"""`ccdas evaluate`: compare a finished run with what it did not assimilate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import DATA, SET

FOLDER = Annotated[Path, typer.Argument(help="Folder of a run.")]
OUT = Annotated[
    Path | None, typer.Option("--out", help="Folder for evaluation.nc; that of the run by default.")
]


def evaluate(folder: FOLDER, data: DATA = None, out: OUT = None, set_: SET = None) -> None:
    """Compare a finished run with observations kept aside and with the results of others."""
    from ..compare.evaluate import evaluate_run
    from ..terminal.evaluation_tables import evaluation_text
    from ..terminal.progress import Console
    from .options import settings

    found = evaluate_run(folder, data, out, settings(set_), Console())
    sections = [evaluation_text(name, one) for name, one in found.evaluation.items()]
    print("\n\n".join([*sections, *found.notes, f"results: {found.path}"]))
