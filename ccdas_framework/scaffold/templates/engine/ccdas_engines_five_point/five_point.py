"""Derivatives by differences over five points, on plain numpy."""

from typing import ClassVar

import numpy as np
from attrs import field, frozen
from attrs.validators import gt

from ccdas_framework import Engine, is_number, numpy_namespace, tree_leaves, tree_unflatten


@frozen(eq=False)
class FivePoint(Engine):
    """Derivatives of anything that can be evaluated; nothing is compiled.

    Args:
        step: h, of each element of the first argument, in its own units (x has none).
    """

    step: float = field(default=1e-3, validator=[is_number, gt(0.0)])
    xp: object = field(factory=numpy_namespace, init=False)
    reverse_mode: ClassVar[bool] = False  # a pullback moves each element of v
    black_boxes: ClassVar[bool] = True  # functions receive numpy arrays
    known_failures: ClassVar[dict[str, str]] = {
        "NaN stays where it is": "a difference of NaN is NaN whichever element is moved",
    }

    def compile(self, function):
        """The function itself."""
        return function

    def pushforward(self, function):
        """(v, tangents, *rest) -> (value, J t of each)."""

        def value_and_push(v, tangents, *rest):
            value = function(v, *rest)
            flat, point = _as_vector(function, v, rest)
            many = zip(*(np.asarray(t, float) for t in tree_leaves(tangents)), strict=True)
            along = [difference(flat, point, _joined(list(t)), self.step) for t in many]
            return value, _in_rows(value, np.stack(along))

        return value_and_push

    def pullback(self, function):
        """(v, *rest) -> (value, w -> J^T w); the rows of J are made by one difference each."""

        def value_and_pull(v, *rest):
            flat, point = _as_vector(function, v, rest)
            value = function(v, *rest)

            def pull(w):
                weights = _joined(w)
                columns = [difference(flat, point, e, self.step) for e in np.eye(len(point))]
                return _filled(v, np.array([column @ weights for column in columns]))

            return value, pull

        return value_and_pull

    def value_and_grad(self, function):
        """(v, *rest) -> (value, gradient)."""
        pull = self.pullback(function)

        def both(v, *rest):
            value, back = pull(v, *rest)
            return value, back(np.ones(()))

        return both

    def hessian_vector(self, function):
        """(v, t, *rest) -> H t, by differences of the gradient."""
        gradient = self.value_and_grad(function)

        def product(v, t, *rest):
            flat, point = _as_vector(lambda at, *more: gradient(at, *more)[1], v, rest)
            return _filled(v, difference(flat, point, _joined(t), self.step))

        return product


def difference(function, x, direction, step):
    """Derivative of a function along a direction, with an error that falls with h^4.

        df/dt = (8 (f(x + h t) - f(x - h t)) - (f(x + 2 h t) - f(x - 2 h t))) / (12 h)

    Args:
        function: of a vector, gives an array.
        x: where, shape (n,).
        direction: t, shape (n,).
        step: h.

    Returns:
        Shape of what the function gives.

    Source: Fornberg (1988), Math. Comput. 51, 699-706, table 1 (first derivative, order 4).
    """
    near = function(x + step * direction) - function(x - step * direction)
    far = function(x + 2.0 * step * direction) - function(x - 2.0 * step * direction)
    return (8.0 * near - far) / (12.0 * step)


def _as_vector(function, v, rest):
    """The function of a vector instead of nested arrays, with a vector for value; and v as one."""

    def flat(vector):
        return _joined(function(_filled(v, vector), *rest))

    return flat, _joined(v)


def _joined(tree):
    """All numbers of nested arrays, as one vector."""
    return np.concatenate([np.ravel(np.asarray(leaf, float)) for leaf in tree_leaves(tree)])


def _filled(like, vector):
    """The numbers of a vector in the nesting and the shapes of `like`."""
    return _in_rows(like, vector[None], one=True)


def _in_rows(like, rows, one=False):
    """Arrays nested as `like`, with a leading axis of the rows (without it where `one`)."""
    arrays, first = [], 0
    for leaf in tree_leaves(like):
        last = first + int(np.size(leaf))
        part = rows[:, first:last].reshape(len(rows), *np.shape(leaf))
        arrays.append(part[0] if one else part)
        first = last
    return tree_unflatten(like, arrays)
