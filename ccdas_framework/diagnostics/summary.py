"""All diagnostics of one run, as tables and sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from attrs import frozen

from ..core.control import Control
from ..core.errors import Finding, Findings
from ..posterior import Posterior, combination
from . import identifiability
from . import warning_messages as sentences
from .consistency import (
    ChiSquared,
    ErrorEstimates,
    chi_squared,
    error_estimates,
    prior_chi_squared,
    total_chi_squared,
)
from .fit import StreamFit, autocorrelation, innovation_statistics, mean_and_sd
from .influence import TargetChange, attributed_shifts, nonlinearity, signal, target_shifts

FEWEST = 8  # values that a place needs for a line of its own
OF_PLACES = 0.999  # share of consistent streams with every place inside its range
SHOWN = 10  # directions of the table
NO_POSTERIOR = (
    "There is no posterior: expected values of consistent errors, degrees of freedom, "
    "the effect of each stream and the constrained directions are not available."
)
ROBUST = (
    "Streams with robust errors ({streams}) have no expected values and no estimates of their "
    "errors, which are defined for Gaussian errors."
)

Table = dict[str, Any]


@frozen(eq=False)
class Diagnosis:
    """Diagnostics of a run from its residuals, Hessian and increments.

    Args:
        tables: dimension -> {column: values along it}: `term`, `stream`, `place`, and with a
            posterior `control`, `direction`, `pair` and `target`. A column of two dimensions has
            shape (stream, its own) or, for `component`, (direction, control).
        warnings: findings where the residuals contradict the assumed errors.
        missing: sentences that name the diagnostics that are not available, and the reason.
    """

    tables: Mapping[str, Table]
    warnings: tuple[Finding, ...] = ()
    missing: tuple[str, ...] = ()


def diagnose(
    fits: Sequence[StreamFit],
    posterior: Posterior | None,
    x_b: np.ndarray,
    control: Control | None = None,
    targets: Sequence[TargetChange] = (),
) -> Diagnosis:
    """All diagnostics that follow from the results of a run, without a new model run.

    Args:
        fits: of each stream, with the sensitivity at the optimum.
        posterior: at the optimum; None where the run did not end at a minimum.
        x_b: prior mean, shape (control,).
        control: names and bounds of the parameters.
        targets: at x_b and at the optimum, with their sensitivity.
    """
    estimates = [error_estimates(fit, posterior) for fit in fits]
    streams = [_stream(*each, posterior, x_b) for each in zip(fits, estimates, strict=True)]
    chi = [chi_squared(fit, posterior) for fit in fits]
    terms = list(chi)
    if posterior is not None:
        free = int(np.isinf(posterior.prior_sd).sum())
        terms = [prior_chi_squared(posterior, x_b), *chi]
        terms.append(total_chi_squared(terms, free))
    places = [_places(fit, posterior) for fit in fits]
    tables: dict[str, Table] = {
        "term": _columns([_of_term(t) for t in terms]),
        "stream": _columns(streams),
        "place": _columns([row for rows in places for row, _ in rows]),
    }
    warnings = Findings()
    if posterior is not None:
        shifts = attributed_shifts(fits, posterior, x_b)
        tables["control"] = _control(posterior, x_b, shifts, control)
        names = control.names if control else tuple(str(n) for n in range(len(x_b)))
        tables |= _direction_tables(posterior, names)
        if targets:
            tables["target"] = target_shifts(targets, shifts)
        warnings.extend(sentences.of_prior(terms[0]))
    for n, (fit, term) in enumerate(zip(fits, chi, strict=True)):
        warnings.extend(sentences.of_stream(term, estimates[n], fit.units))
        if not term.contradicted:
            warnings.extend(sentences.of_places(fit.name, [p for _, p in places[n]]))
        neighbours = streams[n]["autocorrelation"], streams[n]["neighbours"]
        warnings.extend(sentences.of_neighbours(fit.name, *neighbours))
        warnings.extend(fit.large_residuals())
    missing = [NO_POSTERIOR] if posterior is None else []
    if robust := [fit.name for fit in fits if fit.robust is not None]:
        missing.append(ROBUST.format(streams=", ".join(robust)))
    return Diagnosis(tables, tuple(warnings), tuple(missing))


def _of_term(term: ChiSquared) -> Table:
    return {
        "term": term.name,
        "term_count": term.count,
        "twice_cost": term.value,
        "expected": term.expected,
        "expected_sd": term.sd,
        "lower": term.lower,
        "upper": term.upper,
        "ratio": term.ratio,
        "contradicted": int(term.contradicted),
    }


def _stream(
    fit: StreamFit, estimates: ErrorEstimates, posterior: Posterior | None, x_b: np.ndarray
) -> Table:
    mean, sd = mean_and_sd(fit.observed - fit.posterior)
    correlation, pairs = autocorrelation(fit)
    freedom = np.nan if posterior is None else signal(fit, posterior)
    return {
        "stream": fit.name,
        "stream_units": fit.units,
        "count": len(fit),
        **innovation_statistics(fit, None if posterior is None else posterior.prior_covariance),
        "residual_mean": mean,
        "residual_sd": sd,
        "autocorrelation": correlation,
        "neighbours": pairs,
        "error_sd_assumed": estimates.error_sd_assumed,
        "error_sd_estimated": estimates.error_sd,
        "error_ratio": estimates.ratio,
        "prior_variance_assumed": estimates.prior_assumed,
        "prior_variance_estimated": estimates.prior,
        "posterior_variance_assumed": estimates.posterior_assumed,
        "posterior_variance_estimated": estimates.posterior,
        "degrees_of_freedom": freedom,
        "influence": freedom / len(fit) if len(fit) else np.nan,
        "nonlinearity": np.nan if posterior is None else nonlinearity(fit, posterior.x - x_b),
    }


def _places(fit: StreamFit, posterior: Posterior | None) -> list[tuple[Table, ChiSquared]]:
    """Lines of the table of places; the ranges are wider where there are more places."""
    names, code = np.unique(fit.place.astype(str), return_inverse=True)
    parts = {
        str(name): fit.take(code == n)
        for n, name in enumerate(names)
        if np.sum(code == n) >= FEWEST
    }
    confidence = 1.0 - (1.0 - OF_PLACES) / max(len(parts), 1)
    out = []
    for place, part in parts.items():
        term = chi_squared(part, posterior, name=place, confidence=confidence)
        correlation, _ = autocorrelation(part)
        row = {
            "place": place,
            "place_stream": fit.name,
            "place_count": term.count,
            "place_twice_cost": term.value,
            "place_expected": term.expected,
            "place_lower": term.lower,
            "place_upper": term.upper,
            "place_ratio": term.ratio,
            "place_error_ratio": error_estimates(part, posterior).ratio,
            "place_residual_mean": mean_and_sd(part.residual)[0],
            "place_autocorrelation": correlation,
            "place_degrees_of_freedom": term.count - term.expected,
        }
        out.append((row, term))
    return out


def _control(
    posterior: Posterior,
    x_b: np.ndarray,
    shifts: Mapping[str, np.ndarray],
    control: Control | None,
) -> Table:
    increment = posterior.x - x_b
    table: Table = {
        "shift": increment / posterior.prior_sd,
        "control_shift": np.array(list(shifts.values())),
        "control_rest": increment - sum(shifts.values()),
        "far": (np.abs(increment) > identifiability.FAR * posterior.prior_sd).astype(int),
    }
    if control is not None:
        table["control"] = list(control.names)
        table["at_bound"] = identifiability.at_bounds(control, posterior.x).astype(int)
    return table


def _direction_tables(posterior: Posterior, names: Sequence[str]) -> dict[str, Table]:
    eigenvalues, components = identifiability.directions(posterior)
    leading = slice(0, min(SHOWN, max(posterior.constrained, 1)))
    pairs = identifiability.strong_correlations(posterior.covariance, names)
    return {
        "direction": {
            "eigenvalue": eigenvalues[leading],
            "component": components[leading],
            "combination": [combination(c, names) for c in components[leading]],
        },
        "pair": {
            "pair_first": [first for first, _, _ in pairs],
            "pair_second": [second for _, second, _ in pairs],
            "pair_correlation": np.array([value for _, _, value in pairs]),
        },
    }


def _columns(rows: Sequence[Table]) -> Table:
    return {name: [row[name] for row in rows] for name in rows[0]} if rows else {}
