"""Walkers of independent ensembles, their draws so far, and what emcee needs to continue."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import define, field, frozen

from ccdas_framework import Budget, Ensemble, SampledProblem

from .starting_points import StartingPoints

FAR_BELOW = 6.0  # spreads of the log density, below which the best of a walker is an island
HALF_NORMAL = 0.15865525393145707  # of a normal variable lies more than one sd below its mean
STATE = ("position", "log_density", "keys", "numbers")


@frozen(eq=False)
class Walkers:
    """Where the walkers are, and the random numbers of each ensemble.

    Args:
        position: shape (ensemble, walker, control).
        log_density: shape (ensemble, walker).
        random: state of numpy's RandomState, which emcee draws from, for each ensemble.
    """

    position: np.ndarray
    log_density: np.ndarray
    random: tuple[Any, ...]

    @classmethod
    def starting_at(
        cls,
        points: StartingPoints,
        shape: tuple[int, int, int],
        generators: list[np.random.Generator],
    ) -> Walkers:
        """Walkers at their starting points, ensemble by ensemble."""
        random = (
            np.random.RandomState(g.integers(0, 2**32, 8, dtype=np.uint32)) for g in generators
        )
        return cls(
            points.x.reshape(shape),
            points.log_density.reshape(shape[:2]),
            tuple(each.get_state() for each in random),
        )

    @property
    def state(self) -> dict[str, np.ndarray]:
        """The same as arrays of floats, which hold whole numbers below 2^53 exactly."""
        return {
            "position": self.position,
            "log_density": self.log_density,
            "keys": np.array([each[1] for each in self.random], float),
            "numbers": np.array([each[2:] for each in self.random], float),
        }

    @classmethod
    def of(cls, state: Any) -> Walkers:
        """Walkers from their `state`."""
        random = tuple(
            ("MT19937", keys.astype(np.uint32), int(place), int(has_gauss), float(gauss))
            for keys, (place, has_gauss, gauss) in zip(
                np.asarray(state["keys"]), np.asarray(state["numbers"]), strict=True
            )
        )
        return cls(np.array(state["position"]), np.array(state["log_density"]), random)

    def next_step(self, movers: list[Any]) -> tuple[Walkers, np.ndarray]:
        """Walkers after one step, and who moved, shape (ensemble, walker)."""
        from emcee import State

        after = []
        for mover, *now in zip(movers, self.position, self.log_density, self.random, strict=True):
            state = State(now[0], log_prob=now[1], random_state=now[2], copy=True)
            step = mover.sample(state, iterations=1, store=False, skip_initial_state_check=True)
            after.append(next(iter(step)))
        position = np.array([each.coords for each in after])
        changed = np.any(position != self.position, axis=2)
        density = np.array([each.log_prob for each in after])
        return Walkers(position, density, tuple(each.random_state for each in after)), changed


@define(eq=False)
class WalkerRecord:
    """Draws of a sampling so far.

    Args:
        shape: (ensemble, walker, control).
        thin: steps from one kept step to the next.
        walkers: None before the start.
        steps: steps so far, the warm-up included.
        warm_up: steps that are not kept.
        drawn_anew: starting points that were drawn anew.
        moves: moves of each walker after the warm-up, shape (ensemble, walker).
        positions: position of all walkers at each kept step, shape (ensemble, walker, control).
        densities: their log density, shape (ensemble, walker).
    """

    control: Any
    shape: tuple[int, int, int]
    thin: int
    walkers: Walkers | None = None
    steps: int = 0
    warm_up: int = 0
    drawn_anew: int = 0
    moves: np.ndarray = field()
    positions: list[np.ndarray] = field(factory=list)
    densities: list[np.ndarray] = field(factory=list)

    @moves.default
    def _moves(self) -> np.ndarray:
        return np.zeros(self.shape[:2])

    @classmethod
    def empty(cls, control: Any, ensembles: int, walkers: int, thin: int) -> WalkerRecord:
        """A record before the start."""
        return cls(control, (ensembles, walkers, len(control)), thin)

    @classmethod
    def resumed(cls, earlier: Ensemble, ensembles: int, walkers: int, thin: int) -> WalkerRecord:
        """A record that continues from an ensemble."""
        record = cls.empty(earlier.control, ensembles, walkers, thin)
        state = earlier.state
        steps, warm_up, drawn_anew = (int(number) for number in state["progress"])
        record.steps, record.warm_up, record.drawn_anew = steps, warm_up, drawn_anew
        record.walkers, record.moves = Walkers.of(state), np.array(state["moves"])
        by_walker = (ensembles, walkers, -1, record.shape[2])
        record.positions = list(earlier.x.reshape(by_walker).transpose(2, 0, 1, 3))
        record.densities = list(earlier.log_density.reshape(by_walker[:3]).transpose(2, 0, 1))
        return record

    def walkers_started(self, walkers: Walkers | None, points: StartingPoints) -> None:
        """Take the walkers at their starting points, or none where they could not start."""
        self.walkers, self.drawn_anew = walkers, points.drawn_anew

    def advance(self, movers: list[Any]) -> None:
        """One step of all ensembles; nothing changes where it is interrupted."""
        assert self.walkers is not None
        walkers, changed = self.walkers.next_step(movers)
        steps = self.steps + 1
        after = steps - self.warm_up
        if after > 0:
            self.moves = self.moves + changed
            if after % self.thin == 0:
                self.positions.append(walkers.position)
                self.densities.append(walkers.log_density)
        self.walkers, self.steps = walkers, steps

    @property
    def draws(self) -> np.ndarray:
        """Draws, shape (ensemble, step, walker, control)."""
        positions = np.array(self.positions).reshape(-1, *self.shape)
        return positions.transpose(1, 0, 2, 3)

    @property
    def log_density(self) -> np.ndarray:
        """Log density of the draws, shape (ensemble, step, walker)."""
        return np.array(self.densities).reshape(-1, *self.shape[:2]).transpose(1, 0, 2)

    @property
    def state(self) -> dict[str, np.ndarray]:
        """Arrays to continue from; none before the start."""
        if self.walkers is None:
            return {}
        progress = np.array([self.steps, self.warm_up, self.drawn_anew], float)
        return {**self.walkers.state, "progress": progress, "moves": self.moves}

    def stuck_walkers(self) -> tuple[int, tuple[str, ...]]:
        """Number of walkers that never moved, or stay far below the others, and sentences on them.

        A walker is far below if even its highest log density is more than six spreads below the
        median of all draws. The spread is the distance from the median down to the 16 per cent
        quantile, one sd of a normal variable.
        """
        density = self.log_density
        if not density.size:
            return 0, ()
        middle, low = np.median(density), np.quantile(density, HALF_NORMAL)
        below = density.max(axis=1) < middle - FAR_BELOW * max(middle - low, 1e-12)
        still = (self.moves == 0) & ~below
        sentences = []
        for which, text in ((below, "stay far below the others"), (still, "never moved")):
            names = ", ".join(f"{w + 1} of ensemble {e + 1}" for e, w in np.argwhere(which)[:20])
            if names:
                sentences.append(f"{int(which.sum())} walkers {text}: walker {names}.")
        return int((below | still).sum()), tuple(sentences)

    def ensemble(self, problem: SampledProblem, budget: Budget) -> Ensemble:
        """The ensemble so far, walker by walker, without diagnostics."""
        ensembles, walkers, count = self.shape
        draws, density = self.draws.swapaxes(1, 2), self.log_density.swapaxes(1, 2)
        walker = np.broadcast_to(np.arange(walkers)[:, None], density.shape)
        made = max(self.steps - self.warm_up, 0)
        return Ensemble(
            problem.control,
            draws.reshape(ensembles, -1, count),
            density.reshape(ensembles, -1),
            exact=True,
            counts={k: n for k, n in budget.record.items() if k != "failed"},
            failed=budget.failed,
            statistics={"walker": walker.reshape(ensembles, -1).astype(float)},
            numbers={
                "walkers": float(walkers),
                "warm_up_steps": float(min(self.warm_up, self.steps)),
                "starts_drawn_anew": float(self.drawn_anew),
                "acceptance_rate": float(self.moves.mean() / made) if made else np.nan,
            },
            observed={name: np.asarray(s.values) for name, s in problem.streams.items()},
            state=self.state,
        )
