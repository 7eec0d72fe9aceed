"""Priors, optimisers and engines with one thing broken."""

from typing import ClassVar

import numpy as np
from attrs import evolve, frozen
from conformance.mutants import Mutant

from ccdas_framework import BudgetSpent, Dense, Optimiser
from ccdas_framework.core.box import Box
from ccdas_framework.core.result import Iteration, OptimisationResult
from ccdas_framework.core.trees import map_tree
from ccdas_framework.engines.autograd_engine import AutogradEngine
from ccdas_framework.optimisers.gauss_newton import GaussNewton
from ccdas_framework.optimisers.lbfgsb import Lbfgsb
from ccdas_framework.priors import Gaussian

PRIOR = Gaussian([0.1, 0.2, 0.3, 0.4], Dense(np.diag([1.0, 2.0, 0.5, 1.0]) + 0.2))
WAYS = "samples have its mean and covariance"


def _prior(**attributes):
    return type("M", (Gaussian,), attributes)(PRIOR.mean, PRIOR.covariance)


def _sd_for_variance(self, generator, draws):
    return self.mean + np.diag(self.covariance.dense()) * generator.normal(size=(draws, 4))


def _uncorrelated(self, generator, draws):
    return self.mean + self.covariance.sd * generator.normal(size=(draws, 4))


def _global(self, generator, draws):
    return np.random.multivariate_normal(self.mean, self.covariance.dense(), size=draws)


PRIORS = (
    Mutant("samples whose spread is the variance", PRIOR, _prior(sample=_sd_for_variance), WAYS,
           "wrong-samples", "covariance"),
    Mutant("samples without the correlations", PRIOR, _prior(sample=_uncorrelated), WAYS,
           "wrong-samples", "covariance"),
    Mutant("samples around zero", PRIOR, _prior(
               sample=lambda self, g, n: Gaussian.sample(self, g, n) - self.mean), WAYS,
           "wrong-samples", "mean"),
    Mutant("global random numbers", PRIOR, _prior(sample=_global),
           "samples follow from the generator alone", "not-repeatable", "sample"),
    Mutant("a density without its half", PRIOR, _prior(
               negative_log_density=lambda self, x, xp: 2.0 * Gaussian.negative_log_density(
                   self, x, xp)),
           "the density is that of its mean and covariance", "wrong-density"),
)  # fmt: skip


# -- optimisers -----------------------------------------------------------------------------------


@frozen
class Newton(GaussNewton):
    """Gauss-Newton whose result is spoilt."""

    needs: ClassVar[frozenset[str]] = frozenset({"simulate", "jacobian"})

    def spoilt(self, result, problem):
        return result

    def minimise(self, problem, x0, callback, earlier=()):
        result = super().minimise(problem, x0, callback, earlier)
        return self.spoilt(result, problem)


def _spoilt(spoil):
    return type("M", (Newton,), {"spoilt": lambda self, result, problem: spoil(result, problem)})()


@frozen
class Leap(Optimiser):
    """One step against the gradient, wherever it leads, and the claim of a minimum."""

    length: float = 1e-3
    needs: ClassVar[frozenset[str]] = frozenset({"gradient"})

    def minimise(self, problem, x0, callback, earlier=()):
        points = []
        for number, x in enumerate((x0, x0 - self.length * problem.value_and_gradient(x0)[1])):
            terms = problem.cost_terms(x)
            cost, gradient = problem.value_and_gradient(x)
            points.append(Iteration(number, x, cost, terms, float(np.linalg.norm(gradient))))
            callback(points[-1])
        return OptimisationResult(points[-1].x, "converged", "one leap", points)


class Dice(Newton):
    """It draws from the global generator."""

    def minimise(self, problem, x0, callback, earlier=()):
        np.random.normal()
        return super().minimise(problem, x0, callback, earlier)


class Uncounted(Newton):
    """It evaluates the problem behind the one that counts."""

    def minimise(self, problem, x0, callback, earlier=()):
        return super().minimise(problem.problem, x0, callback, earlier)


class Forgetful(Newton):
    """It returns the start where the budget ends."""

    def minimise(self, problem, x0, callback, earlier=()):
        points = []

        def first(point):
            points.append(point)
            callback(point)

        try:
            return super().minimise(problem, x0, first, earlier)
        except BudgetSpent:
            start = points[0]
            callback(evolve(start, number=len(points)))
            return OptimisationResult(start.x, "budget spent", "back to the start", points)


