"""Values, tangents and adjoints by one engine, and the factor by which one is wrong."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any
from unittest import SkipTest

import numpy as np

from ..core.errors import CcdasError, Finding
from ..core.interfaces import Engine
from ..core.trees import map_tree, tree_leaves
from ..engines.autograd_engine import AutogradEngine
from ..engines.differences import DifferencesEngine
from ..engines.jax_engine import JaxEngine
from .differentiable_function import DifferentiableFunction

ENGINES: dict[str, Callable[[], Engine]] = {
    "autograd": AutogradEngine,
    "jax": JaxEngine,
    "differences": DifferencesEngine,
}
FACTOR_STEP = 1e-4  # of the central differences that a wrong derivative is compared with
ALIKE = 0.01  # factors that differ by less are one
MOST = 5  # parts named in a message


class Derivatives:
    """Values, tangents and adjoints by one engine, each computed once."""

    def __init__(self, name: str, function: DifferentiableFunction, engine: Engine) -> None:
        self.name, self.function, self.engine = name, function, engine

    @cached_property
    def _push(self) -> Callable[..., Any]:
        return self.engine.pushforward(self.function.of(self.engine.xp))

    def tangent(self, t: Any) -> tuple[np.ndarray, np.ndarray]:
        """Values and J t."""
        tangents = map_tree(lambda part: np.asarray(part)[None], t)
        value, products = self._push(self.function.at, tangents, self.function.constants)
        return np.asarray(value, float), np.asarray(products[0], float)

    @cached_property
    def pushed(self) -> tuple[np.ndarray, np.ndarray]:
        """Values and J t of the first direction."""
        return self.tangent(self.function.direction(1))

    @cached_property
    def weights(self) -> np.ndarray:
        """w of J^T w."""
        return np.random.default_rng(5).normal(size=np.shape(self.pulled[0]))

    @cached_property
    def pulled(self) -> tuple[np.ndarray, Any]:
        """Values and the pullback."""
        f = self.function
        value, pull = self.engine.pullback(f.of(self.engine.xp))(f.at, f.constants)
        return np.asarray(value, float), pull

    @cached_property
    def adjoint(self) -> Any:
        """J^T w, a tree like v."""
        return map_tree(np.asarray, self.pulled[1](self.weights))


def engine_named(name: str) -> Engine:
    """The engine of a name.

    Raises:
        SkipTest: it is not installed.
    """
    if name not in ENGINES:
        raise ValueError(f"no engine named '{name}' for checks; expected one of {list(ENGINES)}.")
    try:
        return ENGINES[name]()
    except CcdasError as error:
        raise SkipTest(str(error)) from error


def dot(first: Any, second: Any) -> float:
    """Sum over all elements of two trees of the product."""
    pairs = zip(tree_leaves(first), tree_leaves(second), strict=True)
    return float(sum(np.sum(np.asarray(a) * b) for a, b in pairs))


# -- factor of a wrong derivative -----------------------------------------------------------------


def factor_findings(derivatives: Derivatives, mode: str, direction: Any) -> list[Finding]:
    """The factor between a derivative and differences, of each part and output that is wrong.

    `mode` is "tangent" or "adjoint", and the derivative in the direction is known to be wrong.
    """
    function, findings = derivatives.function, []
    directions = {"": direction, **function.parts}
    differences = {name: function.difference(t, FACTOR_STEP) for name, t in directions.items()}
    for output, index in function.outputs.items():
        pairs = {
            name: _compared(derivatives, mode, index, t, differences[name])
            for name, t in directions.items()
        }
        wrong = {name: factor(*pair) for name, pair in pairs.items() if not _agrees(*pair)}
        if "" in wrong:
            label = f"The {mode}" + f" of {output}" * bool(output)
            findings += _factors(label, output, wrong.pop(""), wrong)
    return findings[:MOST]


def _factors(label: str, output: str, total: float, wrong: dict[str, float]) -> list[Finding]:
    """The factor of a derivative: one for all of it, or one for each part that is wrong."""
    factors = np.array(list(wrong.values()))
    if not wrong:
        return [_factor_finding(label, output, total)]
    one = np.ptp(factors) <= ALIKE * np.abs(factors).max()
    if one and abs(total - factors.mean()) <= ALIKE * abs(total):
        return [_factor_finding(label, output, float(factors.mean()))]
    return [_factor_finding(f"{label} for {name}", name, value) for name, value in wrong.items()]


def _factor_finding(label: str, where: str, factor: float) -> Finding:
    if np.isnan(factor):
        return Finding("no-common-factor", where, f"{label} is wrong by no common factor.")
    if abs(factor) < ALIKE:
        message = f"{label} is lost: zero where differences are not."
        return Finding("lost-derivative", where, message)
    return Finding("common-factor", where, f"{label} is {factor:.4g} times the differences.")


def _compared(
    derivatives: Derivatives, mode: str, index: slice, t: Any, difference: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """A derivative of some outputs along t, and the difference: J t itself, or w J t."""
    if mode == "tangent":
        return derivatives.tangent(t)[1][index], difference[index]
    weights = np.zeros_like(derivatives.weights)
    weights[index] = derivatives.weights[index]
    return np.array([dot(derivatives.pulled[1](weights), t)]), np.array([weights @ difference])


def _agrees(actual: np.ndarray, expected: np.ndarray) -> bool:
    scale = float(np.abs(expected).max(initial=0.0))
    return bool(np.all(np.abs(actual - expected) <= 1e-4 * scale + 1e-12))


def factor(actual: np.ndarray, expected: np.ndarray) -> float:
    """a of the best actual = a expected; NaN where they are not proportional."""
    square = float(expected @ expected)
    if square == 0.0:
        return float("nan")
    ratio = float(actual @ expected) / square
    remainder = float(np.linalg.norm(actual - ratio * expected))
    return ratio if remainder <= ALIKE * max(abs(ratio), 1.0) * square**0.5 else float("nan")
