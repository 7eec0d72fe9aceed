"""Central differences: the referee, and the engine of black-box models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import numpy as np
from attrs import field, frozen

from ..core.interfaces import Engine
from ..core.trees import map_tree, stack_trees, tree_leaves
from ..core.validators import in_range
from .namespace import Namespace, numpy_namespace


@frozen(eq=False)
class DifferencesEngine(Engine):
    """Derivatives by central differences on plain numpy.

    Args:
        step: share of the direction by which the first argument is moved to either side. In the
            Jacobian of a problem a direction is about one prior sd.
    """

    step: float = field(default=1e-4, validator=in_range(1e-10, 1.0))
    xp: Namespace = field(factory=numpy_namespace, init=False)
    reverse_mode: ClassVar[bool] = False
    black_boxes: ClassVar[bool] = True
    tangents_at_once: ClassVar[int] = 32  # with one base run; more would need more memory
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
                gradient = map_tree(lambda leaf: np.empty(np.shape(leaf)), v)
                for number, leaf in enumerate(tree_leaves(gradient)):
                    for index in np.ndindex(leaf.shape):
                        t = map_tree(np.zeros_like, v)
                        tree_leaves(t)[number][index] = 1.0
                        change = self._directional_difference(function, v, t, constants)
                        pairs = zip(tree_leaves(w), tree_leaves(change), strict=True)
                        leaf[index] = sum(np.sum(a * b) for a, b in pairs)
                return gradient

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
            return self._directional_difference(
                lambda q, *rest: gradient(q, *rest)[1], v, t, constants
            )

        return product
