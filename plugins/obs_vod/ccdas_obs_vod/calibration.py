"""Calibration of the operator: a and b from optical depth, turnover times from biomass and NPP.

Both fits are least squares with the loss of scipy's "soft_l1", which grows linearly for residuals
larger than their scale, so that a few places with a wrong map do not decide. Standard errors are
those of a jackknife that leaves out one block of the globe at a time, because the errors of a map
are alike in places near to each other.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from attrs import frozen

from ccdas_framework import InvalidInput

SATURATION, SLOPE = 0.81759, 0.0087253  # a (1) and b (ha Mg-1), where the search begins
BLOCK = 20.0  # degrees of latitude and longitude that a jackknife leaves out together
GAUSSIAN = 1.4826  # sd of a normal distribution over its median absolute deviation
LEAST_SCALE = 1e-6  # of the residuals, in their unit, where a fit is exact
MAJORITY = 0.5  # share of NPP by which a cell counts as one of some classes
FEW_CELLS = 5  # a class with fewer cells has the spread of all, and its fit is not to be used


@frozen(eq=False)
class SaturationFit:
    """Fitted a and b of a atan(b AGB).

    Args:
        value: a (1) and b (ha Mg-1), shape (2,).
        standard_error: of each by the jackknife, NaN with fewer than two blocks, shape (2,).
        residual_sd: robust sd of optical depth about the curve (1).
        places: number of fitted places.
    """

    value: np.ndarray
    standard_error: np.ndarray
    residual_sd: float
    places: int


@frozen(eq=False)
class TurnoverFit:
    """Fitted turnover times of some classes.

    Args:
        classes: shape (class,).
        value: tau_eff (yr), shape (class,).
        spread: robust sd of ln(map / fitted biomass) between the cells of a class (1), shape
            (class,).
        standard_error: of ln tau_eff by the jackknife (1), NaN with fewer than two blocks, shape
            (class,).
        cells: number of cells of each class, those where it has at least half of the NPP of the
            fitted classes, shape (class,).
        fitted_cells: number of cells in the fit.
    """

    classes: np.ndarray
    value: np.ndarray
    spread: np.ndarray
    standard_error: np.ndarray
    cells: np.ndarray
    fitted_cells: int

    @property
    def sd(self) -> np.ndarray:
        """Prior sd (yr), shape (class,): tau_eff (exp(s) - 1), s spread and error in quadrature."""
        error = np.nan_to_num(self.standard_error)
        return np.asarray(self.value * np.expm1(np.hypot(self.spread, error)))


def saturation_fit(
    biomass: np.ndarray, optical_depth: np.ndarray, latitude: np.ndarray, longitude: np.ndarray
) -> SaturationFit:
    """a and b of VOD = a atan(b AGB) from places with both, weighted by the area of their cell.

    Args:
        biomass: AGB (Mg ha-1 of dry matter), shape (place,).
        optical_depth: VOD (1), shape (place,).
        latitude, longitude: of the places on an even grid (degrees), shape (place,).
    """
    weight = np.cos(np.radians(latitude))

    def fit(at: np.ndarray, start: np.ndarray) -> np.ndarray:
        def residual(logarithms: np.ndarray) -> np.ndarray:
            a, b = np.exp(logarithms)
            return np.asarray(a * np.arctan(b * biomass[at]) - optical_depth[at])

        return _robust_fit(residual, weight[at], start)

    everywhere = np.ones(len(biomass), dtype=bool)
    estimate = fit(everywhere, np.log([SATURATION, SLOPE]))
    value = np.exp(estimate)
    left = optical_depth - value[0] * np.arctan(value[1] * biomass)
    error = jackknife(fit, estimate, _blocks(latitude, longitude))
    return SaturationFit(value, value * error, _robust_sd(left), len(biomass))


def turnover_fit(
    biomass_carbon: np.ndarray,
    npp: np.ndarray,
    fraction: np.ndarray,
    area: np.ndarray,
    latitude: np.ndarray,
    longitude: np.ndarray,
    classes: np.ndarray,
    fitted: np.ndarray,
) -> TurnoverFit:
    """tau_eff of classes from the biomass of cells and the modelled NPP of their classes.

        C_g = sum_v f_v NPP_v tau_eff(v)      v: the fitted classes

    Cells where the fitted classes have less than half of the NPP are left out: a map of forest
    biomass says little there. All biomass of the other cells belongs to the fitted classes.

    Args:
        biomass_carbon: C, carbon above ground over the area of the cell (gC m-2), NaN where it is
            not known, shape (cell,).
        npp: of the ground of each class (gC m-2 yr-1), shape (cell, class).
        fraction: share of the cell under each class (1), shape (cell, class).
        area: of the cell (m2), shape (cell,).
        latitude, longitude: of the cells (degrees), shape (cell,).
        classes: shape (class,).
        fitted: classes to fit, each with some NPP, shape (fitted,).

    Raises:
        InvalidInput: fewer cells than classes hold biomass and have most NPP from them, or none of
            them has biomass above zero.
    """
    production = np.where(fraction > 0.0, fraction * np.maximum(npp, 0.0), 0.0)
    of_fitted = production[:, np.isin(classes, fitted)]
    share = _share(of_fitted.sum(axis=1), production.sum(axis=1))
    forested = np.isfinite(biomass_carbon) & (share >= MAJORITY)
    if forested.sum() < len(fitted):
        raise InvalidInput(
            f"{forested.sum()} cells have biomass in the map and most of their NPP from the "
            f"classes {', '.join(map(str, fitted))}; a fit needs as many cells "
            "as classes. Choose a map of the area of the run, or other classes.",
            code="too-few-places",
            where="biomass",
        )
    of_fitted, carbon = of_fitted[forested], biomass_carbon[forested]
    if carbon.sum() <= 0.0:
        raise InvalidInput(
            f"the {len(carbon)} cells with most of their NPP from the classes "
            f"{', '.join(map(str, fitted))} have no biomass above zero; a turnover time is biomass "
            "over NPP. Choose a map of the area of the run and check its unit.",
            code="no-biomass",
            where="biomass",
        )
    weight = area[forested] / area[forested].mean()

    def fit(at: np.ndarray, start: np.ndarray) -> np.ndarray:
        def residual(logarithms: np.ndarray) -> np.ndarray:
            return np.asarray(of_fitted[at] @ np.exp(logarithms) - carbon[at])

        return _robust_fit(residual, weight[at], start)

    mean_turnover = carbon.sum() / of_fitted.sum()
    start = np.full(of_fitted.shape[1], np.log(mean_turnover))
    estimate = fit(np.ones(len(carbon), dtype=bool), start)
    modelled = of_fitted @ np.exp(estimate)
    ratio = np.log(np.maximum(carbon, 1e-3 * modelled) / modelled)
    of_class = _share(of_fitted, of_fitted.sum(axis=1)[:, None]) >= MAJORITY
    cells = of_class.sum(axis=0)
    spread = np.array(
        [_robust_sd(ratio[m]) if m.sum() >= FEW_CELLS else np.nan for m in of_class.T]
    )
    error = jackknife(fit, estimate, _blocks(latitude[forested], longitude[forested]))
    return TurnoverFit(
        classes=classes[np.isin(classes, fitted)],
        value=np.exp(estimate),
        spread=np.where(np.isnan(spread), _robust_sd(ratio), spread),
        standard_error=error,
        cells=cells,
        fitted_cells=len(carbon),
    )


def jackknife(
    fit: Callable[[np.ndarray, np.ndarray], np.ndarray], estimate: np.ndarray, blocks: np.ndarray
) -> np.ndarray:
    """Standard error of fitted numbers, shape of `estimate`; NaN with fewer than two blocks.

        s^2 = (n - 1)/n sum_i (p_(i) - mean p_(i))^2      p_(i) without block i

    Args:
        fit: fitted numbers from places (a mask, shape (place,)) and a start.
        estimate: fitted numbers from all places, the start of each fit.
        blocks: number of the block of each place, shape (place,).

    Source: Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 11.
    """
    numbers = np.unique(blocks)
    if len(numbers) < 2:
        return np.full(np.shape(estimate), np.nan)
    without = np.stack([fit(blocks != number, estimate) for number in numbers])
    n = len(numbers)
    return np.asarray(np.sqrt((n - 1) / n * ((without - without.mean(axis=0)) ** 2).sum(axis=0)))


def _robust_fit(
    residual: Callable[[np.ndarray], np.ndarray], weight: np.ndarray, start: np.ndarray
) -> np.ndarray:
    """Numbers of the least robust loss; the scale is the robust sd of a first, plain fit."""
    from scipy.optimize import least_squares  # slow to import

    root = np.sqrt(weight)
    plain = least_squares(lambda p: root * residual(p), start).x
    scale = max(_robust_sd(residual(plain)), LEAST_SCALE)
    robust = least_squares(lambda p: root * residual(p) / scale, plain, loss="soft_l1")
    return np.asarray(robust.x)


def _robust_sd(values: np.ndarray) -> float:
    """Median absolute deviation from the median as the sd of a normal distribution."""
    return float(GAUSSIAN * np.median(np.abs(values - np.median(values))))


def _blocks(latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
    """Number of the block of each place, shape (place,)."""
    row = np.floor((latitude + 90.0) / BLOCK).astype(int)
    column = np.floor((longitude % 360.0) / BLOCK).astype(int)
    return np.asarray(row * 1000 + column)


def _share(part: np.ndarray, total: np.ndarray) -> np.ndarray:
    """Part over total, 0 where the total is 0."""
    return np.asarray(np.where(total > 0.0, part / np.where(total > 0.0, total, 1.0), 0.0))
