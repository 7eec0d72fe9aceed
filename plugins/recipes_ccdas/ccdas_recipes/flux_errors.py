"""Errors of monthly tower fluxes as observations of a model with plant functional types."""

from __future__ import annotations

import numpy as np

# Share of the mean flux of a land cover class, and least error. Gap filling and the threshold of
# friction velocity leave about 10 per cent, Papale et al. (2006), Biogeosciences 3, 571-583; the
# partition of net exchange about 10, Desai et al. (2008), Agric. For. Meteorol. 148, 821-838, and
# Keenan et al. (2019), Nat. Ecol. Evol. 3, 407-415. The energy balance of towers is closed to 80
# per cent, Wilson et al. (2002), Agric. For. Meteorol. 113, 223-243. Floors are this project's
# choice.
SHARE_OF = {"gpp": ("gpp", 0.15), "nee": ("gpp", 0.10), "et": ("et", 0.20)}  # flux, 1
FLOOR = {"gpp": 0.3, "nee": 0.3, "et": 0.2}  # gC m-2 d-1, gC m-2 d-1, mm d-1
FEWEST_TOWERS = 3  # of a class; classes with fewer have the spread of all towers


def flux_errors(
    fluxes: dict[str, np.ndarray],
    assimilated: np.ndarray,
    land_cover: np.ndarray,
    latitude: np.ndarray,
    month_of_year: np.ndarray,
) -> dict[str, np.ndarray]:
    """Standard deviation of monthly fluxes, units of the fluxes, each (month, site).

        sd^2 = (share F)^2 + s^2

    F is the mean and s the standard deviation of the assimilated values of all towers of a land
    cover class in a month of the year, shifted by half a year in the south. s is the
    representation error: parameters of a plant functional type cannot follow single towers. The
    error does not depend on the value itself. With an error that grows with it, low values have
    the largest weights, and the fit lies below the mean of the towers.

    Args:
        fluxes: "gpp", "nee" (gC m-2 d-1) and "et" (mm d-1), NaN where missing, (month, site).
        assimilated: months that are assimilated, (month, site).
        land_cover: class of each site, shape (site,).
        latitude: degrees, shape (site,).
        month_of_year: 0 to 11, shape (month,).
    """
    season = (month_of_year[:, None] + np.where(latitude < 0.0, 6, 0)) % 12
    group = {
        name: _mean_and_spread(np.where(assimilated, values, np.nan), season, land_cover)
        for name, values in fluxes.items()
    }
    return {
        name: np.maximum(np.hypot(share * group[of][0], group[name][1]), FLOOR[name])
        for name, (of, share) in SHARE_OF.items()
    }


def _mean_and_spread(
    values: np.ndarray, season: np.ndarray, land_cover: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Mean size and standard deviation of the class and season of each value, (month, site)."""
    mean, spread = np.zeros(values.shape), np.zeros(values.shape)
    measured = np.isfinite(values)
    for name in np.unique(land_cover):
        of_class = land_cover == name
        pool = of_class if measured[:, of_class].any(axis=0).sum() >= FEWEST_TOWERS else True
        for month in range(12):
            here = of_class & (season == month)
            chosen = values[measured & pool & (season == month)]
            mean[here] = np.abs(np.mean(chosen)) if len(chosen) else 0.0
            spread[here] = np.std(chosen) if len(chosen) else 0.0
    return mean, spread
