"""What the adjoint of a compiled function holds: intermediate values, and none of the arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from attrs import frozen


@frozen(eq=False)
class Pull:
    """J^T at one point, w -> J^T w.

    Args:
        backward: compiled function of tape, arguments and w.
        tape: of `tape_of`.
        arguments: of the function, which it does not copy.
    """

    backward: Callable[..., Any]
    tape: Any
    arguments: Any

    def __call__(self, w: Any) -> Any:
        return self.backward(self.tape, self.arguments, w)

    @property
    def nbytes(self) -> int:
        """Bytes of the tape."""
        return sum(int(leaf.nbytes) for leaf in self.tape.args)


@frozen
class _Joined:
    """A pullback of JAX from its parts.

    Args:
        nesting: of the pullback.
        sources: of each of its arrays: (whether it is an argument, its number).
    """

    nesting: Any
    sources: tuple[tuple[bool, int], ...]

    def __call__(self, *parts: Any) -> Any:
        import jax

        *kept, arguments = parts
        inputs = jax.tree.leaves(arguments)
        leaves = [(inputs if given else kept)[n] for given, n in self.sources]
        return jax.tree.unflatten(self.nesting, leaves)


def tape_of(pull: Any, arguments: Any) -> Any:
    """A pullback of `jax.vjp` without the arrays that are arguments of the function.

    It is a function of the arguments that returns the pullback, and a tree of the other arrays.
    The drivers of a model are most of what its pullback holds.

    Args:
        pull: the pullback, traced.
        arguments: of the function, traced.
    """
    import jax

    leaves, nesting = jax.tree.flatten(pull)
    number = {id(leaf): (True, n) for n, leaf in enumerate(jax.tree.leaves(arguments))}
    kept: list[Any] = []
    sources = []
    for leaf in leaves:
        if id(leaf) not in number:
            number[id(leaf)] = (False, len(kept))
            kept.append(leaf)
        sources.append(number[id(leaf)])
    partial: Any = jax.tree_util.Partial  # declares no types
    return partial(_Joined(nesting, tuple(sources)), *kept)
