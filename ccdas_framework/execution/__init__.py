"""Where independent pieces of work run: one after the other, in threads, processes or a cluster.

The interface is `concurrent.futures.Executor`.
"""

from .block_workers import BlockWorkers
from .dask_workers import WAIT_MINUTES, DaskWorkers
from .executors import (
    EXECUTORS,
    block_executor,
    block_processes,
    executor_of,
    row_executor,
    shares_memory,
)  # fmt: skip
from .levels import OuterLevel, Serial, in_worker
from .machine_limits import cores, memory
from .process_workers import ProcessWorkers
from .thread_variables import thread_limits, threads_of_worker

__all__ = [
    "EXECUTORS",
    "WAIT_MINUTES",
    "BlockWorkers",
    "DaskWorkers",
    "OuterLevel",
    "ProcessWorkers",
    "Serial",
    "block_executor",
    "block_processes",
    "cores",
    "executor_of",
    "in_worker",
    "memory",
    "row_executor",
    "shares_memory",
    "thread_limits",
    "threads_of_worker",
]
