"""Where independent pieces of work run: one after the other, in threads, processes or a cluster.

The interface is `concurrent.futures.Executor`.
"""

from .executors import EXECUTORS, Serial, executor_of, shares_memory

__all__ = ["EXECUTORS", "Serial", "executor_of", "shares_memory"]
