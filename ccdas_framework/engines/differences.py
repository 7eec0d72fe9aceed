"""Central differences: the referee, and the engine of black-box models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np
from attrs import field, frozen, validators

from ..core.interfaces import Engine
from .namespace import Namespace, map_tree, numpy_namespace, stack_trees, tree_leaves


@frozen(eq=False)
class DifferencesEngine(Engine):
    """Derivatives by central differences on plain numpy.

    Args:
        step: of each element of the first argument, in its own units (x is dimensionless).
    """

    step: float = field(default=1e-4, validator=validators.gt(0))
    xp: Namespace = field(factory=numpy_namespace, init=False)
    known_failures: ClassVar[Mapping[str, str]] = {
        "NaN stays where it is": "the difference of two NaN is NaN, in whatever direction",
    }

    def compile(self, function: Callable[..., Any]) -> Callable[..., Any]:
        return function

    def _directional_difference(
        self, function: Callable[..., Any], v: Any, t: Any, constants: tuple[Any, ...]
    ) -> Any:
        ahead = function(map_tree(lambda a, b: a + self.step * b, v, t), *constants)
        behind = function(map_tree(lambda a, b: a - self.step * b, v, t), *constants)
        return map_tree(lambda a, b: (a - b) / (2.0 * self.step), ahead, behind)

    def pushforward(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def value_and_push(v: Any, tangents: Any, *constants: Any) -> tuple[Any, Any]:
            count = len(tree_leaves(tangents)[0])
            pushed = [
                self._directional_difference(
                    function, v, map_tree(lambda t, n=n: t[n], tangents), constants
                )
                for n in range(count)
            ]
            return function(v, *constants), stack_trees(pushed, np.stack)

        return value_and_push

    def pullback(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def value_and_pull(v: Any, *constants: Any) -> tuple[Any, Callable[[Any], Any]]:
            def pull(w: Any) -> Any:
                def one(leaf_number: int, index: tuple[int, ...]) -> float:
                    t = map_tree(np.zeros_like, v)
                    tree_leaves(t)[leaf_number][index] = 1.0
                    change = self._directional_difference(function, v, t, constants)
                    pairs = zip(tree_leaves(w), tree_leaves(change), strict=True)
                    return float(sum(np.sum(a * b) for a, b in pairs))

                numbered = iter(range(len(tree_leaves(v))))
                return map_tree(
                    lambda leaf: _filled(np.shape(leaf), next(numbered), one),
                    map_tree(np.asarray, v),
                )

            return function(v, *constants), pull

        return value_and_pull

    def value_and_grad(self, function: Callable[..., Any]) -> Callable[..., Any]:
        pull = self.pullback(function)

        def both(v: Any, *constants: Any) -> tuple[Any, Any]:
            value, back = pull(map_tree(lambda leaf: np.asarray(leaf, float), v), *constants)
            return value, back(1.0)

        return both

    def hessian_vector(self, function: Callable[..., Any]) -> Callable[..., Any]:
        gradient = self.value_and_grad(function)

        def product(v: Any, t: Any, *constants: Any) -> Any:
            def gradient_at(step: float) -> Any:
                return gradient(map_tree(lambda a, b: a + step * b, v, t), *constants)[1]

            step = self.step
            return map_tree(
                lambda a, b: (a - b) / (2.0 * step), gradient_at(step), gradient_at(-step)
            )

        return product


def _filled(shape: tuple[int, ...], leaf: int, one: Callable[..., float]) -> np.ndarray:
    out = np.empty(shape)
    for index in np.ndindex(*shape):
        out[index] = one(leaf, index)
    return out
