"""Checks of a sampler."""

from __future__ import annotations

from collections.abc import Iterator
from typing import get_args

import numpy as np

from ..core.ensemble import Ensemble, EnsembleStatus
from ..core.interfaces import Sampler
from .check import (
    Check,
    CheckFailure,
    checks_of,
    require,
    require_close,
    require_finite,
    require_shape,
)
from .declaration_checks import is_a_frozen_record
from .sampler_moments import banana_agrees, moments_agree
from .samplings import INCLUDED, SEED, SamplerTrials, Shape, global_random_state

FAR = 3.0  # posterior sd between the mean of the draws and the exact one, for any sampler


def sampler_checks(sampler: Sampler, engines: tuple[str, ...]) -> Iterator[Check]:
    """All checks of a sampler, by name."""
    trials = SamplerTrials(sampler)
    yield from checks_of(lambda: sampler, (
        ("it is a frozen record of its settings", "loads", is_a_frozen_record),
        ("it says what it needs and whether it is exact", "metadata", declares_itself),
    ))  # fmt: skip
    rows = [
        ("the result has a status, a message and its draws", "units and dims", is_an_ensemble),
        ("the draws gather where the cost is least", "values", has_the_sign),
        ("the log density is minus the cost of the draw", "values", density_is_that_of_the_draw),
        ("no draw lies outside the bounds", "values", stays_inside),
        ("draws follow from the generator alone", "values", follows_from_generator),
        ("each chain has random numbers of its own", "values", chains_differ),
        ("sampling changes neither start nor problem", "values", changes_nothing),
        ("every evaluation is counted, and named by its needs", "values", evaluations_are_counted),
        ("the budget is never exceeded", "values", keeps_to_its_budget),
        ("an interruption keeps the draws so far", "values", is_interruptible),
        ("a run that fails is left out", "missing values", leaves_out_failures),
    ]
    if getattr(sampler, "resumes", False):
        rows.append(("a resumed sampling gives the same draws", "values", is_resumable))
    if getattr(sampler, "exact", False):
        rows += [
            ("moments are those of a linear posterior", "values", moments_agree),
            ("quantiles are those of a curved posterior", "values", banana_agrees),
        ]
    yield from checks_of(lambda: trials, rows, "jax" if "trace" in _needs(sampler) else "")


def _needs(sampler: Sampler) -> frozenset[str]:
    return frozenset(getattr(sampler, "needs", None) or ())


def declares_itself(sampler: Sampler) -> None:
    """`needs` names some of density, gradient, trace, simulate; the others are true or false."""
    needs = getattr(sampler, "needs", None)
    message = f"needs is {needs!r}; expected a set of some of {', '.join(INCLUDED)}."
    right = isinstance(needs, (set, frozenset)) and needs and needs <= set(INCLUDED)
    require(right, "wrong-declaration", "needs", message)
    for name in ("exact", "resumes"):
        value = getattr(sampler, name, None)
        message = f"{name} is {value!r}; expected True or False."
        require(isinstance(value, bool), "wrong-declaration", name, message)


def is_an_ensemble(trials: SamplerTrials) -> None:
    """Shapes agree, draws are finite, status and message are there, and nothing is missing."""
    ensemble = trials.ensemble()
    count = len(ensemble.control)
    require(np.ndim(ensemble.x) == 3, "wrong-shape", "x", f"x has shape {ensemble.x.shape}.")
    chains, draws, _ = ensemble.x.shape
    require_shape(ensemble.x, (chains, draws, 2), "x")
    require(chains * draws > 0, "no-draws", "x", "the ensemble has no draws.")
    require_finite(ensemble.x, "x")
    require_shape(ensemble.log_density, (chains, draws), "log_density")
    for name, values in ensemble.statistics.items():
        require_shape(values, (chains, draws), f"statistics['{name}']")
    for name, values in ensemble.diagnostics.items():
        require_shape(values, (count,), f"diagnostics['{name}']")
    message = f"the status is '{ensemble.status}'; expected one of {get_args(EnsembleStatus)}."
    require(ensemble.status in get_args(EnsembleStatus), "wrong-status", "status", message)
    message = f"a sampling without a limit ends with the status '{ensemble.status}'."
    require(ensemble.status == "completed", "not-completed", "status", message)
    message = "the message is empty; it is a sentence that says why the sampling ended."
    require(ensemble.message, "no-message", "message", message)
    same = ensemble.exact == trials.sampler.exact
    message = "`exact` of the ensemble is not that of the sampler."
    require(same, "wrong-declaration", "exact", message)


