"""The bounded scalars, fitted to the output of a full transport model, never to observations."""

from __future__ import annotations

import numpy as np
from attrs import evolve
from scipy.optimize import least_squares

from ..tracer.model import Transport
from ..tracer.settings import TransportSettings

PRIOR_SD = 0.25  # of a scalar about its first guess, as a share of the range of its bounds
MONTHS = 60  # of the full model that the fit looks at, the first of them spin-up
STEPS = 15  # a month, in the fit; the transport itself takes twice as many
SPIN_UP = 24  # months before those compared; the model starts uniform
FLOOR = 0.3  # ppm, error of a monthly value that the fit does not try to beat
RELATIVE = 0.3  # of the full model's own variability, likewise: what zonal fluxes cannot say


def misfit(settings, winds, fluxes, records, months):
    """Differences from the full model at the tuning stations, in units of their error, flat.

        (c - c_full - mean over all) / sqrt(floor^2 + (relative sd_full)^2)

    Args:
        settings: of the transport.
        winds: Winds.
        fluxes: kgC yr-1 of the full model, shape (month, latitude, longitude), from January.
        records: with the output of the full model.
        months: how many, from the first of the records.
    """
    transport = Transport.from_winds(settings, winds)
    chosen = records.tuning
    stations = records.stations.take(
        [n for n, c in zip(records.stations.id, chosen, strict=True) if c]
    )
    simulated = transport.forward(fluxes[:months], stations)[SPIN_UP:]
    full = records.full_model[SPIN_UP:months, chosen]
    trend = np.polynomial.polynomial.polyfit(np.arange(len(full)), full, 1)
    season = full - np.polynomial.polynomial.polyval(np.arange(len(full)), trend).T
    error = np.sqrt(FLOOR**2 + (RELATIVE * season.std(axis=0)) ** 2)
    difference = simulated - full
    weight = 1.0 / error**2
    difference = difference - np.average(difference.mean(axis=0), weights=weight)
    return (difference / error / np.sqrt(len(full))).ravel()


def fit(winds, fluxes, records, months=MONTHS, names=None, first=None, report=None, evaluations=8):
    """The settings whose output is nearest to the full model's, within their bounds.

    Differences beyond one error count by their size, not its square: what a lost longitude does to
    a station beside a tropical continent is not to be mended by the transport. The first guesses
    hold each scalar, with a quarter of the range between its bounds as their error.

    Args:
        winds, fluxes, records, months: as for `misfit`.
        names: scalars to fit; all of them by default.
        first: settings to start from.
        report: called with the settings and half the squared misfit after each evaluation.
        evaluations: at most, of the misfit and its differences.
    """
    first = first or TransportSettings()
    steps, first = first.steps_per_month, evolve(first, steps_per_month=STEPS)
    names = names or TransportSettings.tuned_names()
    guess = np.array([TransportSettings.guess(name) for name in names])
    bounds = np.array([TransportSettings.bounds(name) for name in names])
    low, width = bounds[:, 0], np.ptp(bounds, axis=1)

    def settings_of(x):
        values = {n: float(v) for n, v in zip(names, low + np.clip(x, 0, 1) * width, strict=True)}
        return evolve(first, **values)

    def residuals(x):
        settings = settings_of(x)
        out = misfit(settings, winds, fluxes, records, months)
        out = np.append(out, (x - (guess - low) / width) / PRIOR_SD)
        if report is not None:
            report(settings, 0.5 * float(out @ out))
        return out

    start = (np.array([getattr(first, name) for name in names]) - low) / width
    found = least_squares(
        residuals, np.clip(start, 1e-3, 1 - 1e-3), bounds=(0.0, 1.0), diff_step=0.02,
        loss="soft_l1", f_scale=1.0 / np.sqrt(months - SPIN_UP),
        max_nfev=evaluations, xtol=1e-3, ftol=1e-3,
    )  # fmt: skip
    return evolve(settings_of(found.x), steps_per_month=steps)
