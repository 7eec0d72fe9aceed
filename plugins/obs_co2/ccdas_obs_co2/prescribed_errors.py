"""Errors of the prescribed fluxes: their parameters, and what these add to CO2 and to the budget.

Fossil emissions and land use are known up to a factor. The ocean has an addition for each latitude
band, constant in time and even over the sea of the band, because a factor on the prescribed flux
leaves out the error of a band whose sources and sinks cancel: the flux from 30 S to 30 N lies
between -0.5 and 0.6 PgC yr-1 in six estimates, so that 20 % of it are nearly nothing. An addition
is the "direct flux" of the CCDAS V2 source, and even patterns of ocean regions are those of
TransCom 3 (Gurney et al. 2002, Nature 415, 626-630).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from ccdas_transport import (
    DAYS_OF_MONTH,
    KG_PER_PGC,
    TransportGrid,
    TransportJacobian,
    land_share,
)

from ccdas_framework import Domain, Parameter, Variable

from .background import month_mass
from .flux_sensitivity import prescribed_contributions

BUDGET = "Le Quere et al. (2016), Earth Syst. Sci. Data 8, 605-649, of 2006-2015"
SPREAD = (
    "spread of the ocean of CT2019B, CTE2018, CarboScope s99oc_v2020, CAMS v20r1, MIROC4-ACTM and "
    f"SOM-FFN, 2006-2015: 0.20, 0.41 and 0.17; together 0.5 as in {BUDGET}"
)
# latitude band -> southern and northern limit (degrees north) and sd (PgC yr-1); the bands of the
# carbon budget, without the sea under permanent ice
OCEAN_BANDS = {
    "70S-30S": (-70.0, -30.0, 0.2),
    "30S-30N": (-30.0, 30.0, 0.4),
    "30N-70N": (30.0, 70.0, 0.2),
}
PARAMETERS = {
    "fossil": Parameter(
        "fossil_scale", "1", 1.0, 0.05, in_loop=False,
        source=f"{BUDGET}: 5 %", long_name="factor on the prescribed fossil emissions",
    ),
    "ocean": Parameter(
        "ocean_adjustment", "PgC yr-1", 0.0, tuple(sd for _, _, sd in OCEAN_BANDS.values()),
        index="region", groups=tuple((band,) for band in OCEAN_BANDS), in_loop=False,
        source=SPREAD,
        long_name="addition to the prescribed ocean flux to the atmosphere, even over the sea",
    ),
    "land_use": Parameter(
        "land_use_scale", "1", 1.0, 0.5, in_loop=False,
        source=f"{BUDGET}: 0.5 of 1.0 PgC yr-1",
        long_name="factor on the prescribed emissions of land use",
    ),
}  # fmt: skip
SCALED = ("fossil", "land_use")
QUANTITIES = {
    "fossil": Variable("fossil", "PgC yr-1", long_name="fossil emissions to the atmosphere"),
    "ocean": Variable(
        "ocean", "PgC yr-1", long_name="flux of the ocean to the atmosphere, < 0 for uptake"
    ),
    "land_use": Variable("land_use", "PgC yr-1", long_name="emissions of land use"),
}


def band_emissions(months: np.ndarray, grid: TransportGrid) -> np.ndarray:
    """1 PgC yr-1 of the sea of each band (kgC per month), (band, month, latitude, longitude).

    Args:
        months: datetime64[M], shape (month,).
        grid: transport grid. A band belongs to the boxes with their centre in it.
    """
    sea = grid.area * (1.0 - land_share(grid))
    latitude = grid.latitude[:, None]
    limits = [(south, north) for south, north, _ in OCEAN_BANDS.values()]
    weight = np.stack([sea * ((s <= latitude) & (latitude < n)) for s, n in limits])
    total = weight.sum(axis=(1, 2), keepdims=True)
    share = weight / np.where(total > 0.0, total, 1.0)
    return np.asarray(month_mass(months)[:, None, None] * share[:, None])


def window_mean(emissions: np.ndarray, months: np.ndarray) -> np.ndarray:
    """Mean rate (PgC yr-1), shape (emission,), of kgC per month, shape (emission, month, ...)."""
    years = DAYS_OF_MONTH[months.astype(int) % 12].sum() / 365.0
    mass = emissions.reshape(len(emissions), -1).sum(axis=1)
    return np.asarray(mass / KG_PER_PGC / years)


def prescribed_inputs(
    emissions: Mapping[str, np.ndarray],
    months: np.ndarray,
    jacobian: TransportJacobian,
    station: np.ndarray,
    month: np.ndarray,
    domain: Domain,
    before: int,
) -> dict[str, np.ndarray]:
    """The arrays that `background` and `budget` take.

    Args:
        emissions: by kind (kgC per month), shape (before + months, latitude, longitude) each.
        months: datetime64[M], shape (before + months,).
        jacobian, station, month, domain, before: as for `prescribed_contributions`.
    """
    arguments = (jacobian, station, month, domain, before)
    inputs: dict[str, np.ndarray] = {"background": np.zeros(len(station))}
    if emissions:
        stacked = np.stack(list(emissions.values()))
        shares = prescribed_contributions(*arguments, stacked)
        means = window_mean(stacked[:, before:], months[before:])
        for n, kind in enumerate(emissions):
            inputs |= {kind: shares[:, n], f"{kind}_mean": means[n]}
        inputs["background"] = shares.sum(axis=1)
    if "ocean" in emissions:
        bands = band_emissions(months, jacobian.grid)
        inputs["ocean"] = prescribed_contributions(*arguments, bands)
    return inputs


def background(
    parameters: Mapping[str, Any], at: Mapping[str, Any], kinds: Sequence[str], xp: Any
) -> Any:
    """Contribution of all prescribed fluxes (ppm), shape (obs,).

        b + sum_k (s_k - 1) b_k + sum_j q_j o_j

    Args:
        parameters: factors s_k of fossil emissions and land use, additions q_j (PgC yr-1).
        at: `background` b, `fossil` and `land_use` b_k, (obs,), `ocean` o_j (ppm per PgC yr-1),
            (obs, band).
        kinds: of the prescribed fluxes.
    """
    total = at["background"]
    for kind in kinds:
        if kind in SCALED:
            total = total + (xp.mean(parameters[PARAMETERS[kind].name]) - 1.0) * at[kind]
        else:
            total = total + xp.matmul(at["ocean"], parameters["ocean_adjustment"])
    return total


def budget(
    parameters: Mapping[str, Any], at: Mapping[str, Any], kinds: Sequence[str], xp: Any
) -> dict[str, Any]:
    """Mean of each prescribed flux over the window with its parameters (PgC yr-1), scalars."""
    means = {}
    for kind in kinds:
        prescribed = at[f"{kind}_mean"]
        if kind in SCALED:
            means[kind] = xp.mean(parameters[PARAMETERS[kind].name]) * prescribed
        else:
            means[kind] = prescribed + xp.sum(parameters["ocean_adjustment"])
    return means
