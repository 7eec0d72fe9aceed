"""Workers of a Dask cluster; the only module that imports Dask."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager

from ..core.errors import CcdasError


@contextmanager
def dask_executor(workers: int) -> Iterator[Executor]:
    """Executor of the cluster that Dask is configured for, else of one started on this machine.

    Args:
        workers: processes of the cluster started here; one that runs already has its own.

    Raises:
        CcdasError: Dask is not installed.
    """
    try:
        import dask
        from distributed import Client
    except ImportError as cause:
        raise CcdasError(
            f"executor 'dask' needs {cause.name}, which is not installed; "
            '`pip install "ccdas-framework[dask]"`, or set compute.executor to "processes".',
            code="missing-package",
            where="dask",
        ) from cause
    has_scheduler = dask.config.get("scheduler-address", None) is not None
    local_cluster = {"n_workers": workers, "threads_per_worker": 1, "dashboard_address": None}
    with (
        Client(**({} if has_scheduler else local_cluster)) as client,
        client.get_executor() as executor,
    ):
        yield executor
