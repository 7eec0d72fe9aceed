"""The fast engine: JAX, compiled by XLA, in double precision."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from math import ceil
from pathlib import Path
from threading import Lock
from typing import Any, ClassVar

import numpy as np
from attrs import field, frozen

from ..core.errors import CcdasError
from ..core.interfaces import Engine
from ..core.trees import map_tree, stack_trees, tree_leaves
from ..core.validators import in_range
from ..problem.work_progress import work_in_parts
from .compilation_time import COMPILATION, listen
from .jax_tapes import Pull, tape_of
from .namespace import Namespace

Array = Any
ENGINE = "engine 'jax'"  # place of its errors
LONG = 128  # least rows of a running sum in one pass; a step of a loop over days has fewer
PUSHED = 64  # lengths of one compilation of `pushforward_each` are multiples of it


def jax_scan(step: Callable[..., Any], carry: Any, xs: Any, parameters: Any, xp: Any) -> Any:
    """`lax.scan` over a checkpointed step; the reverse pass stores one carry a day."""
    import jax

    @jax.checkpoint
    def day(carry: Any, today: Any, parameters: Any) -> Any:
        return step(carry, today, parameters, xp)

    return jax.lax.scan(lambda c, today: day(c, today, parameters), carry, xs)


def jax_namespace() -> Namespace:
    """`xp` on jax.numpy, double precision insisted on and compilations kept on disk."""
    jax = _configured_jax()

    def segment_sum(values: Array, segment: Array, count: int) -> Array:
        return jax.ops.segment_sum(values, segment, num_segments=count)

    return JaxNamespace(jax.numpy, jax_scan, jax.scipy.special.erf, segment_sum)


class JaxNamespace(Namespace):
    """`xp` of JAX."""

    def cumsum(self, values: Array, axis: int | None = None) -> Array:
        """Running sum. XLA passes over an array log2(n) times; a processor sums rows in one."""
        import jax

        values = self.module.asarray(values)
        floats = self.module.issubdtype(values.dtype, self.module.floating)
        if axis != 0 or len(values) < LONG or not floats or jax.default_backend() != "cpu":
            return self.module.cumsum(values, axis)

        def add(total: Array, row: Array) -> tuple[Array, Array]:
            total = total + row
            return total, total

        return jax.lax.scan(add, self.module.zeros_like(values[0]), values)[1]


def cache_folder() -> Path:
    """Folder of compilations: $CCDAS_CACHE, or ccdas/ in the user's cache folder."""
    folder = os.environ.get("CCDAS_CACHE")
    if folder:
        return Path(folder)
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "ccdas"


def _configured_jax() -> Any:
    """JAX in double precision.

    Raises:
        CcdasError: it is not installed, cannot start here, or computes in single precision.
    """
    try:
        import jax
        import jax.monitoring
        import jax.scipy.special

        config: Any = jax.config  # JAX declares no types for its options
        config.update("jax_enable_x64", True)
        require_double_precision()  # starts the backend
    except ImportError as problem:
        raise CcdasError(
            f"engine 'jax' needs JAX, which could not be imported ({problem}). "
            'Install it with: pip install "ccdas-framework[jax]", or use --engine autograd.',
            code="missing-package",
            where=ENGINE,
        ) from problem
    except CcdasError:
        raise
    except Exception as problem:  # whatever a jaxlib raises that does not fit the machine
        raise CcdasError(
            f"engine 'jax' cannot start ({_in_a_line(problem)}). "
            "Install versions of jax and jaxlib that fit each other and this machine, and let "
            "JAX_PLATFORMS name only devices that it has. Use --engine autograd meanwhile.",
            code="unusable-engine",
            where=ENGINE,
        ) from problem
    if config.jax_compilation_cache_dir is None:
        config.update("jax_compilation_cache_dir", str(cache_folder() / "jax"))
        config.update("jax_persistent_cache_min_compile_time_secs", 0.2)
        config.update("jax_persistent_cache_min_entry_size_bytes", -1)
    listen(jax)
    return jax


def require_double_precision() -> None:
    """Raise an error where JAX computes in single precision.

    Another library may switch double precision off at any time, and JAX then rounds in silence.

    Raises:
        CcdasError: double precision is off.
    """
    import jax

    if jax.numpy.zeros(1).dtype != np.float64:
        raise CcdasError(
            "engine 'jax' computes in single precision although it needs double: another library, "
            "JAX_ENABLE_X64=0, JAX_DEFAULT_DTYPE_BITS=32 or an x64 context switched it off. Call "
            'jax.config.update("jax_enable_x64", True) after that library is loaded, or use '
            "--engine autograd.",
            code="single-precision",
            where=ENGINE,
        )


def _in_a_line(problem: Exception) -> str:
    """Type of an error and the first line of its message, at most 200 characters."""
    lines = str(problem).strip().splitlines()
    return ": ".join([type(problem).__name__, *(line[:200] for line in lines[:1])])


