"""`ccdas rerun`: repetition of a run, and the difference of the results."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .display import progress, show
from .options import OVERWRITE, RUN_FOLDER, SET, settings

OUT = Annotated[Path, typer.Option("--out", help="Folder of the repetition.")]


def rerun(folder: RUN_FOLDER, out: OUT, overwrite: OVERWRITE = False, set_: SET = None) -> None:
    """Repeat a run from its experiment.toml, and compare; exit code 1 if the results differ."""
    from ..experiment.rerun import rerun as repeat
    from ..terminal.result_values import run_values

    again = repeat(folder, out, overwrite, progress(), settings(set_))
    show(
        f"{again.text}\n\nresults: {again.result.folder}",
        lambda: {
            "same": again.same,
            "cost_difference": again.cost_difference,
            "changed": [change.message for change in again.changed],
            **run_values(again.result),
        },
    )
    if not again.same:
        raise typer.Exit(1)
