"""`ccdas resume`: continuation of an interrupted run."""

from __future__ import annotations

import warnings

from .options import RUN_FOLDER, SET, settings


def resume(folder: RUN_FOLDER, set_: SET = None) -> None:
    """Continue an interrupted run in its folder."""
    from ..experiment.resume import interrupted
    from ..experiment.resume import resume as resume_run
    from ..terminal.progress import Console
    from ..terminal.run_summary import summary

    run = interrupted(folder, settings(set_))
    if run.changed:
        changes = "; ".join(str(change) for change in run.changed)
        warnings.warn(
            f"the run began with other versions ({changes}); its result may differ from that of an "
            "uninterrupted run.",
            stacklevel=1,
        )
    print(summary(run.experiment, resume_run(run, Console())))
