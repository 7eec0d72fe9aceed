"""`ccdas rerun`: repetition of a run, and the difference of the results."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import OVERWRITE, RUN_FOLDER, SET, settings

OUT = Annotated[Path, typer.Option("--out", help="Folder of the repetition.")]


def rerun(folder: RUN_FOLDER, out: OUT, overwrite: OVERWRITE = False, set_: SET = None) -> None:
    """Repeat a run from its experiment.toml, and compare; exit code 1 if the results differ."""
    from ..experiment.rerun import rerun as repeat
    from ..terminal.progress import Console

    again = repeat(folder, out, overwrite, Console(), settings(set_))
    print(f"{again.text}\n\nresults: {again.result.folder}")
    if not again.same:
        raise typer.Exit(1)
