"""First code of a Dask worker that a run starts on its machine."""

from __future__ import annotations

from typing import Any

from .worker_signals import leave_signals


def dask_setup(worker: Any) -> None:
    """Leave signals of the terminal to the run; Dask calls it by this name."""
    leave_signals()
