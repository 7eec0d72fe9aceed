"""Warnings about a run that asks for more than its machine, container or job has."""

from __future__ import annotations

import logging
import warnings

from ..config.sections import ComputeSection
from ..config.values import size_bytes
from ..core.errors import CcdasWarning
from ..execution import cores, memory
from ..problem.memory_limit import gigabytes

_logger = logging.getLogger(__name__)


def warn_of_machine(compute: ComputeSection) -> None:
    """Warn of more workers than cores, and of more memory than there is; both are logged."""
    available, limit = cores(), memory()
    if limit is not None:
        _logger.info("%d cores, memory %s (%s)", available, gigabytes(limit[0]), limit[1])
    if compute.executor in ("threads", "processes") and compute.workers > available:
        number = "1 core" if available == 1 else f"{available} cores"
        _warn(
            "more-workers-than-cores",
            "compute.workers",
            f"compute.workers is {compute.workers}, and this process may use {number}. More "
            "workers than cores take memory and no time off. Set fewer.",
        )
    if compute.memory is not None and limit is not None and size_bytes(compute.memory) > limit[0]:
        _warn(
            "more-than-memory",
            "compute.memory",
            f'compute.memory is "{compute.memory}", and this process may use '
            f"{gigabytes(limit[0])} (limit of {limit[1]}). The system may kill the run. Set less.",
        )


def _warn(code: str, where: str, message: str) -> None:
    warnings.warn(CcdasWarning(message, code=code, where=where), stacklevel=3)