@frozen
class Ramble(Optimiser):
    """A handful of points near the start, by costs only."""

    needs: ClassVar[frozenset[str]] = frozenset({"simulate"})

    def minimise(self, problem, x0, callback, earlier=(), *, generator):
        points, best = [], x0
        for number in range(20):
            x = best + 1e-3 * number * generator.normal(size=len(x0))
            if problem.cost(x) <= problem.cost(best):
                best = x
            terms = problem.cost_terms(best)
            points.append(Iteration(number, best, sum(terms.values()), terms))
            callback(points[-1])
        return OptimisationResult(best, "converged", "one ramble", points)


def _worse(result, problem):
    x = result.x + 5.0
    last = Iteration(len(result.iterations), x, problem.cost(x), problem.cost_terms(x), 1.0)
    return evolve(result, x=x, iterations=(*result.iterations, last))


def _turned(problem):
    """The problem with the cost and the gradient of another sign, as of a method that maximises."""

    class Turned:
        def value_and_gradient(self, x):
            cost, gradient = problem.value_and_gradient(x)
            return -cost, -gradient

        def __getattr__(self, name):
            return getattr(problem, name)

    return Turned()


class Climber(Lbfgsb):
    """L-BFGS-B that maximises, up to its box."""

    def minimise(self, problem, x0, callback, earlier=()):
        return super().minimise(_turned(problem), x0, callback, earlier)


class Unbounded(Lbfgsb):
    """L-BFGS-B that only steps back from bounds."""

    def _search_box(self, problem, record):
        centre = problem.prior.mean
        return Box(centre - self.box, centre + self.box)


OPTIMISERS = (
    Mutant("a cost that is maximised", Lbfgsb(), Climber(),
           "a bowl is minimised and not maximised", "cost-rises", "bowl"),
    Mutant("bounds that are stepped back from", Lbfgsb(), Unbounded(),
           "a minimum at a bound is reached and named", "not-minimised", "bound"),
    Mutant("a bound that is not named", Newton(), _spoilt(
               lambda result, problem: evolve(result, at_bound=())),
           "a minimum at a bound is reached and named", "not-named", "at_bound"),
    Mutant("a model run with NaN", Lbfgsb(), Leap(),
           "NaN in the start is refused before the model runs", "nan-accepted", "x0"),
    Mutant("a worse point returned", Newton(), _spoilt(_worse),
           "the best point is no worse than the start", "cost-rises", "straight problem"),
    Mutant("points that are left out", Newton(), _spoilt(
               lambda result, problem: evolve(
                   result, x=result.iterations[1].x, iterations=result.iterations[:2])),
           "every accepted point is reported, in order", "wrong-callback", "callback"),
    Mutant("an unknown status", Newton(), _spoilt(
               lambda result, problem: evolve(result, status="done")),
           "the result has a status, a message and its points", "wrong-status", "status"),
    Mutant("a minimum claimed too early", Lbfgsb(), Leap(),
           "a converged result is at the minimum", "not-converged", "straight problem"),
    Mutant("a small part of the way", Lbfgsb(), Leap(),
           "it finds most of what a straight problem has to gain", "small-gain",
           "straight problem"),
    Mutant("a step that overshoots", Lbfgsb(), Leap(length=10.0),
           "the best point is no worse than the start", "cost-rises", "straight problem"),
    Mutant("a step over the guard rails", Lbfgsb(), Leap(length=0.01),
           "points outside the guard rails are stepped back from", "out-of-bounds", "rise.offset"),
    Mutant("a step into NaN", Lbfgsb(), Leap(length=0.01),
           "a point that gives NaN is stepped back from", "nan-accepted", "iterations"),
    Mutant("a lost interruption", Lbfgsb(), Leap(),
           "an interruption returns the best point so far", "lost-interruption"),
    Mutant("a small part of the way by costs", Lbfgsb(), Ramble(),
           "it finds most of what a straight problem has to gain", "small-gain",
           "straight problem"),
    Mutant("a minimum claimed too early by costs", Lbfgsb(), Ramble(),
           "a converged result is at the minimum", "not-converged", "straight problem"),
    Mutant("global random numbers of an optimiser", Newton(), Dice(),
           "random numbers follow from the generator alone", "global-random-state"),
    Mutant("evaluations that nobody counts", Newton(), Uncounted(),
           "a spent budget returns the best evaluated point", "budget-exceeded"),
    Mutant("the start returned where the budget ends", Newton(), Forgetful(),
           "a spent budget returns the best evaluated point", "not-the-best"),
    Mutant("more asked for than needed", Newton(), type("M", (Newton,), {
               "needs": frozenset({"gradient"})})(),
           "it asks for no more than it needs", "undeclared", "jacobian"),
)  # fmt: skip


# -- engines --------------------------------------------------------------------------------------


class AdjointTimesTwo(AutogradEngine):
    """Everything on the way back is twice what it should be."""

    def pullback(self, function):
        transform = super().pullback(function)

        def value_and_pull(v, *constants):
            value, pull = transform(v, *constants)
            return value, lambda w: map_tree(lambda part: 2.0 * part, pull(w))

        return value_and_pull


