"""History matching: waves of runs that rule out parts of the space of x."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from attrs import evolve, field, frozen
from attrs.validators import in_, optional

from ccdas_framework import Budget, Ensemble, Sampler, SamplingStart, in_range

from ..ensembles.settings import absurd_setting, least_share_setting
from .gaussian_process import emulator
from .implausibility import Wave, WaveRuns, ruled_out_most
from .outputs import REDUCTIONS, outputs_of
from .space import Box, refilled, spread_points
from .wave_runs import RunRecord, planned_runs


@frozen
class HistoryMatching(Sampler):
    """Points of a box that no emulated output contradicts, after waves of runs.

    Each wave runs the model at points that are left, fits an emulator to the runs and rules out
    all points with an implausibility above the cutoff. The ensemble are points that are left,
    nearly uniform. It is no posterior: the prior enters by the box only.

    Args:
        waves: number of waves.
        runs: of a wave; by default ten for each parameter, and at least 20.
        cutoff: largest implausibility of a point that is left.
        outputs: what is emulated: "auto", "observations", "places" or "components".
        most_outputs: number of outputs up to which "auto" takes observations or places, and
            number of components.
        discrepancy: sd of the model discrepancy of an output, in sd of its observation error.
        extent: half width of the box (prior sd).
        points: that estimate the share of the space that is left.
        members: of the ensemble.
        left_out: share of the runs on which the emulator is tried.
        absurd, least_share: as those of `EsMda`, for the runs of a wave.

    Source: Vernon, Goldstein and Bower (2010), Bayesian Anal. 5, 619-669; Raoult et al. (2024),
    Geosci. Model Dev. 17, 5779-5801 (three waves with a land model).
    """

    waves: int = field(default=3, validator=in_range(1, 100, whole=True))
    runs: int | None = field(default=None, validator=optional(in_range(8, 1_000_000, whole=True)))
    cutoff: float = field(default=3.0, validator=in_range(0.1, 100.0))
    outputs: str = field(default="auto", validator=in_(REDUCTIONS))
    most_outputs: int = field(default=50, validator=in_range(1, 10_000, whole=True))
    discrepancy: float = field(default=0.0, validator=in_range(0.0, 1e6))
    extent: float = field(default=3.0, validator=in_range(0.1, 100.0))
    points: int = field(default=2000, validator=in_range(100, 10_000_000, whole=True))
    members: int = field(default=500, validator=in_range(2, 1_000_000, whole=True))
    left_out: float = field(default=0.2, validator=in_range(0.05, 0.5))
    absurd: float = absurd_setting()
    least_share: float = least_share_setting()
    needs: ClassVar[frozenset[str]] = frozenset({"simulate"})
    exact: ClassVar[bool] = False
    gives_posterior: ClassVar[bool] = False
    resumes: ClassVar[bool] = True

    def sample(
        self,
        problem: Any,
        start: SamplingStart,
        callback: Callable[[Ensemble], None],
        generator: np.random.Generator,
        budget: Budget,
        earlier: Ensemble | None = None,
    ) -> Ensemble:
        """Points that are left after the last wave; see `Sampler.sample`.

        The status is "ruled out" where nothing is left. The ensemble then are the points of least
        implausibility, and the message names the output that rules out most.

        Raises:
            InvalidInput: errors or prior are not Gaussian.
        """
        from ccdas_framework import require_suitable  # slow to import

        require_suitable(self, problem)
        record = RunRecord.started(problem, generator, earlier)
        matching = Matching.begun(self, problem, record.root)
        latest = None
        try:
            for number in range(self.waves):
                design = matching.design(number, planned_runs(self.runs, problem))
                record = record.with_runs(problem, number, design, self.absurd, budget)
                if record.too_few(number, len(design), self.least_share):
                    return matching.failed(record)
                matching = matching.after(record.runs)
                latest = matching.ensemble(record)
                if latest.status == "ruled out":
                    return latest
                callback(latest)
        except KeyboardInterrupt:
            if latest is None:
                raise
            message = "stopped by Ctrl-C; the points left after the last whole wave"
            return evolve(latest, status="interrupted", message=message)
        assert latest is not None
        return latest


@frozen(eq=False)
class Matching:
    """Waves so far, and points of the space that they leave.

    Args:
        method: the settings.
        problem: whose space it is.
        root: of the random numbers.
        box: the whole space.
        waves: emulators so far.
        points: points that are left, shape (point, control).
        shares: share of the space that is left after each wave.
        blame: name of the output that rules out most, in the last wave.
    """

    method: HistoryMatching
    problem: Any
    root: int
    box: Box
    waves: tuple[Wave, ...]
    points: np.ndarray
    shares: tuple[float, ...] = ()
    blame: str = ""

    @classmethod
    def begun(cls, method: HistoryMatching, problem: Any, root: int) -> Matching:
        """Uniform points of the whole box."""
        box = Box.of(problem, method.extent)
        points = box.uniform(method.points, np.random.default_rng([root, 0]))
        return cls(method, problem, root, box, (), points)

    def design(self, number: int, count: int) -> np.ndarray:
        """Points to run in a wave, each of them left by the waves before, (run, control)."""
        generator = np.random.default_rng([self.root, number, 1])
        if not number:
            return self.box.latin_hypercube(count, generator)
        return spread_points(self.points, count, generator)

    def after(self, runs: WaveRuns) -> Matching:
        """With the emulator of the runs of one more wave."""
        number, method = len(self.waves), self.method
        of_wave = runs.wave == number
        earlier = ~of_wave & self.left(runs.x)
        used = of_wave | earlier
        outputs = outputs_of(
            self.problem, runs.residuals[used], method.outputs, method.most_outputs
        )
        generator = np.random.default_rng([self.root, number, 2])
        fitted = emulator(
            runs.x[used], outputs.of(runs.residuals[used]), method.left_out, generator
        )
        wave = Wave(outputs, fitted, method.discrepancy)
        each = wave.implausibilities(self.points)
        implausible = each.max(axis=1)
        survivors = self.points[implausible <= method.cutoff]
        share = (self.shares[-1] if self.shares else 1.0) * len(survivors) / len(self.points)
        blame = ruled_out_most(each, method.cutoff, outputs.names)
        after = evolve(self, waves=(*self.waves, wave), shares=(*self.shares, share), blame=blame)
        if not len(survivors):
            nearest = np.argsort(implausible, kind="stable")[: method.members]
            return evolve(after, points=self.points[nearest])
        return evolve(after, points=refilled(survivors, method.points, after.left, generator))

    def left(self, points: np.ndarray) -> np.ndarray:
        """Whether points are in the box and not ruled out by any wave, shape (point,)."""
        left = self.box.inside(points)
        for wave in self.waves:
            if left.any():
                left[left] = wave.implausibilities(points[left]).max(axis=1) <= self.method.cutoff
        return left

    def ensemble(self, record: RunRecord) -> Ensemble:
        """Points that are left, or the least implausible ones where nothing is."""
        nothing = not self.shares[-1]
        x = self.points[: self.method.members]
        wave = self.waves[-1]
        implausible = wave.implausibilities(x).max(axis=1)
        numbers = {f"space_left_{n + 1}": share for n, share in enumerate(self.shares)}
        numbers |= {
            "space_left": self.shares[-1],
            "waves": float(len(self.waves)),
            "outputs": float(len(wave.outputs.names)),
            "least_implausibility": float(implausible.min()),
            "emulator_mean_error": wave.emulator.trial_mean,
            "emulator_sd_error": wave.emulator.trial_sd,
        }
        left = 100.0 * self.shares[-1]
        waves = f"{len(self.waves)} {'wave' if len(self.waves) == 1 else 'waves'}"
        message = f"{left:.3g} % of the space is left after {waves}"
        if nothing:
            message = (
                f"everything is ruled out after {waves}; {self.blame} rules out "
                f"most. The least implausibility is {implausible.min():.3g}, the cutoff "
                f"{self.method.cutoff:g}"
            )
        ensemble = record.ensemble(
            self.problem, x, "ruled out" if nothing else "completed", message, numbers,
            (wave.outputs.remark, *wave.emulator.remarks), {"implausibility": implausible[None]},
        )  # fmt: skip
        return evolve(ensemble, doubts=wave.emulator.doubts)

    def failed(self, record: RunRecord) -> Ensemble:
        """The points of the wave before, with the status "failed" and the first cause."""
        x = self.points[: self.method.members]
        message = f"too few runs are left to go on. {record.sentences[-1]}"
        return record.ensemble(self.problem, x, "failed", message, {}, (), {})
