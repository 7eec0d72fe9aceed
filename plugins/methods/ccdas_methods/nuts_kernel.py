"""Steps of the no-U-turn sampler of blackjax.

A chain moves in z, where x = mean + L z, reflected at the bounds of x. L L^T is the covariance at
the start, so that the metric of the chain begins as the Hessian at the optimum.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from attrs import frozen

from ccdas_framework import CcdasError

from .starting_points import reflected

MOST_STEPS = 10  # of a chain in one call
FAST, SLOW, FIXED = range(3)  # adaptation of the step size, of the metric as well, of nothing
Evaluate = Callable[[np.ndarray], tuple[float, np.ndarray]]  # x -> log density and its gradient
ValueAndGradient = Callable[[Any], Any]  # the same of arrays of JAX


class Chain(NamedTuple):
    """A chain and its adaptation, arrays throughout."""

    position: Any  # z, with its log density and gradient: blackjax's HMCState
    step_size: Any  # state of the dual averaging
    metric: Any  # state of the adaptation of the inverse mass matrix
    length: Any  # step size in use


class Space(NamedTuple):
    """x = mean + factor z, reflected at the limits."""

    mean: Any
    factor: Any
    limits: Any


class Steps(NamedTuple):
    """Numbers of each step, shape (step,), and x, shape (step, control)."""

    x: Any
    log_density: Any
    diverging: Any
    tree_depth: Any
    n_steps: Any
    energy: Any
    acceptance_rate: Any
    step_size: Any
    failed: Any


StepsOfChain = Callable[..., tuple[Chain, Steps]]


@frozen
class KernelSettings:
    """Settings that a compilation depends on."""

    diagonal: bool
    doublings: int


def required_packages() -> tuple[Any, Any]:
    """JAX in double precision, and blackjax.

    Raises:
        CcdasError: a package is not installed.
    """
    try:
        import blackjax
        import jax
    except ImportError as problem:
        raise CcdasError(
            f"sampler 'nuts' needs JAX and blackjax, which could not be imported ({problem}). "
            'Install them with: pip install "ccdas-methods[nuts]", or take sampler emcee.',
            code="missing-package",
            where="sampler 'nuts'",
        ) from problem
    jax.config.update("jax_enable_x64", True)
    return jax, blackjax


# -- log densities --------------------------------------------------------------------------------


def finite_density(evaluate: Evaluate, x: np.ndarray) -> tuple[float, np.ndarray]:
    """Log density and its gradient; -inf and zeros where x or one of them is not finite."""
    nowhere = -np.inf, np.zeros(len(x))
    if not np.isfinite(x).all():  # a step that overflows
        return nowhere
    value, gradient = evaluate(np.array(x, float))
    if not (np.isfinite(value) and np.isfinite(gradient).all()):
        return nowhere
    return float(value), np.asarray(gradient, float)


def _by_callback(evaluate: Evaluate) -> ValueAndGradient:
    """Log density and gradient by a callback of compiled code, which must not run JAX itself."""
    jax, _ = required_packages()

    def called(x: Any) -> tuple[np.ndarray, np.ndarray]:
        value, gradient = evaluate(np.asarray(x))
        return np.array(value, float), np.array(gradient, float)

    def value_and_gradient(x: Any) -> Any:
        shapes = jax.ShapeDtypeStruct((), float), jax.ShapeDtypeStruct(x.shape, float)
        return jax.pure_callback(called, shapes, x)

    return value_and_gradient


def _traced(log_density: Callable[[Any], Any]) -> ValueAndGradient:
    """Log density and gradient of a function that JAX traces; none where one is not finite."""
    jax, _ = required_packages()
    xp = jax.numpy

    def value_and_gradient(x: Any) -> Any:
        value, gradient = jax.value_and_grad(log_density)(x)
        known = xp.isfinite(value) & xp.all(xp.isfinite(gradient))
        return xp.where(known, value, -xp.inf), xp.where(known, gradient, 0.0)

    return value_and_gradient


def _differentiable(value_and_gradient: ValueAndGradient) -> Callable[[Any], Any]:
    """x -> log density, whose derivative is the gradient that comes with it."""
    jax, _ = required_packages()

    @jax.custom_vjp
    def density(x: Any) -> Any:
        return value_and_gradient(x)[0]

    def backward(gradient: Any, cotangent: Any) -> Any:
        return (cotangent * gradient,)

    density.defvjp(value_and_gradient, backward)
    return density


# -- steps ----------------------------------------------------------------------------------------


def initial_chain(z: np.ndarray, value: float, gradient: np.ndarray, s: KernelSettings) -> Chain:
    """A chain at its starting point; value and gradient with respect to z."""
    _, blackjax = required_packages()
    (first, _, _), (metric, _, _) = _adaptations(s, 0.0)
    position = blackjax.mcmc.hmc.HMCState(*(np.asarray(a, float) for a in (z, value, gradient)))
    jax, _ = required_packages()
    chain = Chain(position, first(1.0), metric(len(z)), 1.0)
    return jax.tree.map(np.asarray, chain)


def adapted(chain: Chain, s: KernelSettings) -> Chain:
    """The chain at the end of its warm-up, with the averaged step size."""
    (_, _, last), _ = _adaptations(s, 0.0)
    return chain._replace(length=np.asarray(last(chain.step_size), float))


def _adaptations(s: KernelSettings, target: Any) -> tuple[Any, Any]:
    """Functions (init, update, final) of the step size and of the metric.

    `target` is the acceptance rate, which init and final of the step size do not use.
    """
    from blackjax.adaptation.mass_matrix import mass_matrix_adaptation
    from blackjax.adaptation.step_size import dual_averaging_adaptation

    return dual_averaging_adaptation(target), mass_matrix_adaptation(s.diagonal)


def calling_steps(evaluate: Evaluate, settings: KernelSettings) -> StepsOfChain:
    """Compiled steps that call `evaluate`, which must not run JAX itself."""
    return _compiled(_by_callback(evaluate), settings)


def traced_steps(log_density: Callable[[Any], Any], settings: KernelSettings) -> StepsOfChain:
    """Steps that are compiled with a log density that JAX traces."""
    return _compiled(_traced(log_density), settings)


def _compiled(value_and_gradient: ValueAndGradient, settings: KernelSettings) -> StepsOfChain:
    """(chain, space, key, first step, count, stages, ends, target) -> chain, steps as arrays."""
    jax, _ = required_packages()
    steps = jax.jit(_steps(value_and_gradient, settings))

    def of_count(chain: Chain, space: Space, key: np.ndarray, first: int, count: int, *more: Any):
        arguments = chain, space, jax.random.wrap_key_data(key), first, count, *more
        chain, results = jax.tree.map(np.asarray, steps(*arguments))
        return chain, Steps(*(values[:count] for values in results))

    return of_count


def _steps(value_and_gradient: ValueAndGradient, s: KernelSettings) -> Callable[..., Any]:
    """The function to compile.

    Step k draws from the key that belongs to k, so that the numbers do not depend on how steps
    are shared out over calls.
    """
    jax, blackjax = required_packages()
    xp = jax.numpy
    density = _differentiable(value_and_gradient)
    kernel = blackjax.nuts.build_kernel()

    def adapted_after(chain: Chain, target: Any, rate: Any, stage: Any, end: Any) -> Chain:
        (start, update, last), (_, metric_update, metric_last) = _adaptations(s, target)

        def fixed(chain: Chain) -> Chain:
            return chain

        def fast(chain: Chain) -> Chain:
            step_size = update(chain.step_size, rate)
            return chain._replace(step_size=step_size, length=xp.exp(step_size.log_step_size))

        def slow(chain: Chain) -> Chain:
            chain = fast(chain)
            return chain._replace(metric=metric_update(chain.metric, chain.position.position))

        def window_end(chain: Chain) -> Chain:
            step_size = start(last(chain.step_size))
            length = xp.exp(step_size.log_step_size)
            return chain._replace(
                step_size=step_size, metric=metric_last(chain.metric), length=length
            )

        chain = jax.lax.switch(stage, (fast, slow, fixed), chain)
        return jax.lax.cond(end, window_end, fixed, chain)

    def one(chain: Chain, space: Space, key: Any) -> tuple[Chain, Steps]:
        def at(z: Any) -> Any:
            return reflected(space.mean + space.factor @ z, space.limits, xp)

        position, info = kernel(
            key, chain.position, lambda z: density(at(z)), chain.length,
            chain.metric.inverse_mass_matrix, s.doublings,
        )  # fmt: skip
        ends = info.trajectory_leftmost_state, info.trajectory_rightmost_state
        failed = xp.isneginf(ends[0].logdensity) | xp.isneginf(ends[1].logdensity)
        step = Steps(
            at(position.position), position.logdensity, info.is_divergent,
            info.num_trajectory_expansions, info.num_integration_steps, info.energy,
            info.acceptance_rate, chain.length, failed,
        )  # fmt: skip
        return chain._replace(position=position), step

    def steps(
        chain: Chain, space: Space, key: Any, first: Any, count: Any, stages: Any, ends: Any,
        target: Any,
    ) -> tuple[Chain, Steps]:  # fmt: skip
        template = Steps(xp.zeros_like(space.mean), *[xp.zeros(())] * (len(Steps._fields) - 1))
        results = jax.tree.map(lambda leaf: xp.zeros((MOST_STEPS, *leaf.shape)), template)

        def body(k: Any, carry: Any) -> Any:
            chain, results = carry
            key_of_step = jax.random.fold_in(key, first + k)
            chain, step = one(chain, space, key_of_step)
            rate = xp.nan_to_num(step.acceptance_rate)
            chain = adapted_after(chain, target, rate, stages[k], ends[k])
            return chain, jax.tree.map(lambda all_, new: all_.at[k].set(new), results, step)

        return jax.lax.fori_loop(0, count, body, (chain, results))

    return steps


# -- state ----------------------------------------------------------------------------------------


def chain_arrays(chains: list[Chain]) -> dict[str, np.ndarray]:
    """The numbers of all chains as arrays of floats by name, shape (chain, ...)."""
    jax, _ = required_packages()
    leaves = [jax.tree.leaves(chain) for chain in chains]
    return {
        f"chain_{n:02d}": np.array(numbers, float)
        for n, numbers in enumerate(zip(*leaves, strict=True))
    }


def chains_of(state: Mapping[str, np.ndarray], template: Chain) -> list[Chain]:
    """Chains from their arrays, of the types of a template."""
    jax, _ = required_packages()
    leaves, nesting = jax.tree.flatten(template)
    numbers = [
        np.asarray(state[f"chain_{n:02d}"]).astype(np.asarray(leaf).dtype)
        for n, leaf in enumerate(leaves)
    ]
    chains = range(len(numbers[0]))
    return [nesting.unflatten([values[c] for values in numbers]) for c in chains]
