"""Steps of the no-U-turn sampler of blackjax, compiled by JAX.

A chain moves in z, where x = mean + L z, reflected at the bounds of x. L L^T is the covariance at
the start, so that the metric of the chain begins as the Hessian at the optimum.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from attrs import define, field, frozen

from ccdas_framework import CcdasError, SampledProblem

from .starting_points import reflected

MOST_STEPS = 10  # of a chain in one call
FAST, SLOW, FIXED = range(3)  # adaptation of the step size, of the metric as well, of nothing
Evaluate = Callable[[np.ndarray], tuple[float, np.ndarray]]  # x -> log density and its gradient


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


@define(eq=False)
class Evaluation:
    """Evaluations of one run, which compiled code calls by number.

    The first error ends the run. JAX would replace it by its own, so that it is kept here, and
    the steps that are left see no density and end at once.
    """

    evaluate: Evaluate
    error: BaseException | None = None
    number: int = field(factory=itertools.count(1).__next__, init=False)

    def __call__(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        nowhere = np.array(-np.inf), np.zeros(len(x))
        if self.error is not None or not np.isfinite(x).all():  # a step that overflows
            return nowhere
        try:
            value, gradient = self.evaluate(np.array(x, float))
        except BaseException as error:  # also BudgetSpent and KeyboardInterrupt
            self.error = error
            return nowhere
        if not (np.isfinite(value) and np.isfinite(gradient).all()):
            return nowhere
        return np.array(value, float), np.array(gradient, float)

    def raise_error(self) -> None:
        """Raise what an evaluation raised, as it is."""
        if self.error is not None:
            raise self.error


_EVALUATIONS: dict[int, Evaluation] = {}


def _evaluated(number: Any, x: Any) -> tuple[np.ndarray, np.ndarray]:
    return _EVALUATIONS[int(number)](np.asarray(x))


def _by_callback(number: Any, x: Any) -> Any:
    """Log density and gradient by a call of the evaluation of that number."""
    jax, _ = required_packages()
    shapes = jax.ShapeDtypeStruct((), float), jax.ShapeDtypeStruct(x.shape, float)
    return jax.pure_callback(_evaluated, shapes, number, x)


def _traced(log_density: Callable[[Any], Any]) -> Callable[[Any, Any], Any]:
    """Log density and gradient of a function that JAX traces; none where one is not finite."""
    jax, _ = required_packages()
    xp = jax.numpy

    def value_and_gradient(number: Any, x: Any) -> Any:
        value, gradient = jax.value_and_grad(log_density)(x)
        known = xp.isfinite(value) & xp.all(xp.isfinite(gradient))
        return xp.where(known, value, -xp.inf), xp.where(known, gradient, 0.0)

    return value_and_gradient


def _differentiable(value_and_gradient: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """(number, x) -> log density, whose derivative is the gradient that comes with it."""
    jax, _ = required_packages()

    @jax.custom_vjp
    def density(number: Any, x: Any) -> Any:
        return value_and_gradient(number, x)[0]

    def forward(number: Any, x: Any) -> Any:
        return value_and_gradient(number, x)

    def backward(gradient: Any, cotangent: Any) -> Any:
        return None, cotangent * gradient

    density.defvjp(forward, backward)
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


@cache
def callback_steps(settings: KernelSettings) -> Callable[..., tuple[Chain, Steps]]:
    """Compiled steps by callback, shared by all runs."""
    return _compiled_steps(_by_callback, settings)


def traced_steps(
    log_density: Callable[[Any], Any], settings: KernelSettings
) -> Callable[..., tuple[Chain, Steps]]:
    """Compiled steps of a log density that JAX traces."""
    return _compiled_steps(_traced(log_density), settings)


def _compiled_steps(
    value_and_gradient: Callable[[Any, Any], Any], s: KernelSettings
) -> Callable[..., tuple[Chain, Steps]]:
    """(chain, space, key, first step, count, stages, ends, target, number) -> chain, steps.

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

    def one(chain: Chain, space: Space, key: Any, number: Any) -> tuple[Chain, Steps]:
        def at(z: Any) -> Any:
            return reflected(space.mean + space.factor @ z, space.limits, xp)

        position, info = kernel(
            key, chain.position, lambda z: density(number, at(z)), chain.length,
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

    @jax.jit
    def steps(
        chain: Chain, space: Space, key: Any, first: Any, count: Any, stages: Any, ends: Any,
        target: Any, number: Any,
    ) -> tuple[Chain, Steps]:  # fmt: skip
        template = Steps(xp.zeros_like(space.mean), *[xp.zeros(())] * (len(Steps._fields) - 1))
        results = jax.tree.map(lambda leaf: xp.zeros((MOST_STEPS, *leaf.shape)), template)

        def body(k: Any, carry: Any) -> Any:
            chain, results = carry
            key_of_step = jax.random.fold_in(key, first + k)
            chain, step = one(chain, space, key_of_step, number)
            rate = xp.nan_to_num(step.acceptance_rate)
            chain = adapted_after(chain, target, rate, stages[k], ends[k])
            return chain, jax.tree.map(lambda all_, new: all_.at[k].set(new), results, step)

        return jax.lax.fori_loop(0, count, body, (chain, results))

    return steps


def run_steps(
    steps: Callable[..., tuple[Chain, Steps]], problem: SampledProblem, count: int, *arguments: Any
) -> tuple[Chain, Steps]:
    """Result of compiled steps as numpy arrays, of `count` steps.

    They run in a thread of their own, so that Ctrl-C reaches this one.

    Raises:
        BaseException: whatever an evaluation raised, as it is.
    """
    jax, _ = required_packages()
    evaluation = Evaluation(problem.log_density_and_gradient)
    _EVALUATIONS[evaluation.number] = evaluation

    def run() -> Any:
        return jax.tree.map(np.asarray, steps(*arguments, evaluation.number))

    try:
        with ThreadPoolExecutor(1) as thread:
            try:
                chain, results = thread.submit(run).result()
            except KeyboardInterrupt as interruption:
                evaluation.error = interruption  # so that the thread ends soon
                raise
    finally:
        del _EVALUATIONS[evaluation.number]
    evaluation.raise_error()
    return chain, Steps(*(values[:count] for values in results))


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
