"""`ccdas resume`: go on with an interrupted run."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Annotated

import typer

from .options import SET

FOLDER = Annotated[Path, typer.Argument(help="Folder of the interrupted run.")]


def resume(folder: FOLDER, set_: SET = None) -> None:
    """Go on with an interrupted run, in its folder, to where it would have ended."""
    from ..experiment.resume import interrupted
    from ..experiment.resume import resume as go_on
    from ..terminal.progress import Console
    from ..terminal.run_summary import summary
    from .options import settings

    run = interrupted(folder, settings(set_))
    if run.changed:
        changes = "; ".join(str(change) for change in run.changed)
        warnings.warn(
            f"the run was begun with other versions ({changes}); it may not end exactly where it "
            "would have.",
            stacklevel=1,
        )
    print(summary(run.experiment, go_on(run, Console())))
