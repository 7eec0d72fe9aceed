"""The short table at the end of a run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..diagnostics.variability import VARIABILITY
from ..experiment.experiment_data import ExperimentData
from ..experiment.minima_summary import starts_lines
from ..experiment.output_attributes import errors_of
from ..experiment.run import RunResult
from ..experiment.run_outputs import dropped_lines
from ..experiment.sensitivities import strongest
from ..outputs.parameter_names import parameter_names
from ..report.format import (
    cut_in_the_middle,
    reduction,
    rounded_sd,
    signed,
    significant,
    with_sd,
)
from .evaluation_tables import evaluation_text
from .text_table import table

SHOWN = 10  # parameters with the largest increments
WORDS = 56  # most characters of the name of a parameter
MOST_REGIONS = 40  # of a table that is shown in full; targets.nc has all


def summary(experiment: ExperimentData, result: RunResult) -> str:
    """Cost by term, misfit by place, largest increments, fluxes and the folder of the results."""
    optimisation = result.optimisation
    first, last = optimisation.iterations[0], optimisation.iterations[-1]
    sections = [f"{optimisation.status}: {optimisation.message}"]
    estimate = result.estimate
    sections.append(estimate.message if result.posterior is None else estimate.distance.sentence)
    if result.posterior is not None and result.ensemble is not None:
        sections.append(estimate.message)
    if result.earlier is not None:
        sections.append(f"the earlier results were not replaced; they are in {result.earlier}")
    if result.minima is not None:
        sections.append("\n".join(starts_lines(result.starts, result.minima)))
    if experiment.synthetic:
        sections.append("synthetic observations: made from a known truth")
    costs = [{**iteration.terms, "all": iteration.cost} for iteration in (first, last)]
    rows = [(name, *(significant(cost[name], 6) for cost in costs)) for name in costs[0]]
    norms = [i.gradient_norm for i in (first, last) if i.gradient_norm is not None]
    if len(norms) == 2:
        rows.append(("|gradient|", *(significant(norm, 3) for norm in norms)))
    elsewhere = not np.array_equal(first.x, result.problem.prior.mean)
    sections.append(table(("cost", "at its start" if elsewhere else "prior", "posterior"), rows))
    sections.append("\n".join(dropped_lines(result.problem)))
    sections.append(_misfits(experiment, result))
    sections.append(_information(result))
    sections.append(_shifts(result))
    if any("earlier_posterior" in target for target in result.targets.values()):
        sections.append(
            f"targets of the earlier run: as {experiment.config.prior.run} reports its posterior, "
            "with the sensitivities there"
        )
    if any("posterior_sd" in target for target in result.targets.values()):
        sections.append(
            "targets: prior sd with the sensitivities at the prior; posterior sd, prior sd there "
            "and reduction with those at the posterior\n"
            f"errors of targets: {errors_of(result.problem.control)}"
        )
    for name, target in result.targets.items():
        if target["period"] == "annual" or target["kind"] == "declared":
            sections.append(_target(name, target))
    sections += _influences(result)
    for name, evaluation in result.evaluation.items():
        sections.append(evaluation_text(name, evaluation))
    sections += [f"warning: {text}" for text in result.diagnosis.warnings]
    if result.truth is not None:
        sections.append(result.truth.sentence)
    counts = ", ".join(f"{count} {name}" for name, count in optimisation.counts.items() if count)
    stages = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in result.stages.items())
    sections.append(
        f"{len(optimisation.iterations) - 1} iterations, evaluations: {counts}; "
        f"{result.seconds:.0f} s ({stages})\nresults: {result.folder}"
    )
    return "\n\n".join(section for section in sections if section)


def _misfits(experiment: ExperimentData, result: RunResult) -> str:
    """Misfits, ratios of sd, and correlations of anomalies where values are near in time."""
    rows = []
    for stream, places in result.misfit.items():
        units = experiment.operators[stream].observes.units
        for place, (before, after) in places.items():
            label = f"{stream} ({units})" if place == "all" else f"  {place}"
            pair = result.variability[stream][place]
            scores = (significant(run[name], 3) for name in reversed(VARIABILITY) for run in pair)
            rows.append((label, significant(before), significant(after), *scores))
    head = (
        "root-mean-square misfit", "prior", "posterior", "sd over observed: prior", "posterior",
        "correlation of anomalies: prior", "posterior",
    )  # fmt: skip
    return table(head, rows)


def _information(result: RunResult) -> str:
    """Degrees of freedom for signal of each stream, and constrained directions."""
    if result.posterior is None:
        return ""
    freedom = result.estimate.degrees_of_freedom
    rows = [(name, significant(value, 3)) for name, value in freedom.items()]
    rows.append(("all", significant(sum(freedom.values()), 3)))
    unseen = int(np.sum(~result.estimate.null_space.observed))
    return (
        f"{table(('stream', 'degrees of freedom'), rows)}\n"
        f"{result.posterior.constrained} of {len(result.posterior.x)} directions are constrained; "
        f"no observation constrains {unseen} parameters"
    )


def _shifts(result: RunResult) -> str:
    control, prior, posterior = result.problem.control, result.problem.prior, result.posterior
    if posterior is None:
        return ""
    x0 = prior.mean
    prior_sd = control.physical_sd(x0, prior.covariance.sd)
    before, after = control.physical(x0), control.physical(posterior.x)
    sd = posterior.physical_sd(control)
    words = parameter_names(result.problem)
    order = np.argsort(-np.abs(posterior.x - x0))[:SHOWN]
    longest = max((len(control.names[n]) for n in order), default=0)
    rows = [
        (
            f"{control.names[n].ljust(longest)}  {cut_in_the_middle(words[n], WORDS)}".rstrip(),
            control.units[n],
            with_sd(before[n], prior_sd[n]),
            with_sd(after[n], sd[n]),
            f"{posterior.x[n] - x0[n]:+.2f}",
        )
        for n in order
    ]
    return table(("largest increments", "unit", "prior", "posterior", "prior sd"), rows)


def _target(name: str, target: Mapping[str, Any]) -> str:
    """A target before and after; no reduction where there is no posterior sd."""
    rows = []
    before = ("earlier run", "prior") if "earlier_posterior" in target else ("prior",)
    # of many regions the last one, which holds all of them
    last = len(target["region"]) - 1
    for n, region in enumerate(target["region"]):
        if last > MOST_REGIONS and n < last:
            continue
        prior_sd, sd = (
            target[key][n] if key in target else np.nan for key in ("prior_sd", "posterior_sd")
        )
        numbers = {
            "earlier run": _number(target, "earlier_posterior", n),
            "prior": _number(target, "prior", n),
        }
        cells = (*(numbers[run] for run in before), _number(target, "posterior", n))
        rows.append((str(region), *cells, rounded_sd(prior_sd), reduction(sd, prior_sd, 0)))
    title = name if target["kind"] == "declared" else name.upper()
    when = f", {target['period']}" if target["kind"] == "declared" else ""
    head = (
        f"{title} ({target['units']}){when}",
        *before,
        "posterior",
        "prior sd there",
        "reduction",
    )
    return table(head, rows)


def _number(target: Mapping[str, Any], run: str, n: int) -> str:
    """A value of a target with its sd where it has one; a dash where it is missing."""
    if run not in target:
        return "-"
    key = "prior_sd_at_prior" if run == "prior" else f"{run}_sd"
    sd = target[key][n] if key in target else np.nan
    return with_sd(target[run][n], sd) if np.isfinite(sd) else significant(target[run][n])


def _influences(result: RunResult) -> list[str]:
    """Observations with the largest effect on the targets of the window, where configured."""
    sensitivities = result.sensitivities
    if sensitivities is None:
        return []
    sections = []
    for name, target in result.targets.items():
        if target["kind"] == "regions" and target["period"] != "annual":
            continue
        label = name if target["kind"] == "declared" else f"{name} {target['region'][-1]}"
        units = sensitivities.units[sensitivities.target.index(label)]
        rows = [
            (f"{stream} {place}", signed(shift), significant(sd, 2))
            for stream, place, shift, sd in strongest(sensitivities, label)
        ]
        head = (f"moved {label} most ({units})", "by", "sd of its errors")
        sections.append(table(head, rows))
    return sections
