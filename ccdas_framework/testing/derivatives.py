"""Derivatives against differences, by Taylor remainder and by dot product, on any engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property, partial
from typing import Any
from unittest import SkipTest

import numpy as np

from ..core.errors import CcdasError
from ..core.interfaces import Engine
from ..engines.namespace import leaves, map_tree
from .check import Check, require, require_close, require_finite
from .differentiated import Differentiated
from .factors import told_by_part
from .smoothness import (
    derivatives_do_not_jump,
    no_value_steers_python,
    nothing_comes_by_closure,
    stays_finite,
)

DIFFERENCE_STEPS = (1e-3, 1e-4, 1e-5)  # the best one counts: truncation against rounding
TAYLOR_STEPS = (1e-1, 1e-2, 1e-3)
ROUNDING = 1e-12  # of the values; a remainder below it says nothing
HESSIAN_STEP = 1e-4


class Derived:
    """Value, tangent and adjoint by one engine, each computed when first asked for."""

    def __init__(self, name: str, function: Differentiated, engine: Engine | None = None) -> None:
        self.name, self.function, self.given = name, function, engine

    @cached_property
    def engine(self) -> Engine:
        return engine_named(self.name) if self.given is None else self.given

    @cached_property
    def _push(self) -> Callable[..., Any]:
        return self.engine.pushforward(self.function.of(self.engine.xp))

    def along(self, t: Any) -> tuple[np.ndarray, np.ndarray]:
        """Values and J t."""
        tangents = map_tree(lambda part: np.asarray(part)[None], t)
        value, along = self._push(self.function.at, tangents, self.function.constants)
        return np.asarray(value, float), np.asarray(along[0], float)

    @cached_property
    def pushed(self) -> tuple[np.ndarray, np.ndarray]:
        """Values and J t of the first direction."""
        return self.along(self.function.direction(1))

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

    def tangents_agree(self) -> None:
        """J t along one direction."""
        _, along = self.pushed
        require_finite(along, f"derivative by {self.name}")
        self._nearest(along, self.function.direction(1), lambda d: d, "tangent")

    def adjoints_agree(self) -> None:
        """w J t by the adjoint along two directions."""
        for leaf in leaves(self.adjoint):
            require_finite(leaf, f"adjoint derivative by {self.name}")
        for seed in (2, 3):
            t = self.function.direction(seed)
            found = np.array([dot(self.adjoint, t)])
            self._nearest(found, t, lambda d: np.array([self.weights @ d]), "adjoint")

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
        raise AssertionError("\n".join([problems[1], told_by_part(self, what, t)]))

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
        found = dot(self.adjoint, self.function.direction(1))
        expected = float(self.weights @ along)
        factor = f" The first is {found / expected:.4g} times the second." if expected else ""
        try:
            require_close(
                found, expected, rtol=1e-8, atol=1e-12,
                what=f"<J^T w, t> and <w, J t> by {self.name}",
            )  # fmt: skip
        except AssertionError as problem:
            raise AssertionError(f"{problem}{factor}") from None

    def hessian_is_symmetric(self) -> None:
        """<s, H t> = <t, H s>, and H t is the difference of gradients along t."""
        f, xp = self.function, self.engine.xp
        size = np.abs(f.plain(f.at)) + 1.0

        def half_square(v: Any, constants: Any) -> Any:
            scaled = f.of(xp)(v, constants) / size
            return 0.5 * xp.sum(scaled * scaled)

        product = self.engine.hessian_vector(half_square)
        gradient = self.engine.value_and_grad(half_square)
        s, t = f.direction(1), f.direction(2)
        along_s, along_t = (
            map_tree(np.asarray, product(f.at, d, f.constants)) for d in (s, t)
        )  # fmt: skip
        for leaf in leaves(along_t):
            require_finite(leaf, f"second derivative by {self.name}")
        usual = float(np.sqrt(abs(dot(s, along_s)) * abs(dot(t, along_t))))
        require_close(
            dot(s, along_t), dot(t, along_s), rtol=1e-8, atol=1e-8 * usual,
            what=f"<s, H t> and <t, H s> by {self.name}",
        )  # fmt: skip
        ends = [
            gradient(map_tree(lambda a, b, h=h: a + h * b, f.at, t), f.constants)[1]
            for h in (HESSIAN_STEP, -HESSIAN_STEP)
        ]
        expected = (dot(ends[0], s) - dot(ends[1], s)) / (2.0 * HESSIAN_STEP)
        require_close(
            dot(s, along_t), expected, rtol=1e-4, atol=1e-5 * usual + 1e-9,
            what=f"<s, H t> by {self.name} and the difference of gradients along t",
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


DERIVATIVES = (
    ("tangents agree with central differences", Derived.tangents_agree),
    ("adjoints agree with central differences", Derived.adjoints_agree),
    ("Taylor remainder falls with the square of the step", Derived.taylor_slope_is_two),
    ("dot products of tangent and adjoint agree", Derived.dot_products_agree),
    ("Hessian is symmetric", Derived.hessian_is_symmetric),
)


def derivative_checks(
    function: Callable[[], Differentiated], engines: tuple[str, ...]
) -> Iterator[Check]:
    """The checks of a function by itself, on each engine, and of each engine with the first."""
    made: dict[str, Derived] = {}

    def derived(name: str) -> Derived:
        if name not in made:
            made[name] = Derived(name, function())
        return made[name]

    for text, run, engine in (
        ("no Python branch looks at a differentiated value", no_value_steers_python, ""),
        ("nothing differentiated reaches a scan step by closure", nothing_comes_by_closure, ""),
        ("derivatives do not jump", derivatives_do_not_jump, ""),
        ("values and derivatives stay finite", stays_finite, "autograd"),
    ):
        if not engine or engine in engines:
            yield Check(text, "derivatives", lambda r=run: r(function()), engine)  # type: ignore[misc]
    for name in engines:
        for text, by_engine in DERIVATIVES:
            run_ = partial(_on, derived, name, by_engine)
            yield Check(f"{text} ({name})", "derivatives", run_, name)
        run_ = partial(_on, derived, name, Derived.gives_the_values_of_numpy)
        yield Check(f"values are those of numpy ({name})", "both engines", run_, name)
    for name in engines[1:]:
        yield Check(
            f"engines agree ({engines[0]} and {name})", "both engines",
            lambda n=name: engines_agree(derived(engines[0]), derived(n)), name,  # type: ignore[misc]
        )  # fmt: skip


def _on(derived: Callable[[str], Derived], name: str, run: Callable[[Derived], None]) -> None:
    run(derived(name))


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
