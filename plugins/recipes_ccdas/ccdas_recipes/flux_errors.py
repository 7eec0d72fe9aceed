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

    F is the mean flux of a land cover class and s the standard deviation between its towers in a
    month of the year, shifted by half a year in the south. Both are means over the months of the
    year, of assimilated values. s is the representation error: parameters of a plant functional
    type cannot follow single towers. The error is that of the class in all months, as in Kuppel et
    al. (2012), Biogeosciences 9, 3757-3776. With an error that grows with the flux, low values and
    winter months have the largest weights, and the fit lies below the towers.

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
        name: np.broadcast_to(
            np.maximum(np.hypot(share * group[of][0], group[name][1]), FLOOR[name]), season.shape
        )
        for name, (of, share) in SHARE_OF.items()
    }


def _mean_and_spread(
    values: np.ndarray, season: np.ndarray, land_cover: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Mean size of the fluxes of each site's class, and standard deviation within its months.

    Args:
        values: NaN where not assimilated, shape (month, site).
        season: month of the year, 0 to 11, same shape.
        land_cover: class of each site, shape (site,).

    Returns:
        Two arrays of shape (site,).
    """
    mean, spread = np.zeros(len(land_cover)), np.zeros(len(land_cover))
    measured = np.isfinite(values)
    for name in np.unique(land_cover):
        of_class = land_cover == name
        pool = of_class if measured[:, of_class].any(axis=0).sum() >= FEWEST_TOWERS else True
        chosen = [values[measured & pool & (season == month)] for month in range(12)]
        months = [of_month for of_month in chosen if len(of_month)]
        if months:
            mean[of_class] = np.mean([np.abs(np.mean(of_month)) for of_month in months])
            spread[of_class] = np.sqrt(np.mean([np.var(of_month) for of_month in months]))
    return mean, spread
