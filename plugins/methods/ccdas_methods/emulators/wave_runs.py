"""Record of the runs of all waves, from which an interrupted method continues."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import evolve, frozen

from ccdas_framework import Budget, Ensemble

from ..ensembles.member_runs import run_members
from .implausibility import WaveRuns

FEWEST = 6  # runs of a wave: four to fit and two to try
RUNS_PER_PARAMETER, LEAST_RUNS = 10, 20


def planned_runs(runs: int | None, problem: Any) -> int:
    """Runs of a wave: those of the setting, or ten for each parameter and at least 20.

    Source: Loeppky, Sacks and Welch (2009), Technometrics 51, 366-376 (ten for each parameter).
    """
    return runs or max(RUNS_PER_PARAMETER * len(problem.control), LEAST_RUNS)


@frozen(eq=False)
class RunRecord:
    """Runs of all waves so far.

    All else follows from them and the root of the random numbers, so that they are the state.

    Args:
        root: of the random numbers.
        runs: those that can be used.
        complete: number of waves whose runs were made.
        failed: runs that failed.
        sentences: remarks on failed runs.
    """

    root: int
    runs: WaveRuns
    complete: int = 0
    failed: int = 0
    sentences: tuple[str, ...] = ()

    @classmethod
    def started(
        cls, problem: Any, generator: np.random.Generator, earlier: Ensemble | None
    ) -> RunRecord:
        """A record without runs, or that of an interrupted method."""
        if earlier is not None and earlier.state:
            state = {name: np.asarray(values) for name, values in earlier.state.items()}
            root, complete, failed, sentences = (int(n) for n in state["numbers"])
            runs = WaveRuns(state["runs"], state["residuals"], state["wave"])
            return cls(root, runs, complete, failed, tuple(earlier.remarks[:sentences]))
        length = sum(len(s.values) for s in problem.streams.values())
        none = WaveRuns(np.zeros((0, len(problem.control))), np.zeros((0, length)), np.zeros(0))
        return cls(int(generator.integers(2**53)), none)  # exact as a 64-bit float

    def with_runs(
        self,
        problem: Any,
        number: int,
        design: np.ndarray,
        absurd: float,
        budget: Budget,
        part: str = "Wave",
    ) -> RunRecord:
        """With the runs of a wave at the points of a design, unless they are there already."""
        if number < self.complete:
            return self
        results = run_members(problem, design, absurd)
        budget.fail(results.absurd)
        runs = WaveRuns(
            np.vstack([self.runs.x, design[results.usable]]),
            np.vstack([self.runs.residuals, results.residuals]),
            np.concatenate([self.runs.wave, np.full(len(results.residuals), float(number))]),
        )
        sentences = (f"{part} {number + 1}: {results.cause}.",) if results.cause else ()
        return evolve(
            self,
            runs=runs,
            complete=number + 1,
            failed=self.failed + results.failed,
            sentences=(*self.sentences, *sentences),
        )

    def too_few(self, number: int, planned: int, least_share: float) -> bool:
        """Whether too few runs of a wave can be used for an emulator."""
        usable = int(np.sum(self.runs.wave == number))
        return usable < max(FEWEST, least_share * planned)

    def ensemble(
        self,
        problem: Any,
        x: np.ndarray,
        status: Any,
        message: str,
        numbers: Mapping[str, float],
        remarks: tuple[str, ...],
        statistics: Mapping[str, np.ndarray],
    ) -> Ensemble:
        """An ensemble of points, shape (point, control), with the runs as its state."""
        counts = (self.root, self.complete, self.failed, len(self.sentences))
        return Ensemble(
            problem.control,
            x[None],
            np.full((1, len(x)), np.nan),
            exact=False,
            status=status,
            message=message,
            failed=self.failed,
            statistics=statistics,
            numbers={"runs": float(len(self.runs.x)), **numbers},
            remarks=(*self.sentences, *remarks),
            observed={name: np.asarray(s.values) for name, s in problem.streams.items()},
            state={
                "numbers": np.array(counts, float),
                "runs": self.runs.x,
                "residuals": self.runs.residuals,
                "wave": self.runs.wave,
            },
        )
