"""Samplings of the small problems, each made once, with the evaluations that were made."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Literal

import numpy as np
from attrs import field, frozen

from ..core.budget import Budget, BudgetSpent
from ..core.ensemble import Ensemble, SamplingStart
from ..core.interfaces import Sampler
from ..problem.counted_problem import CountedProblem
from .check import require
from .derivatives import engine_named
from .direct_problem import DirectProblem, banana_problem, straight_problem
from .known_problem_statement import KnownProblem

Shape = Literal["straight", "bounded", "broken", "banana"]
SEED = 20  # of the generator of most samplings
ABOVE_OPTIMUM = 0.2  # of x1, in posterior sd: bound, or limit of the model
# evaluation of a problem -> its word of `Sampler.needs`
EVALUATIONS: Mapping[str, str] = {
    **dict.fromkeys(("cost", "cost_terms", "costs"), "density"),
    "value_and_gradient": "gradient",
    "traced_log_density": "trace",
    **dict.fromkeys(
        ("simulate", "simulate_many", "residuals", "residuals_many", "simulate_and_jacobian",
         "derivatives", "jacobian"), "simulate",
    ),
}  # fmt: skip
OF_MEMBERS = ("costs", "simulate_many", "residuals_many")
# words that a need includes: a gradient comes with the density, and so on
INCLUDED: Mapping[str, frozenset[str]] = {
    "density": frozenset({"density"}),
    "gradient": frozenset({"density", "gradient", "trace"}),
    "trace": frozenset({"density", "gradient", "trace"}),
    "simulate": frozenset({"density", "simulate"}),
}


class EvaluationRecorder:
    """A problem below the one that counts: it records what was evaluated, by need.

    Args:
        problem: the problem.
        traceable: whether it shows a log density that JAX can trace.
    """

    def __init__(self, problem: Any, traceable: bool) -> None:
        self._problem, self._traceable = problem, traceable
        self.evaluations: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        if name == "traced_log_density" and not self._traceable:
            raise AttributeError(name)
        value = getattr(self._problem, name)
        if name not in EVALUATIONS:
            return value

        def recorded(*arguments: Any) -> Any:
            self.evaluations[EVALUATIONS[name]] += len(arguments[0]) if name in OF_MEMBERS else 1
            return value(*arguments)

        return recorded


@frozen(eq=False)
class Sampling:
    """One sampling.

    Args:
        ensemble: the result, or the last one that the callback received before `BudgetSpent`.
        reported: ensembles that the callback received.
        budget: what was counted.
        evaluated: what was evaluated, by need.
        passed: whether `BudgetSpent` passed through `sample`.
    """

    ensemble: Ensemble | None
    reported: list[Ensemble]
    budget: Budget
    evaluated: Counter[str]
    passed: bool = False


@frozen(eq=False)
class SamplerTrials:
    """Samplings of the small problems by one sampler, each made once."""

    sampler: Sampler
    problem: Callable[..., tuple[Any, SamplingStart, KnownProblem]] = field(init=False)
    sampled: Callable[..., Sampling] = field(init=False)

    @problem.default
    def _cached_problem(self) -> Callable[..., Any]:
        return cache(self._problem)

    @sampled.default
    def _cached_sampling(self) -> Callable[..., Sampling]:
        return cache(self.sample)

    def _problem(self, shape: Shape) -> tuple[Any, SamplingStart, KnownProblem]:
        """Problem, start and known problem; a sampler that needs it has an assembled one on JAX."""
        _, optimum = straight_problem()
        limit = optimum.mean[0] + ABOVE_OPTIMUM * np.sqrt(optimum.covariance[0, 0])
        makers: dict[str, Callable[[], tuple[DirectProblem, SamplingStart]]] = {
            "straight": straight_problem,
            "bounded": lambda: straight_problem(upper=limit),
            "broken": lambda: straight_problem(breaks_at=limit),
            "banana": banana_problem,
        }
        direct, start = makers[shape]()
        known = direct.known
        if not self.sampler.exact:
            prior = known.prior
            start = SamplingStart(prior.mean, prior.covariance.dense(), "prior")
        needs_trace = "trace" in self.sampler.needs
        problem = known.problem(engine_named("jax")) if needs_trace else direct
        return problem, start, known

    def sample(
        self,
        shape: Shape = "straight",
        seed: int = SEED,
        model_runs: float = np.inf,
        callback: Callable[[Ensemble], None] = lambda ensemble: None,
        earlier: Ensemble | None = None,
    ) -> Sampling:
        """A sampling of a small problem."""
        problem, start, _ = self.problem(shape)
        recorder = EvaluationRecorder(problem, "trace" in self.sampler.needs)
        budget, reported = Budget(model_runs=model_runs), []

        def report(ensemble: Ensemble) -> None:
            reported.append(ensemble)
            callback(ensemble)

        counted: Any = CountedProblem(recorder, budget)
        generator = np.random.default_rng(seed)
        try:
            result = self.sampler.sample(counted, start, report, generator, budget, earlier)
        except BudgetSpent:
            last = reported[-1] if reported else None
            return Sampling(last, reported, budget, recorder.evaluations, passed=True)
        message = f"sample returns {type(result).__name__}; expected an Ensemble."
        require(isinstance(result, Ensemble), "wrong-type", "sample", message)
        return Sampling(result, reported, budget, recorder.evaluations)

    def ensemble(self, shape: Shape = "straight", seed: int = SEED) -> Ensemble:
        """The result of a sampling without a limit."""
        ensemble = self.sampled(shape, seed).ensemble
        message = "BudgetSpent passes through `sample` though the budget has no limit."
        require(ensemble is not None, "no-result", "sample", message)
        assert ensemble is not None
        return ensemble


def global_random_state() -> tuple[Any, ...]:
    """States of the global generators of numpy and of Python, to compare."""
    _, keys, *numbers = np.random.get_state()
    return np.asarray(keys).tobytes(), tuple(numbers), random.getstate()


def effective_size(values: np.ndarray) -> float:
    """Number of independent draws that give a mean of the same error.

    Args:
        values: of independent chains, shape (chain, draw).

    Source: Gelman et al. (2013), Bayesian Data Analysis, 3rd ed., eqs 11.5 to 11.8, with pairs of
    lags up to the first negative one, Geyer (1992), Stat. Sci. 7, 473-483.
    """
    chains, draws = values.shape
    if draws < 4 or not np.ptp(values):
        return 0.0
    away = values - values.mean(axis=1, keepdims=True)
    spectrum = np.abs(np.fft.rfft(away, 2 * draws, axis=1)) ** 2
    covariance = np.fft.irfft(spectrum, axis=1)[:, :draws].mean(axis=0) / draws
    variance = covariance[0]
    if chains > 1:
        variance = variance + np.var(values.mean(axis=1), ddof=1)
    correlation = 1.0 - (covariance[0] - covariance) / variance
    pairs = correlation[: draws // 2 * 2].reshape(-1, 2).sum(axis=1)
    ends = np.flatnonzero(pairs < 0.0)
    time = 2.0 * pairs[: ends[0] if len(ends) else len(pairs)].sum() - 1.0
    return float(chains * draws / max(time, 1.0))
