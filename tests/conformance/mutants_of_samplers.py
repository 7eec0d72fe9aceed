"""A working sampler, and the same with one thing broken."""

from typing import ClassVar

import numpy as np
from attrs import evolve, frozen
from conformance.mutants import Mutant

from ccdas_framework import BudgetSpent, Ensemble, Sampler
from ccdas_framework.core.budget import Budget
from ccdas_framework.problem.counted_problem import CountedProblem

PART = 100  # draws between two reports


@frozen
class Walk(Sampler):
    """Random-walk Metropolis of independent chains, each with a method that a mutant replaces."""

    chains: int = 4
    draws: int = 1500
    needs: ClassVar[frozenset[str]] = frozenset({"density"})
    exact: ClassVar[bool] = True
    resumes: ClassVar[bool] = True

    def density(self, problem, x):
        return problem.log_density(x)

    def accepts(self, ratio, generator):
        return np.log(generator.random()) < ratio

    def step(self, factor, generator):
        return factor @ generator.normal(size=len(factor))

    def generators(self, generator):
        return generator.spawn(self.chains)

    def begin(self, start, problem, generators):
        """Position and log density of each chain."""
        factor = np.linalg.cholesky(start.covariance)
        points = []
        for each in generators:
            x, density = start.mean, -np.inf
            while not np.isfinite(density):
                x = start.mean + factor @ each.normal(size=len(start.mean))
                density = self.density(problem, x)
            points.append((x, density))
        return points

    def concluded(self, ensemble, status, message):
        return evolve(ensemble, status=status, message=message)

    def sample(self, problem, start, callback, generator, budget, earlier=None):
        factor = 1.2 * np.linalg.cholesky(start.covariance)
        x, density = [], []
        try:
            generators = self.generators(generator)
            if earlier is None or not earlier.state:
                points = self.begin(start, problem, generators)
            else:
                points = self.resumed(earlier, generators)
                x = list(earlier.x.swapaxes(0, 1))
                density = list(earlier.log_density.T)
            while len(x) < self.draws:
                points = [
                    self.after(problem, factor, *point, each)
                    for point, each in zip(points, generators, strict=True)
                ]
                x.append(np.array([p for p, _ in points]))
                density.append(np.array([d for _, d in points]))
                if len(x) % PART == 0:
                    callback(self.ensemble(problem, budget, x, density, generators))
        except KeyboardInterrupt:
            last = self.ensemble(problem, budget, x, density, generators)
            return self.concluded(last, "interrupted", "stopped by Ctrl-C")
        except BudgetSpent:
            length = len(density)
            last = self.ensemble(problem, budget, x[:length], density, generators)
            return self.concluded(last, "budget spent", "the budget ended it")
        last = self.ensemble(problem, budget, x, density, generators)
        return self.concluded(last, "completed", "all draws were made")

    def after(self, problem, factor, x, density, generator):
        """Position and log density after one step."""
        trial = x + self.step(factor, generator)
        there = self.density(problem, trial)
        return (trial, there) if self.accepts(there - density, generator) else (x, density)

    def resumed(self, earlier, generators):
        for each, words in zip(generators, earlier.state["random"], strict=True):
            state = each.bit_generator.state
            numbers = [int(w) for w in words]
            state["state"] = {
                "state": sum(n << (32 * k) for k, n in enumerate(numbers[:4])),
                "inc": sum(n << (32 * k) for k, n in enumerate(numbers[4:8])),
            }
            state["has_uint32"], state["uinteger"] = numbers[8:]
            each.bit_generator.state = state
        return list(zip(earlier.x[:, -1], earlier.log_density[:, -1], strict=True))

    def ensemble(self, problem, budget, x, density, generators):
        count = len(problem.control)
        words = []
        for each in generators:
            state = each.bit_generator.state
            inner = state["state"]
            parts = [(inner[n] >> (32 * k)) % 2**32 for n in ("state", "inc") for k in range(4)]
            words.append([*parts, state["has_uint32"], state["uinteger"]])
        return Ensemble(
            problem.control,
            np.array(x).reshape(-1, self.chains, count).swapaxes(0, 1),
            np.array(density).reshape(-1, self.chains).T,
            exact=self.exact,
            counts={k: n for k, n in budget.record.items() if k != "failed"},
            failed=budget.failed,
            state={"random": np.array(words, float)} if x else {},
        )


