"""Reverse and forward mode by autograd: always there, and independent of the compiled engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from attrs import field, frozen

from ..core.interfaces import Engine
from ..core.trees import map_tree, stack_trees, tree_leaves, tree_unflatten
from .namespace import Namespace


def autograd_namespace() -> Namespace:
    """`xp` on autograd's numpy."""
    import autograd.numpy as anp  # slow to import, and so are the modules that need it

    from .autograd_functions import erf, segment_sum
    from .scan import autograd_scan

    return Namespace(anp, autograd_scan, erf, segment_sum)


class _OnLeaves:
    """A function of v as one of the arrays nested in v; it remembers how its result is nested."""

    def __init__(self, function: Callable[..., Any], v: Any, constants: tuple[Any, ...]) -> None:
        self.function, self.v, self.constants = function, v, constants
        self.inputs = [np.asarray(leaf, float) for leaf in tree_leaves(v)]

    def __call__(self, arrays: list[Any]) -> list[Any]:
        self.result = self.function(tree_unflatten(self.v, arrays), *self.constants)
        return tree_leaves(self.result)

    def nested(self, arrays: list[Any]) -> Any:
        """Arrays nested as the latest result."""
        return tree_unflatten(self.result, arrays)


@frozen(eq=False)
class AutogradEngine(Engine):
    """Derivatives by autograd; nothing is compiled."""

    auto_rank: ClassVar[float | None] = 1.0
    xp: Namespace = field(factory=autograd_namespace, init=False)

    def compile(self, function: Callable[..., Any]) -> Callable[..., Any]:
        return function

    def pullback(self, function: Callable[..., Any]) -> Callable[..., Any]:
        from .scan import traced

        def value_and_pull(v: Any, *constants: Any) -> tuple[Any, Callable[[Any], Any]]:
            flat = _OnLeaves(function, v, constants)
            values, sweep = traced(flat, flat.inputs, list(range(len(flat.inputs))))
            return flat.nested(values), lambda w: tree_unflatten(v, sweep(tree_leaves(w)))

        return value_and_pull

    def pushforward(self, function: Callable[..., Any]) -> Callable[..., Any]:
        from .scan import push_forward

        def value_and_push(v: Any, tangents: Any, *constants: Any) -> tuple[Any, Any]:
            flat = _OnLeaves(function, v, constants)
            pushed = []
            values: list[Any] = []
            for number in range(len(tree_leaves(tangents)[0])):
                tangent = dict(enumerate(leaf[number] for leaf in tree_leaves(tangents)))
                values, outputs = push_forward(flat, flat.inputs, tangent)
                pushed.append(flat.nested(outputs))
            return flat.nested(values), stack_trees(pushed, np.stack)

        return value_and_push

    def value_and_grad(self, function: Callable[..., Any]) -> Callable[..., Any]:
        pull = self.pullback(function)

        def both(v: Any, *constants: Any) -> tuple[Any, Any]:
            value, back = pull(v, *constants)
            return value, back(np.ones(np.shape(value)))

        return both

    def hessian_vector(self, function: Callable[..., Any]) -> Callable[..., Any]:
        from .scan import pull_back, push_forward

        def product(v: Any, t: Any, *constants: Any) -> Any:
            def scalar(arrays: list[Any]) -> list[Any]:
                return [function(tree_unflatten(v, arrays), *constants)]

            def gradient(arrays: list[Any]) -> list[Any]:
                return pull_back(scalar, arrays, list(range(len(arrays))), [1.0])

            _, pushed = push_forward(gradient, tree_leaves(v), dict(enumerate(tree_leaves(t))))
            return map_tree(np.asarray, tree_unflatten(v, pushed))

        return product
