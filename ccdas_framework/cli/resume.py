"""`ccdas resume`: continuation of an interrupted run."""

from __future__ import annotations

import warnings

from .display import progress, show
from .options import RUN_FOLDER, SET, settings


def resume(folder: RUN_FOLDER, set_: SET = None) -> None:
    """Continue an interrupted run in its folder."""
    from ..experiment.resume import interrupted
    from ..experiment.resume import resume as resume_run
    from ..terminal.result_values import run_values
    from ..terminal.run_summary import summary

    run = interrupted(folder, settings(set_))
    if run.changed:
        changes = "; ".join(str(change) for change in run.changed)
        warnings.warn(
            f"the run began with other versions ({changes}); its result may differ from that of an "
            "uninterrupted run.",
            stacklevel=1,
        )
    result = resume_run(run, progress())
    show(summary(run.experiment, result), lambda: run_values(result))