def has_the_sign(trials: SamplerTrials) -> None:
    """The mean of the draws lies within a few sd of that of a linear posterior."""
    from .direct_problem import straight_problem

    _, exact = straight_problem()
    away = (trials.ensemble().mean - exact.mean) / np.sqrt(np.diag(exact.covariance))
    worst = float(np.max(np.abs(away)))
    require(
        worst <= FAR, "wrong-place", "x",
        f"the mean of the draws lies {worst:.3g} posterior sd from the point of least cost. "
        "`log_density` is large where the cost is small; does the sampler search for its maximum?",
    )  # fmt: skip


def density_is_that_of_the_draw(trials: SamplerTrials) -> None:
    """`log_density` is -J at each draw, or NaN where it is not known."""
    ensemble, (problem, _, _) = trials.ensemble(), trials.problem("straight")
    known = ~np.isnan(ensemble.log_density.ravel())
    message = "an exact sampler knows the log density of each draw, but some are NaN."
    require(known.all() or not trials.sampler.exact, "no-density", "log_density", message)
    if known.any():
        costs = np.array([problem.cost(x) for x in ensemble.draws[known]])
        text = "log density, and minus the cost of the draw,"
        require_close(
            ensemble.log_density.ravel()[known], -costs, "wrong-density", "log_density", text,
            1e-8, 1e-8,
        )  # fmt: skip


def stays_inside(trials: SamplerTrials) -> None:
    """A bound near the optimum: no draw lies beyond it, and none of the reported ones."""
    ensembles = trials.ensemble("bounded"), *trials.sampled("bounded", SEED).reported
    draws = np.unique(np.concatenate([each.draws for each in ensembles]), axis=0)
    outside = [x for x in draws if not ensembles[0].control.within(x).all()]
    message = f"{len(outside)} of {len(draws)} different draws are outside the bounds of x1."
    require(not outside, "out-of-bounds", "x", message)


def follows_from_generator(trials: SamplerTrials) -> None:
    """The same seed gives the same draws whatever the global generators, which do not change."""
    kept = np.random.get_state()
    first = trials.ensemble()
    try:
        np.random.seed(SEED + 1)
        before = global_random_state()
        again = trials.sample().ensemble
        message = "sampling changes the state of a global generator of random numbers."
        require(global_random_state() == before, "global-generator", "sample", message)
    finally:
        np.random.set_state(kept)
    require(
        again is not None and _same(first, again), "not-repeatable", "sample",
        "a second sampling with the same generator gives other draws.",
    )  # fmt: skip
    other = trials.ensemble(seed=SEED + 1)
    message = "another generator gives the same draws."
    require(not _same(first, other), "generator-unused", "generator", message)


def chains_differ(trials: SamplerTrials) -> None:
    """No two chains have the same draws, and the draws of none are all equal."""
    ensemble = trials.ensemble()
    for chain, draws in enumerate(ensemble.x):
        message = f"all draws of chain {chain} are equal."
        require(len(np.unique(draws, axis=0)) > 1, "constant-chain", f"chain {chain}", message)
        for other in range(chain):
            shared = np.mean(np.all(draws == ensemble.x[other], axis=1))
            message = f"chains {other} and {chain} have {100 * shared:.0f} % of their draws alike."
            require(shared < 0.5, "equal-chains", f"chain {chain}", message)


def changes_nothing(trials: SamplerTrials) -> None:
    """Start and problem are as they were."""
    problem, start, _ = trials.problem("straight")
    point = np.array(start.mean)
    mean, covariance = point.copy(), np.array(start.covariance)
    prior, cost = np.array(problem.prior.mean), problem.cost(point)
    trials.sample()
    same = np.array_equal(start.mean, mean) and np.array_equal(start.covariance, covariance)
    require(same, "input-changed", "start", "sample wrote into its start.")
    same = np.array_equal(problem.prior.mean, prior) and problem.cost(point) == cost
    require(same, "input-changed", "problem", "sample changed the problem.")


def evaluations_are_counted(trials: SamplerTrials) -> None:
    """The problem that counts sees each evaluation, and none beyond `needs`."""
    sampling, needs = trials.sampled("straight", SEED), _needs(trials.sampler)
    allowed = frozenset().union(*(INCLUDED[need] for need in needs))
    further = ", ".join(sorted(set(sampling.evaluated) - allowed))
    message = f"it evaluates {further}, but needs names only {', '.join(sorted(needs))}."
    require(not further, "undeclared", further, message)
    counted, made = int(sampling.budget.used), sum(sampling.evaluated.values())
    equal = counted == made or "trace" in needs
    message = f"{made} evaluations were made, but {counted} are counted."
    require(equal, "uncounted", "budget", message)
    counts = dict(trials.ensemble().counts)
    record = {k: n for k, n in sampling.budget.record.items() if k != "failed"}
    message = f"`counts` of the ensemble is {counts}; the budget has {record}."
    require(not counts or counts == record, "wrong-counts", "counts", message)


