"""Metropolis sampler whose steps are those of a random walk."""

from typing import ClassVar

import numpy as np
from attrs import evolve, field, frozen

from ccdas_framework import BudgetSpent, Ensemble, InvalidInput, Sampler, in_range

REPORT = 100  # steps between two reports of the draws so far
ATTEMPTS = 100  # starting points of a chain that are tried


@frozen
class RandomWalk(Sampler):
    """Chains that step to x + s L e, with e ~ N(0, I), where `accepted` allows for it.

    L L^T is the covariance at the start, and s = `scale` 2.38 / sqrt(n) for n parameters.

    Args:
        chains: number of independent chains.
        warm_up: first steps of each chain, which are counted and not kept.
        draws: kept steps of each chain.
        scale: length of the steps; 1 is best for a Gaussian posterior, less for a curved one.

    Source: Gelman, Roberts and Gilks (1996), Bayesian Statistics 5, 599-607.
    """

    chains: int = field(default=4, validator=in_range(1, 1000, whole=True))
    warm_up: int = field(default=200, validator=in_range(0, 1_000_000, whole=True))
    draws: int = field(default=2000, validator=in_range(1, 1_000_000, whole=True))
    scale: float = field(default=0.7, validator=in_range(1e-6, 100.0))
    needs: ClassVar[frozenset[str]] = frozenset({"density"})
    exact: ClassVar[bool] = True
    resumes: ClassVar[bool] = True

    def sample(self, problem, start, callback, generator, budget, earlier=None):
        """Draws of all chains; a chain's step k has random numbers of its own, so it can resume."""
        record = _Record(problem, budget, self.warm_up)
        try:
            if earlier is not None and earlier.state:
                record.resume(earlier)
            else:
                record.begin(start, generator.integers(2**32, size=self.chains))
            factor = self.scale * 2.38 / np.sqrt(len(start.mean)) * _factor(start)
            while record.steps < self.warm_up + self.draws:
                record.step(factor)
                if record.steps % REPORT == 0:
                    callback(record.ensemble("completed", "so far"))
        except KeyboardInterrupt:
            return record.ensemble("interrupted", "stopped by Ctrl-C; these are the draws so far")
        except BudgetSpent:
            message = f"the budget ended after {record.steps} steps of each chain"
            return record.ensemble("budget spent", message)
        return record.ensemble("completed", "all draws were made")


def accepted(log_density, trial_log_density, uniform):
    """Whether a chain moves to its trial point.

        u < min(1, p(x') / p(x))

    A trial point outside the bounds, or one where the model fails, has p = 0.

    Args:
        log_density, trial_log_density: ln p (1) of each chain, shape (chain,).
        uniform: u (1), uniform random numbers below 1, shape (chain,).

    Source: Metropolis et al. (1953), J. Chem. Phys. 21, 1087-1092.
    """
    return np.log(uniform) < trial_log_density - log_density


class _Record:
    """Chains and their draws so far."""

    def __init__(self, problem, budget, warm_up):
        self.problem, self.budget, self.warm_up = problem, budget, warm_up
        self.steps, self.seeds = 0, np.zeros(0)
        self.x = self.log_density = None
        self.draws, self.densities = [], []

    def begin(self, start, seeds):
        """Put each chain at a point of the Gaussian at the start that has a log density."""
        x, densities = [], []
        for seed in seeds:
            generator = np.random.default_rng([seed, 0])
            for _ in range(ATTEMPTS):
                point = start.mean + _factor(start) @ generator.normal(size=len(start.mean))
                density = self.problem.log_density(point)
                if np.isfinite(density):
                    break
            else:
                raise InvalidInput(
                    f"none of {ATTEMPTS} points near the start has a finite log density.",
                    code="no-start",
                    where="sampler start",
                )
            x.append(point)
            densities.append(density)
        self.x, self.log_density = np.array(x), np.array(densities)
        self.seeds = seeds

    def resume(self, earlier):
        """Continue from the state of an ensemble."""
        state = earlier.state
        self.steps = int(state["steps"])
        self.seeds = np.asarray(state["seeds"]).astype(np.int64)
        self.x, self.log_density = np.array(state["x"]), np.array(state["log_density"])
        self.draws = list(earlier.x.swapaxes(0, 1))
        self.densities = list(earlier.log_density.T)

    def step(self, factor):
        """One step of all chains; nothing changes where it is interrupted."""
        generators = [np.random.default_rng([seed, self.steps + 1]) for seed in self.seeds]
        trial = self.x + np.array([factor @ g.normal(size=len(factor)) for g in generators])
        density = self.problem.log_densities(trial)
        moves = accepted(self.log_density, density, np.array([g.random() for g in generators]))
        x = np.where(moves[:, None], trial, self.x)
        self.x, self.log_density = x, np.where(moves, density, self.log_density)
        self.steps += 1
        if self.steps > self.warm_up:
            self.draws.append(self.x)
            self.densities.append(self.log_density)

    def ensemble(self, status, message):
        """The draws so far, with the state to continue from."""
        control, chains = self.problem.control, len(self.seeds)
        shape = (len(self.draws), chains, len(control))
        ensemble = Ensemble(
            control,
            np.array(self.draws).reshape(shape).swapaxes(0, 1),
            np.array(self.densities).reshape(shape[:2]).T,
            exact=True,
            status=status,
            message=message,
            counts={kind: n for kind, n in self.budget.record.items() if kind != "failed"},
            failed=self.budget.failed,
            observed={name: stream.values for name, stream in self.problem.streams.items()},
        )
        if self.x is None:  # it ended before the start
            return ensemble
        state = {
            "steps": np.array(float(self.steps)), "seeds": self.seeds.astype(float),
            "x": self.x, "log_density": self.log_density,
        }  # fmt: skip
        return evolve(ensemble, state=state)


def _factor(start):
    """L with L L^T = covariance of the start."""
    return np.linalg.cholesky(start.covariance)
