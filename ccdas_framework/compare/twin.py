"""Identical twins: does the assimilation find the parameters that its observations were made from?

Pseudo-observations are made from a known truth, the start is the truth perturbed, and what is found
is compared with the truth, for each cell alone and for all jointly, with and without the prior
term, with and without noise. All cells that are solved alone share one run of the model.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from attrs import evolve, field, frozen

from ..config.parameter_changes import empty_control_findings
from ..config.sections import TWIN_VARIANTS as VARIANTS
from ..config.sections import TruthSection
from ..core.control import Control
from ..core.errors import Findings
from ..core.result import Iteration, OptimisationResult
from ..experiment import Experiment
from ..experiment.build import replaced, truth
from ..experiment.monitor import Monitor
from ..optimisers.gauss_newton import GaussNewton
from ..priors import Flat
from ..problem.assembled_problem import Problem
from ..problem.members import Members
from .recovery import Recovery, recovery

SCOPES, EXTRAS = ("sites", "joint"), ("prior", "noise")
ALL = "all sites"
NEAR = 0.01  # posterior sd, where noise moves the minimum by one or so


@frozen(eq=False)
class Variant:
    """One way to run a twin.

    Args:
        name: 'sites' or 'joint', with '+prior' and '+noise'.
        labels: of the sites; one label where they are solved jointly.
        start, found: control vectors, shape (site, control).
        results: how each was optimised.
        recoveries: how well each was found.
        seconds: it took.
    """

    name: str
    labels: tuple[str, ...]
    start: np.ndarray
    found: np.ndarray
    results: tuple[OptimisationResult, ...]
    recoveries: tuple[Recovery, ...]
    seconds: float


@frozen(eq=False)
class Twin:
    """What a twin found.

    Args:
        experiment: it was made from.
        control: names and units of the parameters.
        truth: control vector behind the pseudo-observations, shape (control,).
        tolerance: largest error of what counts as recovered (%).
        observations: number of pseudo-observations by stream.
        variants: in the order asked for.
        seconds: of it all.
    """

    experiment: Experiment
    control: Control
    truth: np.ndarray
    tolerance: float
    observations: Mapping[str, int]
    variants: tuple[Variant, ...]
    seconds: float = field(default=0.0)


def variant_findings(names: Sequence[str], experiment: Experiment) -> Findings:
    """A finding for each variant that does not exist, or that the optimiser cannot do."""
    findings, where = Findings(), "twin.variants"
    for name in names:
        scope, *extras = name.split("+")
        if scope not in SCOPES or not set(extras) <= set(EXTRAS) or len(set(extras)) < len(extras):
            findings.add(
                "unknown-variant",
                where,
                f"no twin variant '{name}'; expected 'sites' or 'joint', followed by '+prior', "
                f"'+noise', both or neither, such as {', '.join(VARIANTS[:2])}.",
            )
    for name, count in Counter(names).items():
        if count > 1:
            findings.add(
                "repeated-variant",
                where,
                f"twin variant '{name}' is asked for {count} times; once is enough.",
            )
    with_prior = [name for name in names if "prior" in name.split("+")]
    if with_prior and experiment.config.prior.name == "flat":
        findings.add(
            "no-prior-term",
            "prior.name",
            f"twin variant '{with_prior[0]}' keeps the prior term, but [prior] is flat and has "
            "none; take a Gaussian prior, or variants without '+prior'.",
        )
    alone = any(name.startswith("sites") for name in names)
    if alone and not hasattr(experiment.optimiser, "minimise_members"):
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
) -> Twin:
    """Run the variants of a twin; none is begun after an interruption.

    Args:
        experiment: its [twin] table says how; its observed values are not used.
        variants: instead of those of the table.
        monitor: receives the progress.
        solved: gets what is there after each variant, so that nothing of it can be lost.

    Raises:
        InvalidExperiment: all that keeps the twin from being run.
    """
    monitor, began = monitor or Monitor(), time.monotonic()
    config = experiment.config
    names = tuple(variants or config.twin.variants)
    findings = variant_findings(names, experiment)
    findings.extend(empty_control_findings(config, experiment.model, experiment.operators))
    findings.raise_if_any()
    section = evolve(config.truth or TruthSection(spread=0.0), noise=False)
    experiment = evolve(experiment, config=evolve(config, truth=section))
    monitor.stage("assembling the problem")
    problem = experiment.build()  # without noise
    true = truth(experiment, problem)
    found = Twin(
        experiment=experiment,
        control=problem.control,
        truth=true,
        tolerance=float(config.twin.tolerance),
        observations={name: len(s.values) for name, s in problem.streams.items()},
        variants=(),
    )
    for name in names:
        monitor.stage(f"twin {name}")
        variant = _solve(name, experiment, problem, true, monitor)
        seconds = time.monotonic() - began
        found = evolve(found, variants=(*found.variants, variant), seconds=seconds)
        if solved is not None:
            solved(found)
        if any(result.status == "interrupted" for result in variant.results):
            break
    return found


def perturbed(
    control: Control, truth: np.ndarray, share: float, generator: np.random.Generator
) -> np.ndarray:
    """The truth with every parameter moved by a share of its value, up or down.

    A parameter that is zero moves by that share of its prior sd. One that would leave its bounds
    moves the other way.

    Args:
        control: parameters.
        truth: control vector, shape (control,).
        share: of the value, 0.1 for ten per cent.
        generator: draws the signs.
    """
    value = control.physical(truth)
    move = share * np.where(value == 0.0, control.prior_sd, np.abs(value))
    move = move * generator.choice([-1.0, 1.0], len(value))
    lower, upper = np.array([e.parameter.bounds for e in control.active]).reshape(-1, 2).T
    outside = (value + move <= lower) | (value + move >= upper)
    moved = value + np.where(outside, -move, move)
    return control.pack(dict(zip(control.names, moved.tolist(), strict=True)))


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
        problem = _with_noise(problem, np.random.default_rng([seed, 2]))
    if "prior" not in extras:
        problem = problem.with_prior(Flat(problem.prior.mean))
    cells = problem_labels(problem)
    labels = cells if scope == "sites" else (ALL,)
    generator = np.random.default_rng([seed, 3])
    share = experiment.config.twin.perturbation
    start = np.array([perturbed(problem.control, true, share, generator) for _ in labels])
    most = getattr(experiment.optimiser, "iterations", None)

    def heard(label: str) -> Callable[[Iteration], None]:
        here = monitor.labelled(label if scope == "sites" else name)
        return lambda i: here.iteration(i, time.monotonic() - began, most)

    optimiser: Any = experiment.optimiser
    if "noise" in extras and isinstance(optimiser, GaussNewton):
        # the minimum is not at the truth: a hundredth of a posterior sd is near enough to it
        optimiser = evolve(optimiser, distance=max(optimiser.distance, NEAR))
    truths = np.tile(true, (len(labels), 1))
    if scope == "sites":
        members = Members.by_cell(problem, labels)
        each = [heard(label) for label in labels]
        results = optimiser.minimise_members(members, start, lambda m, i: each[m](i))
        jacobians = [jacobian for _, jacobian in members.misfits_and_jacobians(truths)]
    else:
        results = [optimiser.minimise(problem, start[0], heard(ALL))]
        jacobians = [problem.whitened(problem.jacobian(true))]
    found = np.array([result.x for result in results])
    recoveries = tuple(
        recovery(problem.control, true, x, jacobian)
        for x, jacobian in zip(found, jacobians, strict=True)
    )
    return Variant(name, labels, start, found, tuple(results), recoveries, time.monotonic() - began)


def problem_labels(problem: Problem) -> tuple[str, ...]:
    """A name for each cell of the grid: that of its observations, else its number."""
    names: dict[int, str] = {}
    for stream in problem.streams.values():
        for block in problem.blocks:
            seen = stream.observations
            cells = block.forcing.domain.grid.locate(seen.latitude, seen.longitude)
            for cell, label in zip(cells.tolist(), seen.label.tolist(), strict=True):
                if cell >= 0 and not stream.domain_scope:
                    names.setdefault(int(block.all_cells[cell]), str(label))
    count = sum(len(block.cells) for block in problem.blocks)
    return tuple(names.get(cell, f"cell {cell}") for cell in range(count))


def _with_noise(problem: Problem, generator: np.random.Generator) -> Problem:
    """The problem with a draw of the assumed errors added to its observations."""
    streams = {
        name: replaced(s, s.values + s.sd * generator.standard_normal(len(s.values)))
        for name, s in problem.streams.items()
    }
    return problem.with_streams(streams, problem.targets)
