"""An experiment that can be assembled and run."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import attrs
from attrs import frozen

from ..problem.assembled_problem import Problem
from ..problem.short_repr import counted, short_html, short_text
from .build import build
from .experiment_data import ExperimentData
from .load import load_experiment_data
from .monitor import Monitor
from .run import RunResult, run


@frozen(eq=False)
class Experiment(ExperimentData):
    """An experiment, read and checked; arguments as in `ExperimentData`."""

    def __repr__(self) -> str:
        """Title and main facts, in a few lines."""
        return short_text("Experiment", self._facts)

    def _repr_html_(self) -> str:
        return short_html("Experiment", self._facts)

    @property
    def _facts(self) -> dict[str, object]:
        domain, section = self.forcing.domain, self.config.experiment
        first, last = domain.time[domain.lead], domain.time[-1]
        return {
            "name": section.name,
            "title": section.title,
            "model": self.config.model.name,
            "window": f"{first} to {last}, after {domain.lead} days of lead",
            "grid": f"{domain.grid.cells} cells, {domain.grid.columns} columns",
            "observations": counted({n: len(o) for n, o in self.observations.items()}),
            "control": f"{len(self.control)} parameters",
            "optimiser": self.config.optimiser.name,
            "engine": type(self.engine).__name__,
        }

    def build(self) -> Problem:
        """The assembled problem, without running it."""
        return build(self)

    def run(
        self,
        out: str | Path,
        overwrite: bool = False,
        monitor: Monitor | None = None,
        *,
        starts: int | None = None,
        draws: int | None = None,
        executor: Executor | None = None,
    ) -> RunResult:
        """Optimise, propagate uncertainty and write a folder of results.

        Args:
            out: folder of the results.
            overwrite: replace the results of an earlier run there.
            monitor: receives the progress.
            starts: starting points to optimise from, instead of the configuration's.
            draws: parameter sets drawn from the posterior, instead of the configuration's.
            executor: runs the starting points, instead of the configuration's.
        """
        return run(
            self, Path(out), overwrite=overwrite, monitor=monitor, starts=starts, draws=draws,
            executor=executor,
        )  # fmt: skip


def load_experiment(
    name_or_path: str | Path = "demo",
    observations: Sequence[str] | None = None,
    model: str | None = None,
    engine: str = "auto",
    data: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
    *,
    optimiser: str | None = None,
    seed: int | None = None,
    designed: Collection[str] = (),
) -> Experiment:
    """Read and check an experiment: configuration, plugins, forcing and observations.

    Args:
        name_or_path: a shipped name or a TOML file.
        observations: streams to assimilate; by default those of the file.
        model: process model instead of the file's.
        engine: "auto", "autograd", "jax" or another registered one.
        data: folder of published data for recipes that read it, instead of the file's.
        settings: dotted key -> value, over those of the file.
        optimiser: instead of the file's.
        seed: instead of the file's.
        designed: streams whose observations are not read, because a design replaces them.

    Raises:
        InvalidExperiment: all findings.
    """
    parts = load_experiment_data(
        name_or_path, observations, model, engine, data, settings, optimiser=optimiser, seed=seed,
        designed=designed,
    )  # fmt: skip
    return Experiment(
        **{str(f.alias): getattr(parts, f.name) for f in attrs.fields(ExperimentData) if f.init}
    )