class _Compiled:
    """A function compiled once for each shape of its arguments, also when threads ask together."""

    def __init__(self, function: Callable[..., Any]) -> None:
        import jax

        self.jitted = jax.jit(function)
        self.lock = Lock()
        self.ready: dict[Any, Any] = {}

    def __call__(self, *arguments: Any) -> Any:
        import jax

        if not jax.config.jax_enable_x64:  # type: ignore[attr-defined]  # set by name
            require_double_precision()
        flat, nesting = jax.tree.flatten(arguments)
        key = (nesting, tuple(_kind(leaf) for leaf in flat))
        if key not in self.ready:
            require_double_precision()
            with self.lock:
                if key not in self.ready:
                    self.ready[key] = self._compiled(arguments)
        return self.ready[key](*arguments)

    def _compiled(self, arguments: tuple[Any, ...]) -> Any:
        """The function compiled for the shapes of these arguments, in three reported parts."""
        with work_in_parts("compiling: trace, lower, XLA", 3) as work:
            traced = self.jitted.trace(*arguments)
            work.part_done()
            lowered = traced.lower()
            work.part_done()
            compiled = lowered.compile()
            work.part_done()
        return compiled


@frozen(eq=False)
class JaxEngine(Engine):
    """Derivatives by JAX.

    Args:
        tangents_at_once: how many tangents are pushed through in one batch; a batch that falls
            out of the processor's cache is slower than two smaller ones.
        members_at_once: how many members are evaluated in one batch. Memory grows with it.

    Attributes:
        gradient_columns: least columns of a gradient, which takes several blocks together.
    """

    tangents_at_once: int = field(default=32, validator=in_range(1, 100_000, whole=True))
    members_at_once: int = field(default=32, validator=in_range(1, 100_000, whole=True))
    traceable: ClassVar[bool] = True
    auto_rank: ClassVar[float | None] = 2.0
    gradient_columns: ClassVar[int] = 250  # as measured: docs/results.md, Speed
    xp: Namespace = field(factory=jax_namespace, init=False)

    def compilations(self) -> dict[str, dict[str, float]]:
        """Functions of XLA that this process found on disk and compiled, and their seconds."""
        return {"functions of XLA": COMPILATION.summary}

    def hold(self, tree: Any) -> Any:
        import jax.numpy as jnp

        require_double_precision()
        return map_tree(jnp.asarray, tree)

    def compile(self, function: Callable[..., Any]) -> Callable[..., Any]:
        compiled = _Compiled(function)
        return lambda *arguments: _to_numpy(compiled(*arguments))

    def pullback(self, function: Callable[..., Any]) -> Callable[..., Any]:
        import jax

        def run(v: Any, *constants: Any) -> Any:
            value, pull = jax.vjp(lambda q: function(q, *constants), v)
            return value, tape_of(pull, (v, constants))

        forward = _Compiled(run)
        backward = _Compiled(lambda tape, inputs, w: tape(inputs)(w)[0])

        def value_and_pull(v: Any, *constants: Any) -> tuple[Any, Callable[[Any], Any]]:
            v = _floats(v)
            value, tape = forward(v, *constants)
            return value, Pull(backward, tape, (v, constants))

        return value_and_pull

    def pushforward(self, function: Callable[..., Any]) -> Callable[..., Any]:
        import jax

        def batch(v: Any, tangents: Any, *constants: Any) -> Any:
            def push(t: Any) -> Any:
                return jax.jvp(lambda q: function(q, *constants), (v,), (t,))

            return jax.vmap(push, out_axes=(None, 0))(tangents)

        compiled = _Compiled(batch)

        def value_and_push(v: Any, tangents: Any, *constants: Any) -> tuple[Any, Any]:
            value, pushed = None, []
            for part, width in self._tangent_batches(tangents):
                value, result = compiled(_floats(v), part, *constants)
                pushed.append(map_tree(lambda r, k=width: np.asarray(r)[:k], result))
            return value, stack_trees(pushed, np.concatenate) if pushed[1:] else pushed[0]

        return value_and_push

    def pushforward_each(
        self, function: Callable[..., Any], direction: Callable[..., Any]
    ) -> Callable[..., Any]:
        """(v, shared, each, *constants) -> (value, J t of each t), t = direction(shared, one).

        f is linearised once, and the directions are made and pushed one after the other, so that
        no two of them are in memory. The leaves of `each` have a first axis, over its entries.
        """
        import jax

        tree = jax.tree

        def run(v: Any, shared: Any, each: Any, count: Any, *constants: Any) -> Any:
            value, push = jax.linearize(lambda q: function(q, *constants), v)

            def one(number: Any) -> Any:
                return push(direction(shared, tree.map(lambda leaf: leaf[number], each)))

            def add(number: Any, rows: Any) -> Any:
                return tree.map(lambda all, row: all.at[number].set(row), rows, one(number))

            length = len(tree.leaves(each)[0])
            shapes = jax.eval_shape(one, 0)
            empty = tree.map(lambda s: jax.numpy.zeros((length, *s.shape), s.dtype), shapes)
            return value, jax.lax.fori_loop(0, count, add, empty)

        compiled = _Compiled(run)

        def value_and_push(v: Any, shared: Any, each: Any, *constants: Any) -> tuple[Any, Any]:
            count = len(tree_leaves(each)[0])
            length = PUSHED * ceil(count / PUSHED)
            rows = map_tree(lambda leaf: _padded(np.asarray(leaf), length, np.zeros_like), each)
            value, pushed = compiled(_floats(v), shared, rows, count, *constants)
            return _to_numpy(value), map_tree(lambda r: np.asarray(r)[:count], pushed)

        return value_and_push

    def value_and_grad(self, function: Callable[..., Any]) -> Callable[..., Any]:
        import jax

        compiled = _Compiled(jax.value_and_grad(function))
        return lambda v, *constants: _to_numpy(compiled(_floats(v), *constants))

    def hessian_vector(self, function: Callable[..., Any]) -> Callable[..., Any]:
        import jax

        def product(v: Any, t: Any, *constants: Any) -> Any:
            return jax.jvp(lambda q: jax.grad(function)(q, *constants), (v,), (t,))[1]

        compiled = _Compiled(product)
        return lambda v, t, *constants: _to_numpy(compiled(_floats(v), _floats(t), *constants))

    def hessian_vectors(self, function: Callable[..., Any]) -> Callable[..., Any]:
        import jax

        def batch(v: Any, tangents: Any, *constants: Any) -> Any:
            gradient = jax.grad(lambda q: function(q, *constants))
            return jax.vmap(lambda t: jax.jvp(gradient, (v,), (t,))[1])(tangents)

        compiled = _Compiled(batch)

        def products(v: Any, tangents: Any, *constants: Any) -> list[Any]:
            out: list[Any] = []
            for part, width in self._tangent_batches(stack_trees(tangents, np.stack)):
                rows = _to_numpy(compiled(_floats(v), part, *constants))
                out += [map_tree(lambda r, n=n: r[n], rows) for n in range(width)]
            return out

        return products

    def stacked(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """(v, *stacked constants) -> f(v, *constants) of each entry, stacked along the first axis.

        The entries of the constants lie along the axis that `stacked_trees` gives them: the second
        of arrays of three dimensions or more, where a loop over time leaves them, else the first.
        It is traced and not compiled, so that `pullback` can differentiate it.
        """
        import jax

        def together(v: Any, *constants: Any) -> Any:
            axes = jax.tree.map(lambda leaf: min(leaf.ndim - 1, 3) // 3, constants)
            return jax.vmap(lambda *entry: function(v, *entry), in_axes=axes)(*constants)

        return together

    def batched(self, function: Callable[..., Any]) -> Callable[..., Any]:
        return self._over_members(function)

    def batched_value_and_grad(self, function: Callable[..., Any]) -> Callable[..., Any]:
        import jax

        return self._over_members(jax.value_and_grad(function))

    def _over_members(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """(V, *constants) -> results of a JAX function of each member, stacked."""
        import jax

        def batch(members: Any, *constants: Any) -> Any:
            return jax.vmap(lambda v: function(v, *constants))(members)

        compiled = _Compiled(batch)

        def results(members: Any, *constants: Any) -> Any:
            size = min(self.members_at_once, _in_eights(len(tree_leaves(members)[0])))
            rows = [
                map_tree(lambda r, k=width: np.asarray(r[:k]), compiled(_floats(part), *constants))
                for part, width in _batches(members, size, np.array)
            ]
            return stack_trees(rows, np.concatenate)

        return results

    def _tangent_batches(self, tangents: Any) -> Iterator[tuple[Any, int]]:
        count = len(tree_leaves(tangents)[0])
        few = count if count > 16 else _in_eights(count)
        yield from _batches(tangents, min(self.tangents_at_once, few), np.zeros_like)


def _batches(tree: Any, size: int, fill: Callable[[Array], Array]) -> Iterator[tuple[Any, int]]:
    """Parts of `size` rows, the last filled up, and how many rows of each are real.

    Args:
        tree: arrays with one first axis, shape (row, ...).
        size: rows of a part.
        fill: the further rows of the last part, from its first row.
    """
    count = len(tree_leaves(tree)[0])
    for first in range(0, count, size):
        width = min(size, count - first)
        yield map_tree(lambda t, f=first: _padded(t[f : f + size], size, fill), tree), width


def _in_eights(count: int) -> int:
    """1, or a number of rows rounded up to eights: few lengths, since each is compiled."""
    return count if count == 1 else 8 * ceil(count / 8)


def _kind(leaf: Any) -> tuple[tuple[int, ...], str]:
    """Key of a compilation: shape and type of the numbers."""
    return np.shape(leaf), str(getattr(leaf, "dtype", type(leaf).__name__))


def _floats(tree: Any) -> Any:
    import jax.numpy as jnp

    return map_tree(lambda leaf: jnp.asarray(leaf, float), tree)


def _padded(part: Array, size: int, fill: Callable[[Array], Array]) -> Array:
    missing = size - len(part)
    return part if missing == 0 else np.concatenate([part, [fill(part[0])] * missing])


def _to_numpy(tree: Any) -> Any:
    return map_tree(np.asarray, tree)
