"""The time loop as a primitive of JAX, with its tangents, its adjoint and its members.

The values of a loop, its tangents and its adjoint are three primitives. JAX differentiates the
first into the second and transposes that into the third. Each lowers to a call of a compiled
kernel, or to `lax.scan` where there is none. Further derivatives are those of `lax.scan`.

Every array may have an axis of members first, as `batched` says; tangents have an axis of tangents
after it. Results always have them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import Any

from attrs import frozen

Array = Any


@frozen(eq=False)
class Primitives:
    """The three primitives."""

    forward: Any
    tangent: Any
    adjoint: Any


@cache
def primitives() -> Primitives:
    """The primitives, registered with JAX at the first call."""
    from jax.extend.core import Primitive
    from jax.interpreters import ad, batching, mlir

    made = []
    for name in ("forward", "tangent", "adjoint"):
        primitive = Primitive(f"ccdas_native_{name}")
        primitive.multiple_results = True
        primitive.def_impl(partial(_evaluated, primitive))
        primitive.def_abstract_eval(partial(_shapes, name))
        plain = mlir.lower_fun(partial(_plain, name), multiple_results=True)
        native = mlir.lower_fun(partial(_native, name), multiple_results=True)
        mlir.register_lowering(primitive, plain)
        mlir.register_lowering(primitive, native, platform="cpu")
        made.append(primitive)
    forward, tangent, adjoint = made
    ad.primitive_jvps[forward] = _forward_jvp
    ad.primitive_jvps[tangent] = partial(_plain_jvp, "tangent", tangent)
    ad.primitive_jvps[adjoint] = partial(_plain_jvp, "adjoint", adjoint)
    ad.primitive_transposes[tangent] = _tangent_transpose
    batching.primitive_batchers[forward] = partial(_batched, forward)
    batching.primitive_batchers[adjoint] = partial(_batched, adjoint)
    batching.primitive_batchers[tangent] = _batched_tangents
    return Primitives(forward, tangent, adjoint)


def _evaluated(primitive: Any, *arrays: Array, **params: Any) -> Any:
    import jax

    return jax.jit(lambda *values: primitive.bind(*values, **params))(*arrays)


def _shapes(name: str, *arrays: Any, loop: Any, members: int, **params: Any) -> Any:
    import numpy as np
    from jax.core import ShapedArray

    shapes = loop.result_shapes(name, members, **_of_kernel(params))
    return [ShapedArray(shape, np.dtype("float64")) for shape in shapes]


def _of_kernel(params: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in params.items() if key != "batched"}


def _native(name: str, *arrays: Array, **params: Any) -> Any:
    loop = params["loop"]
    call = loop.native_call(name, **{k: v for k, v in params.items() if k != "loop"})
    return _plain(name, *arrays, **params) if call is None else call(arrays)


# -- derivatives --------------------------------------------------------------------------


def _forward_jvp(primals: Sequence[Array], changes: Sequence[Array], **params: Any) -> Any:
    import jax
    from jax.interpreters import ad

    loop, members, batched = params["loop"], params["members"], params["batched"]
    results = primitives().forward.bind(*primals, **{**params, "history": True})
    active = tuple(not isinstance(change, ad.Zero) for change in changes)
    directions = [
        _with_tangent_axis(change, flag)
        for change, flag in zip(changes, batched, strict=True)
        if not isinstance(change, ad.Zero)
    ]
    pushed = primitives().tangent.bind(
        *primals, results[-1], *directions, loop=loop, members=members, active=active, tangents=1,
        batched=(*batched, True, *(b for b, a in zip(batched, active, strict=True) if a)),
    )  # fmt: skip
    pushed = [change[:, 0] for change in pushed]
    if params["history"]:
        return results, [*pushed, ad.Zero(jax.typeof(results[-1]))]
    return results[:-1], pushed


def _with_tangent_axis(change: Array, flag: bool) -> Array:
    return change[:, None] if flag else change[None]


def _tangent_transpose(cotangents: Sequence[Any], *arrays: Any, **params: Any) -> Any:
    """Cotangents of the tangents, from those of the results' tangents."""
    from jax.interpreters import ad

    loop, members, batched = params["loop"], params["members"], params["batched"]
    fixed = len(params["active"]) + 1
    if any(ad.is_undefined_primal(array) for array in arrays[:fixed]) or params["tangents"] != 1:
        raise NotImplementedError("the adjoint of the time loop is linear in cotangents alone")
    wanted = tuple(not isinstance(w, ad.Zero) for w in cotangents)
    weights = [w[:, 0] for w in cotangents if not isinstance(w, ad.Zero)]
    gradients = primitives().adjoint.bind(
        *arrays[:fixed], *weights, loop=loop, members=members, active=params["active"],
        wanted=wanted, batched=(*batched[:fixed], *(True for _ in weights)),
    )  # fmt: skip
    out = []
    for gradient, flag in zip(gradients, batched[fixed:], strict=True):
        out.append(gradient[:, None] if flag else gradient.sum(0)[None])
    return [None] * fixed + out


