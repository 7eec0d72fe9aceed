"""Fit of the bounded scalars to the output of a full transport model, without observations."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from attrs import evolve
from scipy.optimize import least_squares

from ..tracer.model import Transport
from ..tracer.settings import TransportSettings
from ..tracer.winds import Winds
from .station_records import StationRecords

PRIOR_SD = 0.25  # of a scalar about its first guess, over the range of its bounds
MONTHS = 60  # of the full model in the fit, the first of them spin-up
STEPS_PER_MONTH = 15  # in the fit; the transport itself takes twice as many
SPIN_UP = 24  # months before those compared; the model starts uniform
ERROR_FLOOR = 0.3  # ppm, error of a monthly value
RELATIVE_ERROR = 0.3  # of the full model's variability: limits of zonal fluxes


def misfit(
    settings: TransportSettings,
    winds: Winds,
    fluxes: np.ndarray,
    records: StationRecords,
    months: int,
) -> np.ndarray:
    """Differences from the full model at the tuning stations, in units of their error, flat.

        (c - c_full - mean over all) / sqrt(floor^2 + (relative sd_full)^2)

    Args:
        settings: settings of the transport.
        winds: stream functions of the winds.
        fluxes: kgC yr-1 of the full model, shape (month, latitude, longitude), from January.
        records: output of the full model at stations.
        months: number of months, from the first of the records.
    """
    transport = Transport.from_winds(settings, winds)
    selected = records.tuning
    stations = records.stations.take(
        [n for n, c in zip(records.stations.id, selected, strict=True) if c]
    )
    simulated = transport.forward(fluxes[:months], stations)[SPIN_UP:]
    full = records.full_model[SPIN_UP:months, selected]
    trend = np.polynomial.polynomial.polyfit(np.arange(len(full)), full, 1)
    season = full - np.polynomial.polynomial.polyval(np.arange(len(full)), trend).T
    error = np.sqrt(ERROR_FLOOR**2 + (RELATIVE_ERROR * season.std(axis=0)) ** 2)
    difference = simulated - full
    weight = 1.0 / error**2
    difference = difference - np.average(difference.mean(axis=0), weights=weight)
    return (difference / error / np.sqrt(len(full))).ravel()


def fit(
    winds: Winds,
    fluxes: np.ndarray,
    records: StationRecords,
    months: int = MONTHS,
    names: Sequence[str] | None = None,
    first: TransportSettings | None = None,
    report: Callable[[TransportSettings, float], None] | None = None,
    evaluations: int = 8,
) -> TransportSettings:
    """Settings with the output nearest to the full model's, within their bounds.

    Differences beyond one error count by their size, not its square, since the transport cannot
    correct the missing longitudes at a station near a tropical continent. The prior of each scalar
    is its first guess, with a quarter of the range between its bounds as error.

    Args:
        winds, fluxes, records, months: as for `misfit`.
        names: scalars to fit. None takes all.
        first: initial settings.
        report: called with the settings and half the squared misfit after each evaluation.
        evaluations: maximum number of evaluations of the misfit and its differences.
    """
    first = first or TransportSettings()
    steps, first = first.steps_per_month, evolve(first, steps_per_month=STEPS_PER_MONTH)
    names = names or TransportSettings.tuned_names()
    guess = np.array([TransportSettings.guess(name) for name in names])
    bounds = np.array([TransportSettings.bounds(name) for name in names])
    low, width = bounds[:, 0], np.ptp(bounds, axis=1)

    def settings_at(x: np.ndarray) -> TransportSettings:
        values = {n: float(v) for n, v in zip(names, low + np.clip(x, 0, 1) * width, strict=True)}
        return evolve(first, **values)

    def residuals(x: np.ndarray) -> np.ndarray:
        settings = settings_at(x)
        out = misfit(settings, winds, fluxes, records, months)
        out = np.append(out, (x - (guess - low) / width) / PRIOR_SD)
        if report is not None:
            report(settings, 0.5 * float(out @ out))
        return out

    start = (np.array([getattr(first, name) for name in names]) - low) / width
    result = least_squares(
        residuals, np.clip(start, 1e-3, 1 - 1e-3), bounds=(0.0, 1.0), diff_step=0.02,
        loss="soft_l1", f_scale=1.0 / np.sqrt(months - SPIN_UP),
        max_nfev=evaluations, xtol=1e-3, ftol=1e-3,
    )  # fmt: skip
    return evolve(settings_at(result.x), steps_per_month=steps)