def walk(draws=200, **members):
    """Walk with other methods, and with few draws unless their moments are tried."""
    return type("M", (Walk,), members)(draws=draws)


def _gradient_too(self, problem, x):
    return problem.log_density_and_gradient(x)[0]


def _global_draws(self, factor, generator):
    return factor @ np.random.normal(size=len(factor))


def _seeded(self, factor, generator):
    np.random.seed(1)
    return Walk.step(self, factor, generator)


def _deterministic(self, generator):
    return np.random.default_rng(1).spawn(self.chains)


def _same_stream(self, generator):
    seed = int(generator.integers(1e9))
    return [np.random.default_rng(seed) for _ in range(self.chains)]


def _shifting(self, start, problem, generators):
    points = Walk.begin(self, start, problem, generators)
    mean = start.mean
    mean += 1e-9
    return points


def _behind_the_count(self, problem, x):
    return -np.inf if problem.control.outside(x) else -problem.problem.cost(x)


def _ignoring_bounds(self, problem, x):
    return -problem.cost(x)


def _keeping_nan(self, ratio, generator):
    return not np.log(generator.random()) >= ratio


def _nan_density(self, problem, x):
    cost = problem.cost(x)
    return -cost if not problem.control.outside(x) else -np.inf


def _lost(self, ensemble, status, message):
    if status == "interrupted":
        raise KeyboardInterrupt
    return evolve(ensemble, status=status, message=message)


def _few(self, ensemble, status, message):
    if status == "interrupted":
        ensemble = evolve(ensemble, x=ensemble.x[:, :1], log_density=ensemble.log_density[:, :1])
    return evolve(ensemble, status=status, message=message)


def _always_completed(self, ensemble, status, message):
    return evolve(ensemble, status="completed", message=message)


def _own_budget(self, problem, start, callback, generator, budget, earlier=None):
    """Evaluations beyond the budget, by a count of its own."""
    own = Budget()
    result = Walk.sample(
        self, CountedProblem(problem.problem, own), start, callback, generator, own, earlier
    )
    budget.counts["cost"] += int(min(own.used, budget.left))
    return evolve(result, counts=budget.record)


def _anew(self, earlier, generators):
    return list(zip(earlier.x[:, -1], earlier.log_density[:, -1], strict=True))


def _density_shift(self, ensemble, status, message):
    shifted = evolve(ensemble, log_density=ensemble.log_density + 1.0)
    return evolve(shifted, status=status, message=message)


def _uncounted_failures(self, ensemble, status, message):
    return evolve(ensemble, failed=0, status=status, message=message)


def _silent(self, problem, start, callback, generator, budget, earlier=None):
    return Walk.sample(self, problem, start, lambda e: None, generator, budget, earlier)


def _constant(self, factor, generator):
    return 0.0 * Walk.step(self, factor, generator)


def _greedy(self, ratio, generator):
    return ratio > -3.0


def _tempered(self, ratio, generator):
    return np.log(generator.random()) < 0.5 * ratio


def _by_the_gaussian(self, problem, factor, x, density, generator):
    """A draw from the Gaussian at the optimum, which is that of the prior mean in the banana."""
    x = problem.prior.mean + factor / 1.2 @ generator.normal(size=len(x))
    return x, self.density(problem, x)


