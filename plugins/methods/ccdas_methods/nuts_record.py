"""Chains of the no-U-turn sampler, their draws so far, and what they need to continue."""

from __future__ import annotations

import numpy as np
from attrs import define, field

from ccdas_framework import Budget, Ensemble, SampledProblem

from .nuts_kernel import (
    Chain,
    KernelSettings,
    Space,
    Steps,
    adapted,
    chain_arrays,
    chains_of,
)
from .nuts_process import Kernels

STATISTICS = tuple(name for name in Steps._fields if name not in ("x", "log_density", "failed"))


@define(eq=False)
class NutsRecord:
    """Chains and draws of a sampling so far; all chains have made the same number of steps.

    Args:
        problem: log density and gradient.
        budget: counts what a traced log density takes.
        count: number of chains.
        keys: of the random numbers of each chain, shape (chain, 2).
        chains: none before the start.
        steps: steps so far, the warm-up included.
        warm_up: steps that are not kept.
        warm_up_until: used budget at which the warm-up ends.
        drawn_anew: starting points that were drawn anew.
        warm_up_divergences: divergent trajectories of the warm-up.
        parts: kept steps of all chains, each field of shape (chain, step, ...), in parts.
    """

    problem: SampledProblem
    budget: Budget
    count: int
    keys: np.ndarray = field(factory=lambda: np.zeros((0, 2), np.uint32))
    chains: list[Chain] = field(factory=list)
    steps: int = 0
    warm_up: int = 0
    warm_up_until: float = np.inf
    drawn_anew: int = 0
    warm_up_divergences: int = 0
    parts: list[Steps] = field(factory=list)

    def resume(self, earlier: Ensemble, template: Chain) -> None:
        """Continue from an ensemble."""
        state = earlier.state
        self.keys = np.asarray(state["keys"]).astype(np.uint32)
        self.chains = chains_of(state, template)
        numbers = np.asarray(state["progress"])
        self.steps, self.warm_up, self.drawn_anew, self.warm_up_divergences = (
            int(n) for n in numbers[:4]
        )
        self.warm_up_until = float(numbers[4])
        if earlier.x.shape[1]:
            statistics = {name: np.asarray(earlier.statistics[name]) for name in STATISTICS}
            failed = np.zeros(earlier.x.shape[:2])
            self.parts = [Steps(earlier.x, earlier.log_density, failed=failed, **statistics)]

    def advance(
        self, kernels: Kernels, space: Space, count: int, stages: np.ndarray, target: float
    ) -> None:
        """Some steps of all chains; nothing changes where it is interrupted.

        Args:
            kernels: steps of a chain.
            space: from z to x.
            count: number of steps.
            stages: adaptation of each step, and whether a window ends there, shape (step, 2).
            target: acceptance rate to which the step size is adapted.
        """
        chains, parts = [], []
        for key, chain in zip(self.keys, self.chains, strict=True):
            traced = kernels.traced_within(self.budget, count)
            chain, part = (traced or kernels.called)(
                chain,
                space,
                key,
                self.steps,
                count,
                stages[:, 0],
                stages[:, 1].astype(bool),
                target,
            )
            if traced is not None:
                self.budget.spend("gradient", int(part.n_steps.sum()))
                self.budget.fail(int(part.failed.sum()))
            chains.append(chain)
            parts.append(part)
        part = Steps(*(np.array(values, float) for values in zip(*parts, strict=True)))
        if self.steps < self.warm_up:
            self.warm_up_divergences += int(part.diverging.sum())
        else:
            self.parts.append(part)
        self.chains, self.steps = chains, self.steps + count

    def end_warm_up(self, settings: KernelSettings) -> None:
        """Fix step size and metric of all chains."""
        self.chains = [adapted(chain, settings) for chain in self.chains]
        self.warm_up = self.steps

    @property
    def state(self) -> dict[str, np.ndarray]:
        """Arrays to continue from; none before the start."""
        if not self.chains:
            return {}
        progress = [self.steps, self.warm_up, self.drawn_anew, self.warm_up_divergences]
        return {
            **chain_arrays(self.chains),
            "keys": self.keys.astype(float),
            "progress": np.array([*progress, self.warm_up_until], float),
        }

    def ensemble(self) -> Ensemble:
        """The ensemble so far, without diagnostics."""
        problem, budget = self.problem, self.budget
        if self.parts:
            draws = Steps(*(np.concatenate(v, axis=1) for v in zip(*self.parts, strict=True)))
        else:
            none = np.zeros((self.count, 0))
            x = np.zeros((self.count, 0, len(problem.control)))
            draws = Steps(x, *[none] * (len(Steps._fields) - 1))
        return Ensemble(
            problem.control,
            draws.x,
            draws.log_density,
            exact=True,
            counts={k: n for k, n in budget.record.items() if k != "failed"},
            failed=budget.failed,
            statistics={name: getattr(draws, name) for name in STATISTICS},
            numbers={
                "warm_up_steps": float(min(self.warm_up, self.steps)),
                "warm_up_divergences": float(self.warm_up_divergences),
                "divergences": float(draws.diverging.sum()),
                "starts_drawn_anew": float(self.drawn_anew),
                "acceptance_rate": float(draws.acceptance_rate.mean()) if self.parts else np.nan,
            },
            observed={name: np.asarray(s.values) for name, s in problem.streams.items()},
            state=self.state,
        )
