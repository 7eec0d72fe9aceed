"""Blocks that follow from `compute.memory`."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from attrs import evolve

from ..config.sections import Config
from ..config.values import size_bytes
from ..core.domain import Forcing
from ..core.interfaces import Engine, ObservationOperator, ProcessModel
from ..problem.memory_limit import gigabytes, memory_need

_logger = logging.getLogger(__name__)


def with_blocks_of_memory(
    config: Config,
    model: ProcessModel,
    operators: Mapping[str, ObservationOperator],
    forcing: Forcing,
    engine: Engine,
) -> Config:
    """The configuration with the blocks that fit its limit of memory.

    A number of blocks of the configuration wins, so that a resumed run keeps its own.

    Raises:
        InvalidInput: blocks of one cell do not fit.
    """
    compute = config.compute
    if compute.memory is None or compute.blocks > 1:
        return config
    apart = compute.executor == "processes" and compute.workers > 1
    need = memory_need(
        config.model.name, model, dict(operators), forcing, engine, compute.workers, apart
    )
    blocks = need.blocks(size_bytes(compute.memory))
    _logger.info(
        "compute.memory = %r: %d blocks, about %s", compute.memory, blocks,
        gigabytes(need.total(blocks)),
    )  # fmt: skip
    return evolve(config, compute=evolve(compute, blocks=blocks))
