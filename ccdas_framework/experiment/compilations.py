"""Compilation of the functions of a run before it, and the count of what was compiled."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from attrs import frozen

from ..core.interfaces import Engine
from ..core.trees import map_tree
from ..problem.block_tasks import Tapes
from ..problem.forward_model import block_contributions
from ..problem.jacobian import block_jacobians
from ..problem.work_progress import listening_to_work
from .build import build
from .experiment_data import ExperimentData
from .monitor import Monitor


@frozen
class Compiled:
    """What an engine compiled for an experiment.

    Args:
        engine: name of the engine.
        counts: kind of function -> "found" on disk, "compiled", and "seconds" of compilations.
    """

    engine: str
    counts: Mapping[str, Mapping[str, float]]

    @property
    def text(self) -> str:
        """The counts in lines."""
        if not self.counts:
            return f"engine {self.engine} compiles nothing"
        return f"engine {self.engine}: {counts_in_words(self.counts)}"


def compilations_of(engine: Engine) -> dict[str, dict[str, float]]:
    """Counts of an engine with a method `compilations`, of this process."""
    return dict(getattr(engine, "compilations", dict)())


def counts_in_words(counts: Mapping[str, Mapping[str, float]]) -> str:
    """'kernels 3 found on disk and 0 compiled in 0 s'."""
    return ", ".join(
        f"{kind} {of['found']} found on disk and {of['compiled']} compiled in {of['seconds']:g} s"
        for kind, of in counts.items()
    )


def compile_experiment(experiment: ExperimentData, monitor: Monitor | None = None) -> Compiled:
    """Compile what a run of an experiment needs, by one evaluation of its first block.

    Values, gradient and Jacobian fill the cache on disk, from which a run on another machine
    reads.

    Raises:
        InvalidExperiment: components or data that do not fit together.
    """
    monitor = monitor or Monitor()
    with listening_to_work(monitor.work):
        monitor.stage("assembling the problem")
        problem = build(experiment)
        forward, x = problem.forward, np.asarray(problem.prior.mean, float)
        monitor.stage("compiling")
        block_contributions(forward, forward.functions, Tapes(0.0), (0,), x)
        if forward.reverse_mode:
            values, pull, _ = forward.group_pullback(x, forward.groups[0])
            pull(map_tree(np.zeros_like, values))
        block_jacobians(forward, x, 0, forward.functions)
    return Compiled(experiment.config.engine.name, compilations_of(experiment.engine))
