"""`ccdas report`: the report of a finished run, written again."""

from __future__ import annotations

from .options import RUN_FOLDER


def report(folder: RUN_FOLDER) -> None:
    """Write report.html of a finished run from its files."""
    from ..report import write_report

    print(write_report(folder))
