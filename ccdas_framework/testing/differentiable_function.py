"""A differentiable function of a component, and the point where it is differentiated."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from attrs import field, frozen

from ..core.trees import map_tree
from ..engines.differences import DifferencesEngine
from ..engines.namespace import numpy_namespace
from .tracing.array import Trace
from .tracing.traced_namespace import traced, tracing_namespace


@frozen(eq=False)
class DifferentiableFunction:
    """A differentiable function of nested arrays, and the point where it is differentiated.

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
        traceable: whether the suite can trace the component.
    """

    of: Callable[[Any], Callable[..., Any]]
    at: Any
    change: Any
    constants: Any
    relative: float = 1e-6
    absolute: float = 1e-6
    everything: Callable[[Any], Callable[..., Any]] | None = None
    sweep: Any = None
    edges: Mapping[str, Any] = field(factory=dict)
    allowed: Callable[[Any], bool] = lambda v: True
    parts: Mapping[str, Any] = field(factory=dict)
    outputs: Mapping[str, slice] = field(factory=lambda: {"": slice(None)})
    traceable: bool = True

    def direction(self, seed: int) -> Any:
        """A random direction, like v."""
        return _random(self.change, seed)

    def plain(self, v: Any) -> np.ndarray:
        """Values by numpy, without an engine."""
        return np.asarray(self.of(numpy_namespace())(v, self.constants), float)

    def all_values(self, v: Any) -> np.ndarray:
        """All results of the component, by numpy, as one vector."""
        with np.errstate(all="ignore"):
            values = (self.everything or self.of)(numpy_namespace())(v, self.constants)
        return np.ravel(np.asarray(values, float))

    def trace(self, v: Any) -> Trace:
        """Record of the operations that lead to all results."""
        trace = Trace()
        with np.errstate(all="ignore"):
            (self.everything or self.of)(tracing_namespace(trace))(
                traced(v, trace, True), traced(self.constants, trace, False)
            )
        return trace

    def difference(self, t: Any, step: float) -> np.ndarray:
        """Central difference along t."""
        engine = DifferencesEngine(step=step)
        tangent_linear = engine.tangent_linear(self.of(numpy_namespace()))
        return np.asarray(tangent_linear(self.at, t, self.constants))

    def line(self, seed: int) -> Line:
        """A random line through `at`."""
        return Line(self, _random(self.change if self.sweep is None else self.sweep, seed, True))


@frozen(eq=False)
class Line:
    """Points v + s t of a function in a direction t, s from -1 to 1."""

    function: DifferentiableFunction
    direction: Any

    def point(self, s: float) -> Any:
        """v + s t."""
        return map_tree(lambda v, t: v + s * t, self.function.at, self.direction)

    def values(self, s: float) -> np.ndarray:
        """All results of the component at v + s t."""
        return self.function.all_values(self.point(s))

    def points(self, count: int) -> Sequence[float]:
        """So many s, without those where the component need not work."""
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