WALK = Walk()
MUTANTS = (
    Mutant("needs of another interface", WALK, walk(needs=frozenset({"jacobian"})),
           "it says what it needs and whether it is exact", "wrong-declaration", "needs"),
    Mutant("exact left open", WALK, walk(exact=None),
           "it says what it needs and whether it is exact", "wrong-declaration", "exact"),
    Mutant("no message", WALK, walk(concluded=lambda self, e, status, message:
               evolve(e, status=status)),
           "the result has a status, a message and its draws", "no-message", "message"),
    Mutant("an unknown status", WALK, walk(concluded=lambda self, e, status, message:
               evolve(e, status="done", message=message)),
           "the result has a status, a message and its draws", "wrong-status", "status"),
    Mutant("statistics of another shape", WALK, walk(concluded=lambda self, e, status, message:
               evolve(e, statistics={"a": np.zeros(3)}, status=status, message=message)),
           "the result has a status, a message and its draws", "wrong-shape", "statistics['a']"),
    Mutant("the largest cost searched", WALK, walk(
               density=lambda self, problem, x: -problem.log_density(x)),
           "the draws gather where the cost is least", "wrong-place", "x"),
    Mutant("a log density that belongs to another draw", WALK, walk(concluded=_density_shift),
           "the log density is minus the cost of the draw", "wrong-density", "log_density"),
    Mutant("bounds ignored", WALK, walk(density=_ignoring_bounds),
           "no draw lies outside the bounds", "out-of-bounds", "x"),
    Mutant("draws of the global generator", WALK, walk(step=_global_draws),
           "draws follow from the generator alone", "global-generator", "sample"),
    Mutant("the global generator seeded", WALK, walk(step=_seeded),
           "draws follow from the generator alone", "global-generator", "sample"),
    Mutant("a seed of its own", WALK, walk(generators=_deterministic),
           "draws follow from the generator alone", "generator-unused", "generator"),
    Mutant("one stream for all chains", WALK, walk(generators=_same_stream),
           "each chain has random numbers of its own", "equal-chains", "chain 1"),
    Mutant("a chain that stands still", WALK, walk(step=_constant),
           "each chain has random numbers of its own", "constant-chain", "chain 0"),
    Mutant("the start written to", WALK, walk(begin=_shifting),
           "sampling changes neither start nor problem", "input-changed", "start"),
    Mutant("gradients that it does not name", WALK, walk(density=_gradient_too),
           "every evaluation is counted, and named by its needs", "undeclared", "gradient"),
    Mutant("evaluations behind the count", WALK, walk(density=_behind_the_count),
           "every evaluation is counted, and named by its needs", "uncounted", "budget"),
    Mutant("a budget of its own", WALK, walk(sample=_own_budget),
           "the budget is never exceeded", "over-budget", "budget"),
    Mutant("completed, though the budget ended it", WALK, walk(concluded=_always_completed),
           "the budget is never exceeded", "wrong-status", "status"),
    Mutant("an interruption that passes", WALK, walk(concluded=_lost),
           "an interruption keeps the draws so far", "lost-interruption", "sample"),
    Mutant("draws lost by an interruption", WALK, walk(concluded=_few),
           "an interruption keeps the draws so far", "lost-draws", "x"),
    Mutant("no report", WALK, walk(sample=_silent),
           "an interruption keeps the draws so far", "no-callback", "callback"),
    Mutant("random numbers that begin anew", WALK, walk(resumed=_anew),
           "a resumed sampling gives the same draws", "not-resumed", "earlier"),
    Mutant("every moderate loss accepted", WALK, walk(1500, accepts=_greedy),
           "moments are those of a linear posterior", "wrong-sd"),
    Mutant("a tempered posterior", WALK, walk(1500, accepts=_tempered),
           "moments are those of a linear posterior", "wrong-sd"),
    Mutant("the Gaussian at the optimum", WALK, walk(1500, after=_by_the_gaussian),
           "quantiles are those of a curved posterior", "wrong-quantile"),
    Mutant("a proposal of NaN accepted", WALK, walk(accepts=_keeping_nan, density=_nan_density),
           "a run that fails is left out", "failed-draws", "x"),
    Mutant("failures that are not reported", WALK, walk(concluded=_uncounted_failures),
           "a run that fails is left out", "wrong-counts", "failed"),
)  # fmt: skip
