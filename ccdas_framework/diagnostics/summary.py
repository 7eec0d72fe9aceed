"""All diagnostics of one run, as tables and sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from attrs import asdict, field, frozen

from ..core.control import Control
from ..core.errors import Finding, Findings
from ..posterior import Posterior, combination
from . import identifiability
from . import warning_messages as sentences
from .consistency import (
    ChiSquared,
    chi_squared,
    error_estimates,
    prior_chi_squared,
    total_chi_squared,
)
from .fit import StreamFit, autocorrelation, innovation_statistics
from .influence import TargetChange, attributed_shifts, nonlinearity, signal, target_shifts

FEWEST = 8  # values that a place needs for a line of its own
OF_PLACES = 0.999  # share of consistent streams with every place inside its range
SHOWN = 10  # directions of the table

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
    missing: tuple[str, ...] = field(default=())


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
        posterior: there; None where the run did not end at a minimum.
        x_b: prior mean, shape (control,).
        control: names and bounds of the parameters.
        targets: at x_b and at the optimum, with their sensitivity.
    """
    missing = _missing(fits, posterior)
    usable = posterior if posterior is None or _complete(fits) else None
    streams = [_stream(fit, usable, x_b) for fit in fits]
    chi = [chi_squared(fit, usable) for fit in fits]
    terms = list(chi)
    if usable is not None:
        free = int(np.isinf(usable.prior_sd).sum())
        terms = [prior_chi_squared(usable, x_b), *chi]
        terms.append(total_chi_squared(terms, free))
    places = {fit.name: _places(fit, usable) for fit in fits}
    tables: dict[str, Table] = {
        "term": _columns([_of_term(t) for t in terms]),
        "stream": _columns(streams),
        "place": _columns([row for rows in places.values() for row, _ in rows]),
    }
    if usable is not None:
        shifts = attributed_shifts(fits, usable, x_b)
        tables["control"] = _control(usable, x_b, shifts, control)
        names = control.names if control else tuple(str(n) for n in range(len(x_b)))
        tables |= _direction_tables(usable, names)
        if targets:
            tables["target"] = _target(targets, shifts)
    warnings = Findings()
    if usable is not None:
        warnings.extend(sentences.of_prior(terms[0]))
    for fit, term, row in zip(fits, chi, streams, strict=True):
        estimates = error_estimates(fit, usable)
        warnings.extend(sentences.of_stream(term, estimates, fit.units))
        if not term.contradicted:
            warnings.extend(sentences.of_places(fit.name, [p for _, p in places[fit.name]]))
        neighbours = row["autocorrelation"], row["neighbours"]
        warnings.extend(sentences.of_neighbours(fit.name, *neighbours))
    return Diagnosis(tables, tuple(warnings), missing)


def _complete(fits: Sequence[StreamFit]) -> bool:
    return all(fit.sensitivity is not None for fit in fits)


def _missing(fits: Sequence[StreamFit], posterior: Posterior | None) -> tuple[str, ...]:
    if posterior is None:
        return (
            "There is no posterior: expected values of consistent errors, degrees of freedom, "
            "the effect of each stream and the constrained directions are not available.",
        )
    if not _complete(fits):
        return (
            "The sensitivities of the simulated observations are not known: expected values of "
            "consistent errors, degrees of freedom, the effect of each stream and the constrained "
            "directions are not available.",
        )
    return ()


def _of_term(term: ChiSquared) -> Table:
    names = {"value": "twice_cost", "expected": "expected", "sd": "expected_sd"}
    values = asdict(term)
    return {
        "term": term.name,
        "term_count": term.count,
        **{new: values[old] for old, new in names.items()},
        "lower": term.lower,
        "upper": term.upper,
        "ratio": term.ratio,
        "contradicted": int(term.contradicted),
    }


def _stream(fit: StreamFit, posterior: Posterior | None, x_b: np.ndarray) -> Table:
    """A line of the table of streams."""
    estimates = error_estimates(fit, posterior)
    correlation, pairs = autocorrelation(fit)
    freedom = np.nan if posterior is None else signal(fit, posterior)
    return {
        "stream": fit.name,
        "stream_units": fit.units,
        "count": len(fit),
        **innovation_statistics(fit, None if posterior is None else posterior.prior_covariance),
        "residual_mean": _mean(fit.observed - fit.posterior),
        "residual_sd": float(np.std(fit.observed - fit.posterior)) if len(fit) else np.nan,
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
    parts = {str(name): fit.take(code == n) for n, name in enumerate(names)}
    parts = {place: part for place, part in parts.items() if len(part) >= FEWEST}
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
            "place_residual_mean": _mean(part.residual),
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


def _target(targets: Sequence[TargetChange], shifts: Mapping[str, np.ndarray]) -> Table:
    changes = target_shifts(targets, shifts)
    renamed = ("units", "prior", "posterior", "rest")
    return {
        **{name: changes[name] for name in ("quantity", "region", "period")},
        **{f"target_{name}": changes[name] for name in renamed},
        "target_shift": np.array(list(changes["by_stream"].values())),
    }


def _direction_tables(posterior: Posterior, names: Sequence[str]) -> dict[str, Table]:
    spectrum = identifiability.directions(posterior)
    leading = slice(0, min(SHOWN, max(posterior.constrained, 1)))
    pairs = identifiability.strong_correlations(posterior.covariance, names)
    components = spectrum.component[leading]
    return {
        "direction": {
            "eigenvalue": spectrum.eigenvalue[leading],
            "component": components,
            "combination": [combination(c, names) for c in components],
        },
        "pair": {
            "pair_first": [first for first, _, _ in pairs],
            "pair_second": [second for _, second, _ in pairs],
            "pair_correlation": np.array([value for _, _, value in pairs]),
        },
    }


def _columns(rows: Sequence[Table]) -> Table:
    return {name: [row[name] for row in rows] for name in rows[0]} if rows else {}


def _mean(values: np.ndarray) -> float:
    return float(np.mean(values)) if len(values) else np.nan
