"""Blocks that follow from `compute.memory`."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from attrs import evolve

from ..config.sections import Config
from ..config.values import size_bytes
from ..core.domain import Forcing
from ..core.errors import InvalidInput
from ..core.interfaces import Engine, ObservationOperator, ProcessModel
from ..problem.memory_limit import gigabytes, memory_need

_logger = logging.getLogger(__name__)


def with_blocks_of_memory(
    config: Config,
    model: ProcessModel,
    operators: Mapping[str, ObservationOperator],
    forcing: Forcing,
    engine: Engine,
    has_blocks: bool,
) -> Config:
    """The configuration with the blocks that fit its limit of memory.

    Args:
        has_blocks: whether the configuration states a number of blocks. It stays, so that a
            resumed run keeps its own.

    Raises:
        InvalidInput: the stated blocks, or blocks of one cell, do not fit.
    """
    compute = config.compute
    if compute.memory is None:
        return config
    apart = compute.executor in ("processes", "dask") and compute.workers > 1
    need = memory_need(
        config.model.name,
        model,
        dict(operators),
        forcing,
        engine,
        compute.workers,
        apart,
        config.experiment.starts,
    )
    limit = size_bytes(compute.memory)
    if has_blocks and need.total(compute.blocks) > limit:
        raise InvalidInput(
            f"compute.memory is {gigabytes(limit)}, and compute.blocks = {compute.blocks} need "
            f"about {gigabytes(need.total(compute.blocks))}. Set a larger limit or fewer "
            "compute.workers, or leave compute.blocks out of a new run.",
            code="too-little-memory",
            where="compute.memory",
        )
    blocks = compute.blocks if has_blocks else need.blocks(limit)
    _logger.info(
        "compute.memory = %r: %d blocks, about %s", compute.memory, blocks,
        gigabytes(need.total(blocks)),
    )  # fmt: skip
    return evolve(config, compute=evolve(compute, blocks=blocks))
