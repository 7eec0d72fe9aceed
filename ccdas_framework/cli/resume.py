"""`ccdas resume`: continuation of an interrupted run."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .display import progress, show
from .options import RUN_FOLDER, SET, settings


def resume(folder: RUN_FOLDER, set_: SET = None) -> None:
    """Continue an interrupted run in its folder."""
    _continue(folder, settings(set_))


def continue_run(folder: Path, values: Mapping[str, Any]) -> None:
    """Continue a run, or say that it is complete, with its report where that is missing.

    Args:
        values: dotted key -> value. Those that differ from the run and may change are used.
    """
    from ..experiment.resume import changes, is_complete
    from ..experiment.run_outputs import report

    values = changes(folder, values)
    if is_complete(folder, values):
        if not (folder / "report.html").is_file():
            report(folder)
        show(f"the run in {folder} is complete.", lambda: {"folder": str(folder.absolute())})
        return
    _continue(folder, values)


def _continue(folder: Path, values: Mapping[str, Any]) -> None:
    from ..experiment.resume import interrupted
    from ..experiment.resume import resume as resume_run
    from ..terminal.result_values import run_values
    from ..terminal.run_summary import summary

    run = interrupted(folder, values)
    if run.changed:
        changes = "; ".join(str(change) for change in run.changed)
        warnings.warn(
            f"the run began with other versions ({changes}); its result may differ from that of an "
            "uninterrupted run.",
            stacklevel=1,
        )
    result = resume_run(run, progress())
    show(summary(run.experiment, result), lambda: run_values(result))
