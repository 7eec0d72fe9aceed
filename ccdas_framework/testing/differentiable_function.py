"""A function of a component that is differentiated, and where."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from attrs import field, frozen

from ..engines.differences import DifferencesEngine
from ..engines.namespace import map_tree, numpy_namespace
from .watched import Notes
from .watching import watch, watched_namespace


def _always(v: Any) -> bool:
    return True


@frozen(eq=False)
class Differentiated:
    """A function of nested arrays that is differentiated, and where.

    Args:
        of: xp -> function(v, constants) -> values, shape (n,).
        at: v, a tree of arrays.
        change: a tree like v, the size by which each element is moved.
        constants: further argument of the function.
        relative, absolute: tolerances of a directional derivative; the latter of its largest.
        everything: like `of`, with all that the component gives; `of` itself by default.
        sweep: a tree like v, how far each element goes along the lines that are searched for
            kinks and NaN; `change` by default.
        edges: further points where values and derivatives have to be finite, by name.
        allowed: whether the component has to work at a point.
        parts: name -> a direction in which only that part of v moves.
        outputs: name -> where among the values of `of` these are.
    """

    of: Callable[[Any], Callable[..., Any]]
    at: Any
    change: Any
    constants: Any
    relative: float
    absolute: float
    everything: Callable[[Any], Callable[..., Any]] | None = None
    sweep: Any = None
    edges: Mapping[str, Any] = field(factory=dict)
    allowed: Callable[[Any], bool] = _always
    parts: Mapping[str, Any] = field(factory=dict)
    outputs: Mapping[str, slice] = field(factory=lambda: {"": slice(None)})

    def direction(self, seed: int) -> Any:
        """A random direction, like v."""
        return _random(self.change, seed)

    def plain(self, v: Any) -> np.ndarray:
        """Values by numpy, without an engine."""
        return np.asarray(self.of(numpy_namespace())(v, self.constants), float)

    def all_values(self, v: Any) -> np.ndarray:
        """All that the component gives, by numpy, in a row."""
        with np.errstate(all="ignore"):
            found = (self.everything or self.of)(numpy_namespace())(v, self.constants)
        return np.ravel(np.asarray(found, float))

    def followed(self, v: Any) -> Notes:
        """What the component does on the way to all that it gives."""
        notes = Notes()
        with np.errstate(all="ignore"):
            (self.everything or self.of)(watched_namespace(notes))(
                watch(v, notes, True), watch(self.constants, notes, False)
            )
        return notes

    def difference(self, t: Any, step: float) -> np.ndarray:
        """Central difference along t."""
        engine = DifferencesEngine(step=step)
        along = engine.tangent_linear(self.of(numpy_namespace()))
        return np.asarray(along(self.at, t, self.constants))

    def line(self, seed: int) -> Line:
        """A random line through `at`."""
        return Line(self, _random(self.change if self.sweep is None else self.sweep, seed, True))


@frozen(eq=False)
class Line:
    """Points v + s t of a function, s from -1 to 1.

    Args:
        function: whose arguments they are.
        along: t.
    """

    function: Differentiated
    along: Any

    def point(self, s: float) -> Any:
        """v + s t."""
        return map_tree(lambda v, t: v + s * t, self.function.at, self.along)

    def values(self, s: float) -> np.ndarray:
        """All that the component gives there."""
        return self.function.all_values(self.point(s))

    def places(self, count: int) -> Sequence[float]:
        """So many s, those where the component has to work."""
        return [s for s in np.linspace(-1.0, 1.0, count) if self.function.allowed(self.point(s))]


def _random(size: Any, seed: int, together: bool = False) -> Any:
    """A random tree; with `together` whole columns move, and means over time with them."""
    generator = np.random.default_rng(seed)

    def one(part: Any) -> Any:
        shape = np.shape(part)
        noise = generator.normal(size=shape)
        if together and len(shape) == 2:
            noise = generator.normal(size=(1, shape[1])) + 0.5 * noise
        return part * noise

    return map_tree(one, size)
