"""Derivatives against differences, by Taylor remainder and by dot product, on any engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any
from unittest import SkipTest

import numpy as np
from attrs import frozen

from ..core.errors import CcdasError
from ..core.interfaces import Engine
from ..engines.differences import DifferencesEngine
from ..engines.namespace import leaves, map_tree, numpy_namespace
from .check import Check, require, require_close, require_finite

DIFFERENCE_STEPS = (1e-3, 1e-4, 1e-5)  # the best one counts: truncation against rounding
TAYLOR_STEPS = (1e-1, 1e-2, 1e-3)
ROUNDING = 1e-12  # of the values; a remainder below it says nothing


@frozen(eq=False)
class Differentiated:
    """A function of nested arrays that is differentiated, and where.

    Args:
        of: xp -> function(v, constants) -> values, shape (n,).
        at: v, a tree of arrays.
        change: a tree like v, the size by which each element is moved.
        constants: further argument of the function.
        relative, absolute: tolerances of a directional derivative; the latter of its largest.
    """

    of: Callable[[Any], Callable[..., Any]]
    at: Any
    change: Any
    constants: Any
    relative: float
    absolute: float

    def direction(self, seed: int) -> Any:
        """A random direction, like v."""
        generator = np.random.default_rng(seed)
        return map_tree(lambda size: size * generator.normal(size=np.shape(size)), self.change)

    def plain(self, v: Any) -> np.ndarray:
        """Values by numpy, without an engine."""
        return np.asarray(self.of(numpy_namespace())(v, self.constants), float)

    def difference(self, t: Any, step: float) -> np.ndarray:
        """Central difference along t."""
        return np.asarray(
            DifferencesEngine(step=step).tangent_linear(self.of(numpy_namespace()))(
                self.at, t, self.constants
            )
        )


class Derived:
    """Value, tangent and adjoint by one engine, each computed when first asked for."""

    def __init__(self, name: str, function: Differentiated) -> None:
        self.name, self.function = name, function

    @cached_property
    def engine(self) -> Engine:
        return engine_named(self.name)

    @cached_property
    def pushed(self) -> tuple[np.ndarray, np.ndarray]:
        """Values and J t of the first direction."""
        f = self.function
        tangents = map_tree(lambda t: np.asarray(t)[None], f.direction(1))
        value, along = self.engine.pushforward(f.of(self.engine.xp))(f.at, tangents, f.constants)
        return np.asarray(value, float), np.asarray(along[0], float)

    @cached_property
    def weights(self) -> np.ndarray:
        """w of J^T w."""
        count = np.shape(self.pulled[0])
        return np.random.default_rng(5).normal(size=count)

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

    def agrees_with_differences(self) -> None:
        """J t along one direction, and w J t by the adjoint along two more."""
        f, (_, along) = self.function, self.pushed
        require_finite(along, f"derivative by {self.name}")
        for leaf in leaves(self.adjoint):
            require_finite(leaf, f"adjoint derivative by {self.name}")
        self._nearest(along, f.direction(1), lambda d: d, "tangent")
        for seed in (2, 3):
            t = f.direction(seed)
            expected = np.array([dot(self.adjoint, t)])
            self._nearest(expected, t, lambda d: np.array([self.weights @ d]), "adjoint")

    def _nearest(
        self, found: np.ndarray, t: Any, seen: Callable[[np.ndarray], np.ndarray], what: str
    ) -> None:
        f, problems = self.function, []
        usual = 0.0  # root mean square of one number over all directions
        if len(found) == 1:
            moves = zip(leaves(self.adjoint), leaves(f.change), strict=True)
            usual = float(np.sqrt(sum(np.sum((g * size) ** 2) for g, size in moves)))
        for step in DIFFERENCE_STEPS:
            expected = seen(f.difference(t, step))
            scale = max(float(np.abs(expected).max(initial=0.0)), usual)
            try:
                require_close(
                    found, expected, rtol=f.relative, atol=f.absolute * scale,
                    what=f"the {what} by {self.name} and central differences of step {step:g}",
                )  # fmt: skip
                return
            except AssertionError as problem:
                problems.append(str(problem))
        raise AssertionError("\n".join(problems))

    def taylor_slope_is_two(self) -> None:
        """|f(v + h t) - f(v) - h J t| falls with h squared, or to rounding."""
        f, (_, along) = self.function, self.pushed
        t, value = f.direction(1), f.plain(f.at)
        left = []
        for h in TAYLOR_STEPS:
            ahead = f.plain(map_tree(lambda a, b, h=h: a + h * b, f.at, t))
            left.append(float(np.linalg.norm(ahead - value - h * along)))
        floor = ROUNDING * float(np.linalg.norm(value))
        above = [n for n in range(len(left)) if left[n] > floor]
        # third-order terms bend the first decade
        tolerance = 0.1 if above == [0, 1, 2] else 0.2
        if len(above) < 2:
            return  # linear but for rounding
        before, last = above[-2:]
        slope = np.log(left[before] / left[last]) / np.log(
            TAYLOR_STEPS[before] / TAYLOR_STEPS[last]
        )
        require(
            abs(slope - 2.0) <= tolerance,
            f"the Taylor remainder by {self.name} is {', '.join(f'{r:.3g}' for r in left)} at "
            f"steps {', '.join(f'{h:g}' for h in TAYLOR_STEPS)}: it falls with power {slope:.3f} "
            "of the step, and a right derivative gives 2.",
        )

    def dot_products_agree(self) -> None:
        """<w, J t> = <J^T w, t>."""
        _, along = self.pushed
        require_close(
            dot(self.adjoint, self.function.direction(1)), float(self.weights @ along),
            rtol=1e-8, atol=1e-12, what=f"<J^T w, t> and <w, J t> by {self.name}",
        )  # fmt: skip

    def gives_the_values_of_numpy(self) -> None:
        """The engine changes no value."""
        expected = self.function.plain(self.function.at)
        scale = float(np.abs(expected).max(initial=0.0))
        for value in (self.pushed[0], self.pulled[0]):
            require_close(
                value, expected, rtol=1e-9, atol=1e-12 * scale,
                what=f"values by {self.name} and by numpy",
            )  # fmt: skip


def engines_agree(first: Derived, second: Derived) -> None:
    """Tangent and adjoint of two engines are the same but for rounding."""
    pairs = [("tangents", first.pushed[1], second.pushed[1])]
    both = zip(leaves(first.adjoint), leaves(second.adjoint), strict=True)
    pairs += [(f"adjoints (leaf {n})", a, b) for n, (a, b) in enumerate(both)]
    for what, a, b in pairs:
        scale = float(np.abs(b).max(initial=0.0))
        require_close(
            a, b, rtol=1e-8, atol=1e-8 * scale, what=f"{what} by {first.name} and {second.name}"
        )


def derivative_checks(
    function: Callable[[], Differentiated], engines: tuple[str, ...]
) -> Iterator[Check]:
    """The checks of a function on each engine, and of each engine with the first."""
    made: dict[str, Derived] = {}

    def derived(name: str) -> Derived:
        if name not in made:
            made[name] = Derived(name, function())
        return made[name]

    for name in engines:
        for text, run in (
            ("derivatives agree with central differences", Derived.agrees_with_differences),
            ("Taylor remainder falls with the square of the step", Derived.taylor_slope_is_two),
            ("dot products of tangent and adjoint agree", Derived.dot_products_agree),
            ("values are those of numpy", Derived.gives_the_values_of_numpy),
        ):
            yield Check(f"{text} ({name})", name, lambda n=name, r=run: r(derived(n)))  # type: ignore[misc]
    for name in engines[1:]:
        yield Check(
            f"engines agree ({engines[0]} and {name})", name,
            lambda n=name: engines_agree(derived(engines[0]), derived(n)),  # type: ignore[misc]
        )  # fmt: skip


def engine_named(name: str) -> Engine:
    """The engine; a check that needs one that is not installed is skipped."""
    if name == "autograd":
        from ..engines.autograd_engine import AutogradEngine

        return AutogradEngine()
    if name == "jax":
        from ..engines.jax_engine import JaxEngine

        try:
            return JaxEngine()
        except CcdasError as problem:
            raise SkipTest(str(problem)) from problem
    raise ValueError(f"no engine named '{name}' to check with; there are: autograd, jax.")


def dot(first: Any, second: Any) -> float:
    """Sum over all elements of two trees of the product."""
    pairs = zip(leaves(first), leaves(second), strict=True)
    return float(sum(np.sum(np.asarray(a) * b) for a, b in pairs))
