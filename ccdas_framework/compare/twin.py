"""Identical twins: recovery of the parameters that synthetic observations were made from.

Pseudo-observations come from a known truth, the optimisation starts from the perturbed truth, and
its result is compared with the truth, for each cell alone and for all jointly, with and without the
prior term, with and without noise. Cells that are solved alone share one run of the model.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from attrs import evolve, field, frozen

from ..config.parameter_changes import empty_control_findings
from ..config.sections import TWIN_VARIANTS, TruthSection
from ..core.control import Control
from ..core.errors import Finding, Findings
from ..core.result import Iteration, OptimisationResult
from ..execution import block_processes
from ..experiment import Experiment
from ..experiment.monitor import Monitor
from ..experiment.parameter_values import with_fixed
from ..experiment.truth import truth_of, with_noise
from ..optimisers.counted_search import minimise
from ..optimisers.gauss_newton import GaussNewton
from ..priors import Flat
from ..problem.assembled_problem import Problem
from ..problem.separate_cells import SeparateCells
from .recovery import Recovery, recovery

SCOPES, EXTRAS = ("sites", "joint"), ("prior", "noise")
ALL = "all sites"
NOISY_DISTANCE = 0.01  # from the minimum (posterior sd), which noise displaces by about one


@frozen(eq=False)
class Variant:
    """One variant of a twin.

    Args:
        name: 'sites' or 'joint', with '+prior' and '+noise'.
        labels: of the sites; one label where they are solved jointly.
        start, estimate: control vectors, shape (site, control).
        results: of the optimisations.
        recoveries: errors of the estimates.
        seconds: duration of the variant.
    """

    name: str
    labels: tuple[str, ...]
    start: np.ndarray
    estimate: np.ndarray
    results: tuple[OptimisationResult, ...]
    recoveries: tuple[Recovery, ...]
    seconds: float


@frozen(eq=False)
class Twin:
    """Results of a twin.

    Args:
        experiment: of the twin.
        control: names and units of the parameters.
        truth: control vector of the pseudo-observations, shape (control,).
        tolerance: largest error of a recovered parameter (%).
        observations: number of pseudo-observations by stream.
        variants: results in the order of the variants.
        seconds: duration of the twin.
    """

    experiment: Experiment
    control: Control
    truth: np.ndarray
    tolerance: float
    observations: Mapping[str, int]
    variants: tuple[Variant, ...]
    seconds: float = field(default=0.0)


def variant_findings(names: Sequence[str], experiment: Experiment) -> Findings:
    """A finding for each variant that does not exist, is repeated, or cannot be solved."""
    findings, where = Findings(), "twin.variants"
    for name in names:
        scope, *extras = name.split("+")
        if scope not in SCOPES or not set(extras) <= set(EXTRAS) or len(set(extras)) < len(extras):
            findings.add(
                "unknown-variant",
                where,
                f"no twin variant '{name}'; expected 'sites' or 'joint', followed by '+prior', "
                f"'+noise', both or neither, such as {', '.join(TWIN_VARIANTS[:2])}.",
            )
    for name, count in Counter(names).items():
        if count > 1:
            message = f"twin variant '{name}' is repeated {count} times; name it once."
            findings.add("repeated-variant", where, message)
    with_prior = [name for name in names if "prior" in name.split("+")]
    if with_prior and experiment.config.prior.name == "flat":
        findings.add(
            "no-prior-term",
            "prior.name",
            f"twin variant '{with_prior[0]}' includes the prior term, which a flat prior lacks; "
            "take a Gaussian prior, or variants without '+prior'.",
        )
    alone = any(name.startswith("sites") for name in names)
    if alone and not hasattr(experiment.optimiser, "minimise_cells"):
        findings.add(
            "wrong-optimiser",
            "optimiser.name",
            f"optimiser '{experiment.config.optimiser.name}' cannot solve sites side by "
            "side; take gauss_newton, or variants that begin with 'joint'.",
        )
    return findings


def twin(
    experiment: Experiment,
    variants: Sequence[str] = (),
    monitor: Monitor | None = None,
    solved: Callable[[Twin], None] | None = None,
    findings: Iterable[Finding] = (),
) -> Twin:
    """Run the variants of a twin up to an interruption.

    Args:
        experiment: with a table [twin]; its observed values are not used.
        variants: instead of those of the table.
        solved: receives the results so far after each variant, to save them.
        findings: of the caller, reported with the others.

    Raises:
        InvalidExperiment: all findings.
    """
    monitor, began = monitor or Monitor(), time.monotonic()
    config = experiment.config
    names = tuple(variants or config.twin.variants)
    findings = Findings([*findings, *variant_findings(names, experiment)])
    findings.extend(empty_control_findings(experiment.control))
    findings.raise_if_any()
    section = evolve(config.truth or at_prior_mean(experiment.control), noise=False)
    experiment = evolve(experiment, config=evolve(config, truth=section))
    truth = truth_of(section, experiment.control)
    fixed = {
        e.name: truth.values[e.name]
        for e in experiment.control.elements
        if e.position < 0 and e.parameter.mean != truth.values[e.name]
    }
    experiment = with_fixed(experiment, Path("[truth]"), fixed)
    monitor.stage("assembling the problem")
    problem = experiment.build()  # without noise
    true = truth.x
    result = Twin(
        experiment=experiment,
        control=problem.control,
        truth=true,
        tolerance=float(config.twin.tolerance),
        observations={name: len(s.values) for name, s in problem.streams.items()},
        variants=(),
    )
    with block_processes(problem.forward.executor):
        for name in names:
            monitor.stage(f"twin {name}")
            variant = _solve(name, experiment, problem, true, monitor)
            seconds = time.monotonic() - began
            result = evolve(result, variants=(*result.variants, variant), seconds=seconds)
            if solved is not None:
                solved(result)
            if any(r.status == "interrupted" for r in variant.results):
                break
    return result


def at_prior_mean(control: Control) -> TruthSection:
    """The truth of a twin without a table [truth]: the prior mean of each parameter."""
    means = {e.name: float(e.parameter.mean) for e in control.elements}  # type: ignore[arg-type]
    return TruthSection(spread=0.0, mean=means)


def perturbed(
    control: Control, truth: np.ndarray, share: float, generator: np.random.Generator
) -> np.ndarray:
    """The truth with each parameter changed by a share of its value, up or down.

    A parameter that is zero changes by that share of its prior sd. One that would leave its bounds
    changes in the other direction.

    Args:
        truth: control vector, shape (control,).
        share: of the value, 0.1 for ten per cent.
        generator: draws the signs.
    """
    value = control.physical(truth)
    change = share * np.where(value == 0.0, control.prior_sd, np.abs(value))
    change = change * generator.choice([-1.0, 1.0], len(value))
    lower, upper = np.array([e.parameter.bounds for e in control.active]).reshape(-1, 2).T
    outside = (value + change <= lower) | (value + change >= upper)
    values = value + np.where(outside, -change, change)
    return control.pack(dict(zip(control.names, values.tolist(), strict=True)))


def _solve(
    name: str,
    experiment: Experiment,
    problem: Problem,
    true: np.ndarray,
    monitor: Monitor,
) -> Variant:
    began = time.monotonic()
    seed = experiment.config.experiment.seed
    scope, *extras = name.split("+")
    if "noise" in extras:
        problem = with_noise(problem, (experiment.config.truth or TruthSection()).seed)
    if "prior" not in extras:
        problem = problem.with_prior(Flat(problem.prior.mean))
    labels = problem_labels(problem) if scope == "sites" else (ALL,)
    generator = np.random.default_rng([seed, 3])
    share = experiment.config.twin.perturbation
    start = np.array([perturbed(problem.control, true, share, generator) for _ in labels])
    most = getattr(experiment.optimiser, "iterations", None)

    def progress_of(label: str) -> Callable[[Iteration], None]:
        labelled = monitor.labelled(label)
        return lambda i: labelled.iteration(i, time.monotonic() - began, most)

    optimiser: Any = experiment.optimiser
    if "noise" in extras and isinstance(optimiser, GaussNewton):
        optimiser = evolve(optimiser, distance=max(optimiser.distance, NOISY_DISTANCE))
    if scope == "sites":
        cells = SeparateCells(problem)
        progress = [progress_of(label) for label in labels]
        results = optimiser.minimise_cells(cells, start, lambda m, i: progress[m](i))
        truths = np.tile(true, (len(labels), 1))
        jacobians = [jacobian for _, jacobian in cells.misfits_and_jacobians(truths)]
    else:
        results = [minimise(optimiser, problem, start[0], progress_of(name))]
        jacobians = [problem.whitened(problem.jacobian(true))]
    estimate = np.array([result.x for result in results])
    recoveries = tuple(
        recovery(problem.control, true, x, jacobian)
        for x, jacobian in zip(estimate, jacobians, strict=True)
    )
    seconds = time.monotonic() - began
    return Variant(name, labels, start, estimate, tuple(results), recoveries, seconds)


def problem_labels(problem: Problem) -> tuple[str, ...]:
    """A name for each cell of the grid: that of its observations, else its number."""
    names: dict[int, str] = {}
    for stream in problem.streams.values():
        for block in problem.blocks:
            observed = stream.observations
            cells = block.domain.grid.locate(observed.latitude, observed.longitude)
            for cell, label in zip(cells.tolist(), observed.label.tolist(), strict=True):
                if cell >= 0 and not stream.domain_scope:
                    names.setdefault(int(block.all_cells[cell]), str(label))
    count = sum(len(block.cells) for block in problem.blocks)
    return tuple(names.get(cell, f"cell {cell}") for cell in range(count))
