"""`xp.scan` by a compiled loop over days."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .flat import Unsupported, flat_program
from .kernel_files import KernelFiles
from .layouts import varying
from .loop import Compile, NativeLoop
from .step import step_of

LARGEST_STEP = 20_000  # operations on arrays
Array = Any


def native_scan(
    step: Callable[..., Any],
    carry: Any,
    xs: Any,
    parameters: Any,
    xp: Any,
    compile: Compile,
    files: KernelFiles,
) -> Any:
    """`xp.scan` by a compiled loop; see `Namespace.scan`.

    Raises:
        Unsupported: the step has no translation.
    """
    import jax
    import jax.numpy as jnp

    from .primitives import primitives

    carry, xs, parameters = jax.tree.map(jnp.asarray, (carry, xs, parameters))
    parts = [jax.tree.leaves(part) for part in (carry, xs, parameters)]
    nesting = jax.tree.structure((carry, xs, parameters))
    columns, days = _columns(parts[0]), _days(parts[1])
    shapes = [_shape(leaf) for leaf in parts[0]]
    shapes += [jax.ShapeDtypeStruct(x.shape[1:], x.dtype) for x in parts[1]]
    shapes += [_shape(leaf) for leaf in parts[2]]
    result_nesting: Any = None

    def flat_step(*leaves: Array) -> list[Array]:
        nonlocal result_nesting
        result = step(*jax.tree.unflatten(nesting, leaves), xp)
        flat, result_nesting = jax.tree.flatten(result)
        return flat

    closed = jax.make_jaxpr(flat_step)(*shapes)
    closed, further = _hoisted(closed, columns)
    leaves = [*parts[0], *parts[1], *parts[2], *further]
    same = jax.tree.structure(carry) == result_nesting.children()[0]
    for before, after in zip(parts[0], closed.out_avals, strict=False):
        same = same and before.shape == after.shape
        same = same and before.dtype == after.dtype == np.float64
    if not same:
        raise Unsupported("the carry changes its arrays or is not of doubles")
    program = flat_program(closed, LARGEST_STEP)
    if any(aval.dtype != np.float64 for aval in closed.out_avals):
        raise Unsupported("a result of the step is not of doubles")
    todays = len(parts[1])
    graph = step_of(program, len(parts[0]), todays, columns, [v.shape for v in program.inputs])
    kinds = tuple(str(leaf.dtype) for leaf in leaves)
    loop = NativeLoop(closed, graph, todays, days, columns, kinds, compile, files)
    doubles = [leaf.astype(np.float64) for leaf in leaves]
    results = primitives().forward.bind(
        *doubles, loop=loop, members=1, history=False, batched=(False,) * len(doubles)
    )
    return jax.tree.unflatten(result_nesting, [r[0] for r in results])


def _shape(leaf: Array) -> Any:
    import jax

    return jax.ShapeDtypeStruct(leaf.shape, leaf.dtype)


def _columns(carry: Sequence[Array]) -> int:
    lengths = {leaf.shape[-1] if leaf.ndim else 0 for leaf in carry}
    if len(lengths) != 1 or 0 in lengths:
        raise Unsupported("the arrays of the carry have no common axis of columns")
    return int(lengths.pop())


def _days(xs: Sequence[Array]) -> int:
    if not xs:
        raise Unsupported("the time loop has no drivers, whose first axis is that of days")
    lengths = {leaf.shape[0] if leaf.ndim else 0 for leaf in xs}
    if len(lengths) != 1 or 0 in lengths:
        raise Unsupported("the drivers have no common axis of days")
    return int(lengths.pop())


def has_no_days(xs: Any) -> bool:
    """Whether drivers have an axis of days, of length 0."""
    import jax

    return {np.shape(leaf)[:1] for leaf in jax.tree.leaves(xs)} == {(0,)}


def _hoisted(closed: Any, columns: int) -> tuple[Any, list[Array]]:
    """The jaxpr with constants that are traced or differ by column as further inputs."""
    import jax
    from jax.extend.core import ClosedJaxpr

    def moves(value: Any) -> bool:
        if isinstance(value, jax.core.Tracer):
            return True
        array = varying(np.asarray(value))
        return bool(array.ndim) and array.shape[-1] == columns and columns > 1

    jaxpr = closed.jaxpr
    pairs = list(zip(jaxpr.constvars, closed.consts, strict=True))
    kept = [(v, np.asarray(c)) for v, c in pairs if not moves(c)]
    moved = [(v, c) for v, c in pairs if moves(c)]
    if not moved:
        return ClosedJaxpr(jaxpr, [c for _, c in kept]), []
    changed = jaxpr.replace(
        constvars=[v for v, _ in kept], invars=[*jaxpr.invars, *(v for v, _ in moved)]
    )
    import jax.numpy as jnp

    return ClosedJaxpr(changed, [c for _, c in kept]), [jnp.asarray(c) for _, c in moved]
