"""What the observations say nothing about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from attrs import frozen

from .spectrum import SEEN

ROUNDING = 1e-12  # share of the largest column of R^-1/2 K below which one is zero


@frozen(eq=False)
class Unseen:
    """Parameters, and combinations of parameters, that leave all simulated observations alone.

    Args:
        seen: whether any observation moves with it, shape (control,).
        combinations: directions among those seen one by one, each normed to length 1 with one
            element of its own, shape (combination, control).
    """

    seen: np.ndarray
    combinations: np.ndarray

    @classmethod
    def unknown(cls, count: int) -> Unseen:
        """Where nothing was looked for: every parameter may be seen."""
        return cls(np.ones(count, dtype=bool), np.zeros((0, count)))

    def parameters(self, names: Sequence[str]) -> tuple[str, ...]:
        """Names of the parameters that no observation moves with."""
        return tuple(name for name, seen in zip(names, self.seen, strict=True) if not seen)

    def described(self, names: Sequence[str], most: int = 10, leading: int = 4) -> tuple[str, ...]:
        """The first combinations in words, their largest elements first: '0.80 a - 0.60 b'."""
        return tuple(combination(row, names, leading) for row in self.combinations[:most])


def combination(component: np.ndarray, names: Sequence[str], most: int = 4) -> str:
    """A direction in words: '0.81 a - 0.52 b + ...', its largest components first."""
    order = np.argsort(-np.abs(component), kind="stable")[:most]
    told = ""
    for n in order:
        if abs(component[n]) < 0.05:
            break
        sign = "-" if component[n] < 0 else "+" if told else ""
        told += f" {sign} {abs(component[n]):.2f} {names[n]}"
    return " ".join(told.split()) + (" + ..." if np.sum(np.abs(component) >= 0.05) > most else "")


def unseen(whitened: Mapping[str, np.ndarray], count: int) -> Unseen:
    """The null space of R^-1/2 K of all streams.

    Args:
        whitened: R_s^-1/2 K_s by stream, shape (obs, control).
        count: length of the control vector.
    """
    rows = np.concatenate([*whitened.values(), np.zeros((count, count))])  # at least as many rows
    size = np.linalg.norm(rows, axis=0)
    seen = size > ROUNDING * float(np.max(size, initial=0.0))
    among = np.flatnonzero(seen)
    combinations = np.zeros((0, count))
    if len(among):
        # R of K = Q R has the singular values and the null space of K
        triangle = np.asarray(np.linalg.qr(rows[:, among], mode="r"))
        _, values, vectors = np.linalg.svd(triangle)
        null = vectors[values < SEEN * values[0]]
        combinations = np.zeros((len(null), count))
        combinations[:, among] = _with_own_element(null)
    return Unseen(seen, combinations)


def _with_own_element(null: np.ndarray) -> np.ndarray:
    """The same space by vectors of which each has an element that the others lack."""
    if not len(null):
        return null
    from scipy.linalg import qr  # slow to import

    _, _, order = qr(null, pivoting=True)
    own = order[: len(null)]
    reduced = np.linalg.solve(null[:, own], null)
    normed: np.ndarray = reduced / np.linalg.norm(reduced, axis=1, keepdims=True)
    return normed
