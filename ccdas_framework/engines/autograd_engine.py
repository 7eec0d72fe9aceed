"""Reverse and forward mode by autograd: always there, and independent of the compiled engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from attrs import field, frozen

from ..core.interfaces import Engine
from .namespace import Namespace, leaves, map_tree, rebuild, stack_trees


def autograd_namespace() -> Namespace:
    """`xp` on autograd's numpy."""
    import autograd.numpy as anp  # slow to import, and so are the modules that need it

    from .autograd_functions import erf, segment_sum
    from .scan import autograd_scan

    return Namespace(anp, autograd_scan, erf, segment_sum)


@frozen(eq=False)
class AutogradEngine(Engine):
    """Derivatives by autograd; nothing is compiled."""

    xp: Namespace = field(factory=autograd_namespace, init=False)

    def compile(self, function: Callable[..., Any]) -> Callable[..., Any]:
        return function

    def pullback(self, function: Callable[..., Any]) -> Callable[..., Any]:
        from .scan import traced

        def value_and_pull(v: Any, *rest: Any) -> tuple[Any, Callable[[Any], Any]]:
            inputs = [np.asarray(leaf, float) for leaf in leaves(v)]
            shape: list[Any] = []

            def flat(arrays: list[Any]) -> list[Any]:
                result = function(rebuild(v, arrays), *rest)
                shape.append(result)
                return leaves(result)

            values, sweep = traced(flat, inputs, list(range(len(inputs))))
            template = shape[-1]
            return rebuild(template, values), lambda w: rebuild(v, sweep(leaves(w)))

        return value_and_pull

    def pushforward(self, function: Callable[..., Any]) -> Callable[..., Any]:
        from .scan import push_forward

        def value_and_push(v: Any, tangents: Any, *rest: Any) -> tuple[Any, Any]:
            inputs = [np.asarray(leaf, float) for leaf in leaves(v)]
            shape: list[Any] = []

            def flat(arrays: list[Any]) -> list[Any]:
                result = function(rebuild(v, arrays), *rest)
                shape.append(result)
                return leaves(result)

            pushed = []
            values: list[Any] = []
            for number in range(len(leaves(tangents)[0])):
                along = dict(enumerate(leaf[number] for leaf in leaves(tangents)))
                values, outputs = push_forward(flat, inputs, along)
                pushed.append(rebuild(shape[-1], outputs))
            return rebuild(shape[-1], values), stack_trees(pushed, np.stack)

        return value_and_push

    def value_and_grad(self, function: Callable[..., Any]) -> Callable[..., Any]:
        pull = self.pullback(function)

        def both(v: Any, *rest: Any) -> tuple[Any, Any]:
            value, back = pull(v, *rest)
            return value, back(np.ones(np.shape(value)))

        return both

    def hessian_vector(self, function: Callable[..., Any]) -> Callable[..., Any]:
        from .scan import pull_back, push_forward

        def product(v: Any, t: Any, *rest: Any) -> Any:
            inputs = leaves(v)

            def gradient(arrays: list[Any]) -> list[Any]:
                def flat(inner: list[Any]) -> list[Any]:
                    return [function(rebuild(v, inner), *rest)]

                return pull_back(flat, arrays, list(range(len(arrays))), [1.0])

            _, pushed = push_forward(gradient, inputs, dict(enumerate(leaves(t))))
            return map_tree(np.asarray, rebuild(v, pushed))

        return product
