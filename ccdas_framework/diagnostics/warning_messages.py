"""Warnings: findings where the residuals contradict the assumed errors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..core.errors import Finding
from .consistency import ChiSquared, ErrorEstimates

CORRELATED = 0.5  # correlation of neighbouring residuals that is worth a warning
SIGNIFICANT = 2.6  # standard errors; two-sided 99 %
MUCH = 1000.0  # messages give a larger ratio as "more than"
NAMED = 3  # places that a message names


def of_stream(term: ChiSquared, estimates: ErrorEstimates, units: str) -> list[Finding]:
    """The assumed errors of a stream against its residuals."""
    if not term.contradicted:
        return []
    larger = term.ratio > 1.0
    size = f"{_times(term.ratio)} {'larger' if larger else 'smaller'}"
    text = (
        f"stream '{term.name}': residuals are {size} than the assumed errors say "
        f"({_evidence(term)})."
    )
    if np.isfinite(estimates.error_sd):
        unit = "" if units == "1" else f" {units}"
        text += (
            f" The errors estimated from the misfits have an sd of {estimates.error_sd:.2g}{unit}, "
            f"{estimates.error_sd_assumed:.2g}{unit} is assumed."
        )
    if larger:
        code = "errors-too-small"
        advice = (
            "Consider larger errors, or look for missing processes of the model; the posterior "
            "uncertainties are too small as they are."
        )
    else:
        code = "errors-too-large"
        advice = (
            "Consider smaller errors, unless they are large to make up for their correlation; "
            "as they are, the stream counts for less than it could."
        )
    return [Finding(code, f"streams.{term.name}", f"{text} {advice}")]


def of_prior(term: ChiSquared) -> list[Finding]:
    """The prior uncertainties against how far the parameters moved."""
    if not term.contradicted:
        return []
    if term.ratio > 1.0:
        code, increment = "prior-too-narrow", "further"
        advice = (
            "Consider wider priors, or look for a stream that moves them to compensate for a "
            "missing process of the model."
        )
    else:
        code, increment = "prior-too-wide", "less"
        advice = "Consider narrower priors; as they are, the uncertainty reduction is overstated."
    message = (
        f"prior: the parameters moved {_times(term.ratio)} {increment} than their prior "
        f"uncertainties say ({_evidence(term)}). {advice}"
    )
    return [Finding(code, "prior", message)]


def of_places(stream: str, places: Sequence[ChiSquared]) -> list[Finding]:
    """Places whose residuals contradict the errors of a stream that is consistent in total."""
    bad = [place for place in places if place.contradicted]
    if not bad:
        return []
    bad.sort(key=lambda place: -_factor(place.ratio))
    named = ", ".join(
        f"{place.name} {_times(place.ratio)} {'larger' if place.ratio > 1 else 'smaller'}"
        for place in bad[:NAMED]
    )
    more = "" if len(bad) <= NAMED else f", and {len(bad) - NAMED} more"
    message = (
        f"stream '{stream}': residuals contradict the assumed errors at {len(bad)} of "
        f"{len(places)} places ({named}{more}). Consider errors that differ from place to place."
    )
    return [Finding("errors-differ-by-place", f"streams.{stream}", message)]


def of_neighbours(stream: str, correlation: float, pairs: int) -> list[Finding]:
    """Errors assumed to be independent against residuals that follow each other."""
    if not correlation > max(CORRELATED, SIGNIFICANT / np.sqrt(max(pairs, 1))):
        return []
    message = (
        f"stream '{stream}': neighbouring residuals of a place are correlated ({correlation:.2f} "
        f"over {pairs} pairs), which the assumed errors do not say. Consider fewer values, larger "
        "errors or correlated ones; the posterior uncertainties are too small as they are."
    )
    return [Finding("correlated-residuals", f"streams.{stream}", message)]


def _evidence(term: ChiSquared) -> str:
    return (
        f"2J = {term.value:.4g} at the optimum, expected {term.expected:.4g}, "
        f"99 % range {term.lower:.4g} to {term.upper:.4g}"
    )


def _times(ratio: float) -> str:
    """A ratio of sizes, whichever is the larger: '2.3 times'."""
    return f"{_factor(ratio):.2g} times" if _factor(ratio) < MUCH else f"more than {MUCH:g} times"


def _factor(ratio: float) -> float:
    return max(ratio, 1.0 / ratio) if ratio > 0.0 else np.inf
