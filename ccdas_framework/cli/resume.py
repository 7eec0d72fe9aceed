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
    from ..experiment.resume import MAY_CHANGE, require_changeable

    values = settings(set_)
    require_changeable(values, MAY_CHANGE)
    if not _report_written(folder, values):
        _continue(folder, values)


def continue_run(folder: Path, arguments: Mapping[str, Any]) -> None:
    """Continue a run, or say that it is complete, with its report where that is missing.

    Args:
        arguments: of `load_experiment`. Settings that differ from the run and may change are
            used. A warning names all others that differ.
    """
    from ..experiment.ignored_settings import warn_of_ignored_settings
    from ..experiment.resume import changes, is_complete

    values = changes(folder, arguments["settings"])
    warn_of_ignored_settings(folder, arguments, values)
    if _report_written(folder, values):
        return
    if is_complete(folder, values):
        _say_complete(folder)
    else:
        _continue(folder, values)


def _report_written(folder: Path, values: Mapping[str, Any]) -> bool:
    """Write the report of a complete run that has none, and say whether this was one."""
    from ..experiment.resume import is_complete
    from ..experiment.run_outputs import report

    if (folder / "report.html").is_file() or not is_complete(folder, values):
        return False
    report(folder)
    _say_complete(folder)
    return True


def _say_complete(folder: Path) -> None:
    show(f"the run in {folder} is complete.", lambda: {"folder": str(folder.absolute())})


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
