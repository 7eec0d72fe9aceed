"""Outputs that are emulated: whitened residuals, or a few combinations of them."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from attrs import frozen

from ..ensembles.member_runs import observation_name

Reduction = Literal["auto", "observations", "places", "components"]
REDUCTIONS: tuple[Reduction, ...] = ("auto", "observations", "places", "components")
SHARE = 0.9999  # of the variance over the runs that the components hold


@frozen(eq=False)
class Outputs:
    """Combinations of whitened residuals, each with an error variance of 1.

    Args:
        kind: "observations", "places" or "components".
        names: of the outputs.
        weights: rows of length 1 that combine the residuals, shape (output, obs).
    """

    kind: str
    names: tuple[str, ...]
    weights: np.ndarray

    def of(self, residuals: np.ndarray) -> np.ndarray:
        """Outputs of whitened residuals, shapes (member, obs) -> (member, output)."""
        return np.asarray(residuals @ self.weights.T)

    @property
    def remark(self) -> str:
        """Sentence about what the outputs are."""
        text = {
            "observations": "each observation",
            "places": "the mean whitened residual of each stream and place",
            "components": "a principal component of the whitened residuals over the runs",
        }[self.kind]
        return f"Number of emulated outputs: {len(self.names)}. An output is {text}."


def outputs_of(
    problem: Any, residuals: np.ndarray, kind: Reduction, most: int, lossless: bool = False
) -> Outputs:
    """Outputs for a problem.

    Args:
        problem: streams with their places.
        residuals: whitened, of the runs, shape (member, obs).
        kind: "auto" takes observations where there are at most `most`, else places where these
            are at most `most`, else components.
        most: number of outputs, or of components.
        lossless: whether "auto" passes over places, which lose what differs within one.
    """
    count = residuals.shape[1]
    if kind == "auto":
        places = [] if lossless else _places(problem)
        few_places = 0 < len(set(places)) <= most
        kind = "observations" if count <= most else "places" if few_places else "components"
    if kind == "observations":
        names = tuple(observation_name(problem, n) for n in range(count))
        return Outputs(kind, names, np.eye(count))
    if kind == "places":
        return _mean_of_places(_places(problem))
    return _components(residuals, most)


def _places(problem: Any) -> list[str]:
    """Stream and place of each observation."""
    return [f"'{name}' at {label}" for name, s in problem.streams.items() for label in s.labels]


def _mean_of_places(places: list[str]) -> Outputs:
    names = tuple(dict.fromkeys(places))
    member = np.array([[place == name for place in places] for name in names], float)
    return Outputs("places", names, member / np.sqrt(member.sum(axis=1, keepdims=True)))


def _components(residuals: np.ndarray, most: int) -> Outputs:
    """Principal components over the runs; what does not vary over the runs is left out."""
    _, s, vt = np.linalg.svd(residuals - residuals.mean(axis=0), full_matrices=False)
    share = np.cumsum(s**2) / max(float(np.sum(s**2)), 1e-300)
    count = min(int(np.searchsorted(share, SHARE)) + 1, most, len(s))
    return Outputs("components", tuple(f"component {n + 1}" for n in range(count)), vt[:count])