class Single(AutogradEngine):
    """Values in single precision."""

    def compile(self, function):
        return lambda *given: map_tree(lambda v: np.asarray(v, np.float32), function(*given))


class NoNan(AutogradEngine):
    """A NaN becomes zero."""

    def compile(self, function):
        return lambda *given: map_tree(np.nan_to_num, function(*given))


class Skewed(AutogradEngine):
    """A second derivative that is not symmetric."""

    def hessian_vector(self, function):
        product = super().hessian_vector(function)
        return lambda v, t, *constants: np.cumsum(product(v, t, *constants))


class Silent(AutogradEngine):
    """A plain loop whose closed-over values pass for constants."""

    def value_and_grad(self, function):
        transform = super().value_and_grad(function)

        def both(v, *constants):
            try:
                return transform(v, *constants)
            except Exception:
                return 0.0, np.zeros_like(v)

        return both


class Spoilt(AutogradEngine):
    """Members whose results, stacked in rows, are changed by `spoil`."""

    def batched(self, function):
        transform = super().batched(function)
        return lambda members, *constants: self.spoil(transform(members, *constants))

    def batched_value_and_grad(self, function):
        transform = super().batched_value_and_grad(function)
        return lambda members, *constants: self.spoil(transform(members, *constants))

    def spoil(self, results):
        return map_tree(self.spoilt, results)


class Reversed(Spoilt):
    """The last member first."""

    spoilt = staticmethod(lambda rows: rows[::-1])


class Padded(Spoilt):
    """The rows that fill up the last batch are returned."""

    spoilt = staticmethod(lambda rows: np.concatenate([rows, rows[:1]]))


class Centred(Spoilt):
    """A member with a trace of the mean of all."""

    spoilt = staticmethod(lambda rows: rows + 1e-9 * np.mean(rows))


class Wandering(Spoilt):
    """Bits that are different at each call."""

    generator = np.random.default_rng(1)

    def spoilt(self, rows):
        return rows * (1.0 + 1e-14 * self.generator.normal(size=np.shape(rows)))


class FilledMembers(Spoilt):
    """The NaN of a member becomes zero."""

    spoilt = staticmethod(np.nan_to_num)


class SharedGradient(AutogradEngine):
    """Every member has the gradient of the first."""

    def batched_value_and_grad(self, function):
        transform = super().batched_value_and_grad(function)

        def both(members, *constants):
            values, gradients = transform(members, *constants)
            return values, 0.0 * gradients + gradients[:1]

        return both


ALONE = "members of an ensemble give the same as each alone"
OTHERS = "a member depends on no other member"

ENGINES = (
    Mutant("an adjoint that is wrong", AutogradEngine(), AdjointTimesTwo(),
           "adjoints agree with central differences", "common-factor", factor=" 2 times"),
    Mutant("an adjoint that is not of the tangent", AutogradEngine(), AdjointTimesTwo(),
           "dot products of tangent and adjoint agree", "dot-products-differ",
           factor=" 2 times"),
    Mutant("an adjoint that is not of the Jacobian", AutogradEngine(), AdjointTimesTwo(),
           "Jacobian, tangent and adjoint are one", "wrong-derivative", "adjoint"),
    Mutant("single precision", AutogradEngine(), Single(), "it computes in double precision",
           "single-precision"),
    Mutant("NaN made zero", AutogradEngine(), NoNan(), "NaN stays where it is",
           "lost-nan", "sum"),
    Mutant("a Hessian that is not symmetric", AutogradEngine(), Skewed(), "Hessian is symmetric",
           "asymmetric-hessian"),
    Mutant("a closed-over value that passes for a constant", AutogradEngine(), Silent(),
           "a value that a step reached by closure keeps its derivative or is refused",
           "closed-over-value"),
    Mutant("members in another order", AutogradEngine(), Reversed(), ALONE, "members-differ",
           "batched"),
    Mutant("rows that fill up a batch", AutogradEngine(), Padded(), ALONE, "wrong-shape",
           "batched"),
    Mutant("the gradient of another member", AutogradEngine(), SharedGradient(), ALONE,
           "members-differ", "batched_value_and_grad"),
    Mutant("members with a trace of their mean", AutogradEngine(), Centred(), OTHERS,
           "members-coupled", "batched"),
    Mutant("members whose bits change", AutogradEngine(), Wandering(), OTHERS, "not-repeatable",
           "batched"),
    Mutant("a member without its NaN", AutogradEngine(), FilledMembers(), OTHERS, "lost-nan",
           "batched"),
)  # fmt: skip

MUTANTS = (*PRIORS, *OPTIMISERS, *ENGINES)
