"""Null space of the observations: parameters and combinations without any effect on them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from attrs import frozen

from .spectrum import DETERMINED

ROUNDING = 1e-12  # share of the largest column of R^-1/2 K below which one is zero


@frozen(eq=False)
class NullSpace:
    """Parameters, and combinations of parameters, that change no simulated observation.

    Args:
        observed: whether any observation depends on the parameter, shape (control,).
        combinations: directions among observed parameters, each of length 1 and with one element
            that the others lack, shape (combination, control).
    """

    observed: np.ndarray
    combinations: np.ndarray

    @classmethod
    def unknown(cls, count: int) -> NullSpace:
        """The null space where it was not computed: all parameters count as observed."""
        return cls(np.ones(count, dtype=bool), np.zeros((0, count)))

    def parameters(self, names: Sequence[str]) -> tuple[str, ...]:
        """Names of the parameters that no observation depends on."""
        return tuple(n for n, observed in zip(names, self.observed, strict=True) if not observed)

    def described(self, names: Sequence[str]) -> tuple[str, ...]:
        """The first ten combinations in words, their largest elements first: '0.80 a - 0.60 b'."""
        return tuple(combination(row, names) for row in self.combinations[:10])


def combination(component: np.ndarray, names: Sequence[str], most: int = 4) -> str:
    """A direction in words: '0.81 a - 0.52 b + ...', its largest components first."""
    order = np.argsort(-np.abs(component), kind="stable")[:most]
    text = ""
    for n in order:
        if abs(component[n]) < 0.05:
            break
        sign = "-" if component[n] < 0 else "+" if text else ""
        text += f" {sign} {abs(component[n]):.2f} {names[n]}"
    return " ".join(text.split()) + (" + ..." if np.sum(np.abs(component) >= 0.05) > most else "")


def null_space_of(whitened: Mapping[str, np.ndarray], count: int) -> NullSpace:
    """The null space of R^-1/2 K of all streams.

    Args:
        whitened: R_s^-1/2 K_s by stream, shape (obs, control).
        count: length of the control vector.
    """
    rows = np.concatenate([*whitened.values(), np.zeros((count, count))])  # at least as many rows
    size = np.linalg.norm(rows, axis=0)
    observed = size > ROUNDING * float(np.max(size, initial=0.0))
    among = np.flatnonzero(observed)
    combinations = np.zeros((0, count))
    if len(among):
        # R of K = Q R has the singular values and the null space of K
        triangle = np.asarray(np.linalg.qr(rows[:, among], mode="r"))
        _, values, vectors = np.linalg.svd(triangle)
        null = vectors[values < DETERMINED * values[0]]
        combinations = np.zeros((len(null), count))
        combinations[:, among] = _with_single_elements(null)
    return NullSpace(observed, combinations)


def _with_single_elements(null: np.ndarray) -> np.ndarray:
    """A basis of the same space in which each vector has an element that the others lack."""
    if not len(null):
        return null
    from scipy.linalg import qr  # slow to import

    _, _, order = qr(null, pivoting=True)
    pivots = order[: len(null)]
    reduced = np.linalg.solve(null[:, pivots], null)
    return np.asarray(reduced / np.linalg.norm(reduced, axis=1, keepdims=True))
