"""Quantities that a tower measures: field, unit, sign and error."""

from __future__ import annotations

from typing import Literal

import numpy as np
from attrs import frozen

from ccdas_framework import InvalidInput

SECONDS = 86400.0  # of a day
MILD = 20.0  # degC, of a model without temperature


@frozen
class Quantity:
    """A measured flux and its error.

    Args:
        field: of the model that it follows.
        field_units, field_range: of that field.
        units: of the observations.
        sign: of the observation where the field is positive.
        long_name: in words, with its sign.
        direction: that counts as positive.
        observed_range: smallest and largest possible mean of a day or month, in `units`.
        base, growth: measurement error sd = base + growth |F|, daily values; base in `units`.
        representation: error of a footprint that represents a cell, in `units`.
        unknown: error of a missing value, in `units`.
    """

    field: str
    field_units: str
    field_range: tuple[float, float]
    units: str
    sign: float
    long_name: str
    direction: Literal["upward", "downward"]
    observed_range: tuple[float, float]
    base: float
    growth: float
    representation: float
    unknown: float


_CARBON, _WATER = "gC m-2 d-1", "mm d-1"
# possible means of a day: own choice around the extremes of Pastorello et al. (2020). Production
# below zero is the noise of a partition, and 600 W m-2 evaporate 21 mm d-1.
# base and growth: medians over nine towers of fits to the uncertainty of daily values of
# their networks (random error and threshold of friction velocity); other values are our choice
QUANTITIES = {
    "gpp": Quantity(
        "gpp", _CARBON, (0.0, 60.0), _CARBON, 1.0, "gross primary production, uptake > 0",
        "downward", (-9.0, 60.0),
        base=0.2, growth=0.11, representation=0.5, unknown=1.0,
    ),
    "nee": Quantity(
        "nep", _CARBON, (-200.0, 60.0), _CARBON, -1.0, "net ecosystem exchange, upward > 0",
        "upward", (-60.0, 60.0),
        base=0.2, growth=0.07, representation=0.5, unknown=0.8,
    ),
    "evapotranspiration": Quantity(
        "evapotranspiration", _WATER, (-1.0, 50.0), _WATER, 1.0, "evapotranspiration, upward > 0",
        "upward", (-3.0, 25.0),
        base=0.04, growth=0.04, representation=0.3, unknown=0.5,
    ),
    "latent_heat": Quantity(
        "evapotranspiration", _WATER, (-1.0, 50.0), "W m-2", 1.0,
        "latent heat flux, upward > 0", "upward", (-90.0, 600.0),
        base=1.1, growth=0.04, representation=8.5, unknown=14.0,
    ),
}  # fmt: skip


def latent_heat_of_vaporisation(temperature: np.ndarray) -> np.ndarray:
    """lambda (J kg-1), 2.501e6 - 2361 T, of the air temperature T (degC).

    Source: Allen et al. (1998), FAO Irrigation and Drainage Paper 56, eq. 3-1.
    """
    return 2.501e6 - 2361.0 * np.asarray(temperature)


def factor(name: str, temperature: np.ndarray) -> np.ndarray:
    """Factor from a field to a quantity: its sign, for latent heat in W m-2 for each mm d-1.

    Args:
        name: of `QUANTITIES`.
        temperature: of the air (degC), shape (obs,).
    """
    sign = QUANTITIES[name].sign * np.ones_like(temperature)
    if name != "latent_heat":
        return sign
    return sign * latent_heat_of_vaporisation(temperature) / SECONDS


# flags of tower products: those of measurements, and those of filled values. FLUXNET2015 and
# ONEFlux, Pastorello et al. (2020): 0 measured, 1 to 3 filled well to poorly. PLUMBER2, made by
# FluxnetLSM, Ukkola et al. (2022), Earth Syst. Sci. Data 14, 449-461: 4 from a reanalysis. La
# Thuile, net exchange and gross production: 1 and 2 measured, by the origin of the storage.
FLUXNET = ((0,), (1, 2, 3))
QUALITY_FLAGS = {
    "fluxnet": FLUXNET,
    "oneflux": FLUXNET,
    "plumber2": ((0,), (1, 2, 3, 4)),
    "la_thuile": ((1, 2), (3, 4, 5, 6)),
}


def measured_share(flags: np.ndarray, product: str) -> np.ndarray:
    """1 where a flag of a product means a measurement, else 0, shape of `flags`.

    Raises:
        InvalidInput: a flag that the product does not have.
    """
    measured, filled = QUALITY_FLAGS[product]
    unknown = ~np.isin(flags, (*measured, *filled))
    if unknown.any():
        raise InvalidInput(
            f"column 'quality' has {int(unknown.sum())} flags that '{product}' does not have, such "
            f"as {flags[unknown][0]:g}. It has {', '.join(map(str, (*measured, *filled)))}. Leave "
            "`quality_flags` out for shares between 0 and 1, or set it to another product.",
            code="unknown-flag",
            where="quality",
        )
    return np.isin(flags, measured).astype(float)
