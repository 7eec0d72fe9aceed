"""`ccdas report`: write the report of a folder of results again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

FOLDER = Annotated[Path, typer.Argument(help="Folder of a run.")]


def report(folder: FOLDER) -> None:
    """Write report.html of a finished run from its files."""
    from ..report import write_report

    print(write_report(folder))
