"""A time loop whose kernels are compiled when they are needed."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from threading import Lock
from typing import Any

import numpy as np
from attrs import field, frozen

from ccdas_framework import CcdasWarning

from .adjoint_kernel import adjoint_kernel
from .compiler import WHERE
from .flat import Unsupported
from .forward_kernel import forward_kernel
from .kernel_files import KernelFiles
from .kernel_parts import Kernel
from .source import Leaf
from .step import Step
from .tangent_kernel import tangent_kernel

LEAST_COLUMNS = 8  # a call with fewer is filled up
Array = Any
# (source) -> name of a target of XLA, or None where the compiler fails
Compile = Callable[[str], str | None]


@frozen(eq=False)
class NativeLoop:
    """A time loop whose step is compiled.

    Args:
        closed: the step as a jaxpr of its leaves, today's values without their days.
        step: the same as a graph.
        todays: number of arrays with an axis of days, after those of the carry.
        days: length of that axis.
        columns: length of the axis of columns.
        kinds: dtype of each leaf.
        compile: makes a library of a source.
        files: sources of kernels on disk.
    """

    closed: Any
    step: Step
    todays: int
    days: int
    columns: int
    kinds: tuple[str, ...]
    compile: Compile
    files: KernelFiles
    _ready: dict[Any, Any] = field(factory=dict, init=False)
    _lock: Any = field(factory=Lock, init=False)

    # -- kernels --------------------------------------------------------------------------

    def kernel(self, name: str, **params: Any) -> Kernel:
        """Source of a kernel."""
        if name == "forward":
            return forward_kernel(self.step)
        if name == "tangent":
            return tangent_kernel(self.step, params["active"])
        return adjoint_kernel(self.step, params["active"], params["wanted"])

    def _target(self, name: str, params: dict[str, Any]) -> tuple[Kernel, str] | None:
        """A compiled kernel and its target of XLA, or None."""
        key = _key(name, params)
        with self._lock:
            if key not in self._ready:
                kernel = self._translated(name, params)
                target = None if kernel is None else self.compile(kernel.source)
                self._ready[key] = None if target is None else (kernel, target)
            return self._ready[key]  # type: ignore[no-any-return]

    def _translated(self, name: str, params: dict[str, Any]) -> Kernel | None:
        """Source of a kernel, or None with a warning where the translation fails."""
        try:
            key = _key(name, params)
            return self.files.kernel(self.step, key, lambda: self.kernel(name, **params))
        except Exception as error:  # JAX computes the same
            kind = "" if isinstance(error, Unsupported) else f"{type(error).__name__}: "
            message = (
                f"engine 'native' cannot translate the {name} of a step: {kind}{error}. JAX runs "
                "its time loop instead, with the same results."
            )
            warning = CcdasWarning(message, code="no-translation", where=WHERE)
            warnings.warn(warning, stacklevel=2)
            return None

    def native_call(
        self, name: str, members: int, batched: Sequence[bool], **params: Any
    ) -> Callable[[Sequence[Array]], list[Array]] | None:
        """The call of a kernel, or None where there is none."""
        ready = self._target(name, params)
        if ready is None:
            return None
        kernel, target = ready
        outputs = kernel.outputs
        if name == "forward" and not params["history"]:
            outputs = outputs[:-1]
        positions = self._positions(name, params)
        flags = [batched[position] for position in positions]
        tangents = params.get("tangents", 1)

        def call(arrays: Sequence[Array]) -> list[Array]:
            chosen = [arrays[p] for p in positions]
            return self._called(kernel.inputs, outputs, target, chosen, flags, members, tangents)

        return call

    def _positions(self, name: str, params: dict[str, Any]) -> list[int]:
        """Operands of a primitive that its kernel reads, in the order of the kernel."""
        leaves = len(self.kinds)
        if name == "forward":
            return list(range(leaves))
        if name == "tangent":
            moving = sum(params["active"])
            return [*range(leaves), *range(leaves + 1, leaves + 1 + moving)]
        weights = sum(params["wanted"])
        carries = self.step.carries
        return [leaves, *range(carries, leaves), *range(leaves + 1, leaves + 1 + weights)]

    def _called(
        self,
        inputs: Sequence[Leaf],
        outputs: Sequence[Leaf],
        target: str,
        arrays: list[Array],
        flags: list[bool],
        members: int,
        tangents: int,
    ) -> list[Array]:
        import jax
        import jax.numpy as jnp

        columns = max(self.columns, LEAST_COLUMNS)
        missing = columns - self.columns
        if missing:
            arrays = [
                jnp.pad(a, [(0, 0)] * (a.ndim - 1) + [(0, missing)], mode="edge")
                if leaf.columns
                else a
                for a, leaf in zip(arrays, inputs, strict=True)
            ]
        steps = [
            int(np.prod(a.shape[1:], dtype=np.int64)) if flag else 0
            for a, flag in zip(arrays, flags, strict=True)
        ]
        sizes = np.array([self.days, members, columns, tangents, *steps], dtype=np.int64)
        shapes = [
            jax.ShapeDtypeStruct(
                (members, *self._axes(leaf, tangents), *leaf.shape[:-1], columns), np.float64
            )
            for leaf in outputs
        ]
        results = jax.ffi.ffi_call(target, shapes, vmap_method="sequential")(*arrays, sizes=sizes)
        if missing:
            results = [r[..., : self.columns] for r in results]
        return [
            r.sum(axis=-1) if leaf.shared else r for r, leaf in zip(results, outputs, strict=True)
        ]

    def _axes(self, leaf: Leaf, tangents: int) -> list[int]:
        return [tangents] * leaf.tangent + [self.days] * leaf.daily

    def result_shapes(self, name: str, members: int, **params: Any) -> list[tuple[int, ...]]:
        """Shapes of the results of a primitive."""
        if name == "adjoint":
            leaves = [
                leaf for leaf, on in zip(self.step.leaves, params["active"], strict=True) if on
            ]
            return [(members, *self._axes(leaf, 1), *leaf.shape) for leaf in leaves]
        lengths = [[self.days] * leaf.daily + list(leaf.shape) for leaf in self.step.outputs]
        if name == "tangent":
            return [(members, params["tangents"], *length) for length in lengths]
        if params["history"]:
            lengths.append([self.days, self.step.stored, self.columns])
        return [(members, *length) for length in lengths]

    # -- the same by lax.scan -------------------------------------------------------------

    def _scan(self, leaves: Sequence[Array]) -> list[Array]:
        """Last carry and outputs, in one list."""
        import jax
        from jax.extend.core import jaxpr_as_fun

        step = jaxpr_as_fun(self.closed)
        typed = [leaf.astype(k) for leaf, k in zip(leaves, self.kinds, strict=True)]
        n = self.step.carries
        carry, xs, parameters = typed[:n], typed[n : n + self.todays], typed[n + self.todays :]

        @jax.checkpoint
        def day(carry: Any, today: Any) -> Any:
            results = step(*carry, *today, *parameters)
            return results[:n], results[n:]

        last, outputs = jax.lax.scan(day, carry, xs)
        return [*last, *outputs]

    def plain_forward(self, *leaves: Array, history: bool) -> list[Array]:
        """Results of the loop of one member; the history is not needed and left empty."""
        import jax.numpy as jnp

        results = self._scan(leaves)
        shape = (self.days, self.step.stored, self.columns)
        return [*results, jnp.zeros(shape)] if history else results

    def plain_tangent(self, *arrays: Array, active: Sequence[bool], tangents: int) -> list[Array]:
        """Tangents of the results along one direction."""
        import jax

        function, point = self._of_active(arrays, active)
        return list(jax.jvp(function, point, list(arrays[len(active) + 1 :]))[1])

    def plain_adjoint(
        self, *arrays: Array, active: Sequence[bool], wanted: Sequence[bool]
    ) -> list[Array]:
        """Gradients of the active leaves."""
        import jax
        import jax.numpy as jnp

        function, point = self._of_active(arrays, active)
        values, pull = jax.vjp(function, *point)
        given = iter(arrays[len(active) + 1 :])
        weights = [
            next(given) if want else jnp.zeros_like(value)
            for value, want in zip(values, wanted, strict=True)
        ]
        return list(pull(weights))

    def _of_active(
        self, arrays: Sequence[Array], active: Sequence[bool]
    ) -> tuple[Callable[..., list[Array]], list[Array]]:
        places = [n for n, on in enumerate(active) if on]

        def function(*values: Array) -> list[Array]:
            leaves = list(arrays[: len(active)])
            for place, value in zip(places, values, strict=True):
                leaves[place] = value
            return self._scan(leaves)

        return function, [arrays[place] for place in places]


def _key(name: str, params: dict[str, Any]) -> tuple[Any, ...]:
    """Parameters of a kernel beside the step."""
    return name, params.get("active"), params.get("wanted")