def _plain_jvp(
    name: str, primitive: Any, primals: Sequence[Array], changes: Sequence[Any], **params: Any
) -> Any:
    import jax
    from jax.interpreters import ad

    results = primitive.bind(*primals, **params)
    moving = [n for n, change in enumerate(changes) if not isinstance(change, ad.Zero)]

    def function(*values: Array) -> Any:
        arrays = list(primals)
        for n, value in zip(moving, values, strict=True):
            arrays[n] = value
        return _plain(name, *arrays, **params)

    point, directions = [primals[n] for n in moving], [changes[n] for n in moving]
    return results, jax.jvp(function, point, directions)[1]


# -- members ------------------------------------------------------------------------------


def _batched(primitive: Any, arrays: Sequence[Array], axes: Sequence[Any], **params: Any) -> Any:
    size = _size(arrays, axes)
    arrays, flags = _joined(arrays, axes, params["batched"], params["members"], size)
    params = {**params, "members": size * params["members"], "batched": flags}
    results = primitive.bind(*arrays, **params)
    return [r.reshape(size, -1, *r.shape[1:]) for r in results], [0] * len(results)


def _batched_tangents(arrays: Sequence[Array], axes: Sequence[Any], **params: Any) -> Any:
    import jax.numpy as jnp

    fixed = len(params["active"]) + 1
    if any(axis is not None for axis in axes[:fixed]):
        return _batched(primitives().tangent, arrays, axes, **params)
    size, flags = _size(arrays, axes), params["batched"]
    directions = []
    for array, axis, flag in zip(arrays[fixed:], axes[fixed:], flags[fixed:], strict=True):
        if axis is None:
            array = jnp.broadcast_to(array, (size, *array.shape))
        else:
            array = jnp.moveaxis(array, axis, 0)
        if flag:  # members before tangents
            array = jnp.moveaxis(array, 0, 1)
            directions.append(array.reshape(array.shape[0], -1, *array.shape[3:]))
        else:
            directions.append(array.reshape(-1, *array.shape[2:]))
    tangents = size * params["tangents"]
    results = primitives().tangent.bind(
        *arrays[:fixed], *directions, **{**params, "tangents": tangents}
    )
    out = [r.reshape(r.shape[0], size, params["tangents"], *r.shape[2:]) for r in results]
    return out, [1] * len(out)


def _size(arrays: Sequence[Array], axes: Sequence[Any]) -> int:
    return next(a.shape[axis] for a, axis in zip(arrays, axes, strict=True) if axis is not None)


def _joined(
    arrays: Sequence[Array], axes: Sequence[Any], flags: Sequence[bool], members: int, size: int
) -> tuple[list[Array], tuple[bool, ...]]:
    """Arrays with a new axis joined to that of members."""
    import jax.numpy as jnp

    out, batched = [], []
    for array, axis, flag in zip(arrays, axes, flags, strict=True):
        if axis is not None:
            array = jnp.moveaxis(array, axis, 0)
            if not flag:
                array = jnp.broadcast_to(array[:, None], (size, members, *array.shape[1:]))
            array = array.reshape(-1, *array.shape[2:])
        elif flag:
            array = jnp.broadcast_to(array, (size, *array.shape))
            array = array.reshape(-1, *array.shape[2:])
        out.append(array)
        batched.append(axis is not None or flag)
    return out, tuple(batched)


# -- the same by lax.scan -----------------------------------------------------------------


def _plain(name: str, *arrays: Array, loop: Any, members: int, batched: Any, **params: Any) -> Any:
    """Results of a primitive by `lax.scan`."""
    import jax
    import jax.numpy as jnp

    function: Callable[..., Any] = partial(getattr(loop, f"plain_{name}"), **params)
    if name == "tangent":
        function = _over_tangents(function, len(params["active"]) + 1, len(arrays))
    if any(batched):
        return jax.vmap(function, in_axes=[0 if flag else None for flag in batched])(*arrays)
    return [jnp.broadcast_to(r, (members, *jnp.shape(r))) for r in function(*arrays)]


def _over_tangents(function: Callable[..., Any], fixed: int, count: int) -> Callable[..., Any]:
    import jax

    return jax.vmap(function, in_axes=[None] * fixed + [0] * (count - fixed))
