"""MCMC on an emulator in place of the model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from attrs import evolve, field, frozen
from attrs.validators import in_, optional

from ccdas_framework import Budget, Ensemble, Sampler, SamplingStart, in_range

from ..emcee_sampler import Emcee
from ..ensembles.member_draws import clip_to_bounds, prior_factor
from ..ensembles.settings import absurd_setting, least_share_setting
from .emulated_density import EmulatedProblem
from .gaussian_process import emulator
from .outputs import REDUCTIONS, outputs_of
from .wave_runs import RunRecord, planned_runs

MOVES = "differential_evolution"  # which pass between separate maxima
SHORT = Emcee(ensembles=2, warm_up=100, draws=100, moves=MOVES)  # between two stages of runs


@frozen
class EmulatorMcmc(Sampler):
    """Ensemble MCMC on Gaussian processes that emulate the simulated observations.

    The first stage runs the model at points of a Latin hypercube over the prior. Each further one
    runs it at draws from the emulated posterior so far. The emulator of all runs replaces the model
    in the chains, and its variance is added to that of the observations.

    Args:
        stages: of runs.
        runs: of a stage; by default ten for each parameter, and at least 20.
        outputs: what is emulated: "auto", "observations", "places" or "components". "auto" takes
            components where there are more observations than `most_outputs`.
        most_outputs: number of outputs up to which "auto" takes observations, and number of
            components.
        left_out: share of the runs on which the emulator is tried.
        ensembles, walkers, warm_up, draws: as those of `Emcee`, on the emulator.
        absurd, least_share: as those of `EsMda`, for the runs of a stage.

    Source: Sacks et al. (1989), Stat. Sci. 4, 409-423; Kennedy and O'Hagan (2001), J. R. Stat. Soc.
    B 63, 425-464; Fer et al. (2018), Biogeosciences 15, 5801-5830 (ecosystem models).
    """

    stages: int = field(default=3, validator=in_range(1, 100, whole=True))
    runs: int | None = field(default=None, validator=optional(in_range(8, 1_000_000, whole=True)))
    outputs: str = field(default="auto", validator=in_(REDUCTIONS))
    most_outputs: int = field(default=50, validator=in_range(1, 10_000, whole=True))
    left_out: float = field(default=0.2, validator=in_range(0.05, 0.5))
    ensembles: int = field(default=2, validator=in_range(2, 1000, whole=True))
    walkers: int = field(default=0, validator=in_range(0, 1_000_000, whole=True))
    warm_up: int = field(default=500, validator=in_range(0, 10_000_000, whole=True))
    draws: int = field(default=1000, validator=in_range(1, 10_000_000, whole=True))
    absurd: float = absurd_setting()
    least_share: float = least_share_setting()
    needs: ClassVar[frozenset[str]] = frozenset({"simulate"})
    exact: ClassVar[bool] = False
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
        """Draws from the emulated posterior; see `Sampler.sample`.

        Raises:
            InvalidInput: errors or prior are not Gaussian.
        """
        from ccdas_framework import require_suitable  # slow to import

        require_suitable(self, problem)
        record, latest = RunRecord.started(problem, generator, earlier), None
        long = Emcee(
            ensembles=self.ensembles, walkers=self.walkers, warm_up=self.warm_up,
            draws=self.draws, moves=MOVES,
        )  # fmt: skip
        try:
            for stage in range(self.stages):
                design = self._design(problem, stage, record.root, latest)
                record = record.with_runs(problem, stage, design, self.absurd, budget, "Stage")
                if record.too_few(stage, len(design), self.least_share):
                    points = design if latest is None else latest.draws
                    message = f"too few runs are left to go on. {record.sentences[-1]}"
                    return record.ensemble(problem, points, "failed", message, {}, (), {})
                chains = SHORT if stage < self.stages - 1 else long
                latest = self._chains(problem, stage, record, chains, latest)
                if latest.status != "completed":
                    return latest
                callback(latest)
        except KeyboardInterrupt:
            if latest is None:
                raise
            message = "stopped by Ctrl-C; draws from the emulator of the last whole stage"
            return evolve(latest, status="interrupted", message=message)
        assert latest is not None
        return latest

    def _design(self, problem: Any, stage: int, root: int, latest: Ensemble | None) -> np.ndarray:
        """Points to run in a stage, shape (run, control)."""
        generator = np.random.default_rng([root, stage, 1])
        count = planned_runs(self.runs, problem)
        if latest is not None:
            return latest.draws[generator.choice(len(latest.draws), count, replace=False)]
        return clip_to_bounds(problem.control, prior_hypercube(problem, count, generator))[0]

    def _chains(
        self, problem: Any, stage: int, record: RunRecord, chains: Emcee, latest: Ensemble | None
    ) -> Ensemble:
        """Draws from the posterior that the emulator of all runs so far has."""
        runs = record.runs
        outputs = outputs_of(
            problem, runs.residuals, self.outputs, self.most_outputs, lossless=True
        )
        generator = np.random.default_rng([record.root, stage, 2])
        fitted = emulator(runs.x, outputs.of(runs.residuals), self.left_out, generator)
        emulated = EmulatedProblem(problem, outputs, fitted)
        if latest is None:
            start = SamplingStart(problem.prior.mean, problem.prior.covariance.dense(), "prior")
        else:
            start = SamplingStart(latest.mean, latest.covariance, "prior")
        drawn = chains.sample(emulated, start, lambda e: None, generator, Budget())
        of_record = record.ensemble(
            problem, drawn.draws, drawn.status, drawn.message,
            {
                "outputs": float(len(outputs.names)),
                "emulator_mean_error": fitted.trial_mean,
                "emulator_sd_error": fitted.trial_sd,
            },
            (outputs.remark, *fitted.remarks, *drawn.remarks), {},
        )  # fmt: skip
        doubts, sentences = list(fitted.doubts), list(of_record.remarks)
        if drawn.mixed is False:
            doubts.append("chains-not-mixed")
            sentences.append("The chains on the emulator have not mixed; give more draws.")
        return evolve(
            of_record,
            x=drawn.x,
            log_density=np.full(drawn.log_density.shape, np.nan),
            statistics={**drawn.statistics, "emulated_log_density": drawn.log_density},
            diagnostics=drawn.diagnostics,
            remarks=tuple(sentences),
            doubts=tuple(doubts),
        )


def prior_hypercube(problem: Any, count: int, generator: np.random.Generator) -> np.ndarray:
    """Points of a Latin hypercube over N(x_b, B), shape (point, control).

    Source: McKay, Beckman and Conover (1979), Technometrics 21, 239-245.
    """
    from scipy.special import ndtri

    length = len(problem.control)
    slices = np.array([generator.permutation(count) for _ in range(length)]).T
    normal = ndtri((slices + generator.uniform(size=slices.shape)) / count)
    return np.asarray(problem.prior.mean + normal @ prior_factor(problem).T)