def keeps_to_its_budget(trials: SamplerTrials) -> None:
    """Half of the evaluations: none beyond, and the status says that the budget ended it."""
    whole = trials.sampled("straight", SEED)
    limit = int(whole.budget.used) // 2
    short = trials.sample(model_runs=limit)
    used = max(int(short.budget.used), sum(short.evaluated.values()))
    message = f"{used} evaluations were made; the budget allows for {limit}."
    require(used <= limit, "over-budget", "budget", message)
    ensemble = short.ensemble
    if ensemble is not None and not short.passed and ensemble.status != "budget spent":
        complete = ensemble.x.shape == trials.ensemble().x.shape
        message = (
            f"the status is '{ensemble.status}', though the budget ended the sampling: "
            f"{len(ensemble.draws)} of {len(trials.ensemble().draws)} draws were made."
        )
        require(complete, "wrong-status", "status", message)


def is_interruptible(trials: SamplerTrials) -> None:
    """KeyboardInterrupt from the callback: status 'interrupted' and the draws so far."""
    whole = trials.sampled("straight", SEED)
    message = "the callback received no ensemble, so that an interrupted sampling loses all draws."
    require(whole.reported, "no-callback", "callback", message)
    stopped = _interrupted(trials, "straight", after=1)
    message = f"after a KeyboardInterrupt the status is '{stopped.status}'."
    require(stopped.status == "interrupted", "wrong-status", "status", message)
    reported = next((e for e in whole.reported if len(e.draws)), whole.reported[-1])
    message = (
        f"after a KeyboardInterrupt {len(stopped.draws)} draws are left of {len(reported.draws)}."
    )
    require(len(stopped.draws) >= len(reported.draws), "lost-draws", "x", message)


def is_resumable(trials: SamplerTrials) -> None:
    """Interrupted in the middle and resumed: the same draws as without an interruption."""
    whole = trials.sampled("straight", SEED)
    with_draws = sum(1 for e in whole.reported if len(e.draws))
    for after in sorted({1, max(with_draws // 2, 1)}):
        stopped = _interrupted(trials, "straight", after)
        resumed = trials.sample(seed=SEED + 1, earlier=stopped).ensemble
        require(
            resumed is not None and _same(trials.ensemble(), resumed), "not-resumed", "earlier",
            f"interrupted after {len(stopped.draws)} draws and resumed, the draws are not those "
            "of an uninterrupted sampling. `state` holds all that it needs to continue, the "
            "random numbers included.",
        )  # fmt: skip


def leaves_out_failures(trials: SamplerTrials) -> None:
    """A model that fails near the optimum: draws are finite, failures counted, none kept."""
    sampling, ensemble = trials.sampled("broken", SEED), trials.ensemble("broken")
    require_finite(ensemble.x, "x")
    message = "no draw is left, because some runs of the model fail."
    require(len(ensemble.draws), "no-draws", "x", message)
    failed = sampling.budget.failed
    message = f"`failed` of the ensemble is {ensemble.failed}, but {failed} runs failed."
    require(ensemble.failed == failed, "wrong-counts", "failed", message)
    if trials.sampler.exact:
        problem, _, _ = trials.problem("broken")
        kept = [x for x in ensemble.draws if not np.isfinite(problem.cost(x))]
        message = f"{len(kept)} draws lie where the run of the model fails."
        require(not kept, "failed-draws", "x", message)


def _interrupted(trials: SamplerTrials, shape: Shape, after: int) -> Ensemble:
    """The result of a sampling that is interrupted after so many ensembles with draws."""
    seen: list[Ensemble] = []

    def stop(ensemble: Ensemble) -> None:
        if len(ensemble.draws):
            seen.append(ensemble)
        if len(seen) == after:
            raise KeyboardInterrupt

    try:
        ensemble = trials.sample(shape, callback=stop).ensemble
    except KeyboardInterrupt:
        message = "a KeyboardInterrupt passes through sample; the draws so far are lost."
        raise CheckFailure("lost-interruption", "sample", message) from None
    assert ensemble is not None
    return ensemble


def _same(first: Ensemble, second: Ensemble) -> bool:
    return np.array_equal(first.x, second.x) and np.array_equal(
        first.log_density, second.log_density, equal_nan=True
    )
