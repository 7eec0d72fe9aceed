"""`ccdas report`: the report of a finished run or the page of a study, written again."""

from __future__ import annotations

from .display import show
from .options import RUN_FOLDER


def report(folder: RUN_FOLDER) -> None:
    """Write report.html of a finished run, or study.html of a study, from its files."""
    from ..compare.study import finished_study, is_study

    if is_study(folder):
        from ..compare.study_page import write_page

        page = write_page(finished_study(folder))
        show(str(page), lambda: {"file": str(page)})
        return
    from ..report import write_report

    page = write_report(folder)
    show(str(page), lambda: {"file": str(page)})
