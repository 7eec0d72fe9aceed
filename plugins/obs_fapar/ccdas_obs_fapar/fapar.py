"""FAPAR of a cell, with the gain and offset of an instrument."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from attrs import evolve, field, frozen
from attrs.validators import ge, in_

from ccdas_framework import (
    Array,
    Diagonal,
    Domain,
    Fields,
    Namespace,
    ObservationOperator,
    Observations,
    Parameter,
    Parameters,
    Stream,
    Variable,
    apply_masks,
    area_mean,
    cell_stream,
    in_range,
    is_number,
)

from .screening import errors, fapar_masks

# product -> field of the model it is compared with
PRODUCTS = {"noon": "fapar", "bihemispherical": "fapar_diffuse"}
_FIELD, _RANGE = ("time", "column"), (0.0, 1.0)
SITES = "Knorr et al. (2010), J. Geophys. Res. 115, G04017 (FAPAR in a CCDAS)"


@frozen
class Fapar(ObservationOperator):
    """FAPAR of the cell, daily to monthly; the settings are the keys of a configuration.

        F_g = sum_v f_v FAPAR_v,    y = (1 + fb_a) F_g + fb_b

    Bare ground absorbs nothing for photosynthesis. A value is compared with the mean of the daily
    values from its first day to its last.

    Args:
        product: "noon", absorption near noon under the sky of the day (MERIS, SeaWiFS, MODIS);
            "bihemispherical", under an even sky (JRC-TIP).
        error: of a value without an sd, "absolute" or "relative".
        absolute_sd: the absolute one, and that of an unknown value, as in a design (1).
        relative_sd, sd_floor: the relative one, max(relative_sd FAPAR, sd_floor) (1).
        sd_per_precipitation: added to every error for each mm d-1 of rain (d mm-1); clouds and
            wet leaves spoil a retrieval.
        n_corr: number of successive values that share their error. sd grows by its square root.
        cosine_limit: smallest mean cosine of the zenith angle at 13 h (1).
        snow_limit: largest mean snow of the prior run (mm).
        lai_limit: smallest mean leaf area of the prior run (m2 m-2).
    """

    product: str = field(default="noon", validator=in_(tuple(PRODUCTS)))
    error: str = field(default="absolute", validator=in_(("absolute", "relative")))
    absolute_sd: float = field(default=0.1, validator=in_range(1e-06, 10.0))
    relative_sd: float = field(default=0.2, validator=in_range(0.0, 10.0))
    sd_floor: float = field(default=0.02, validator=in_range(1e-06, 10.0))
    sd_per_precipitation: float = field(default=0.0, validator=in_range(0.0, 10.0))
    n_corr: float = field(default=1.0, validator=in_range(1.0, 1e6))
    cosine_limit: float = field(default=0.3, validator=in_range(-1.0, 1.0))
    snow_limit: float = field(default=1.0, validator=[is_number, ge(0.0)])
    lai_limit: float = field(default=0.05, validator=[is_number, ge(0.0)])

    observes = Variable(
        "fapar", "1", ("obs",), (-0.1, 1.1),
        long_name="absorbed fraction of photosynthetically active radiation",
        observed_range=(-0.1, 1.1),
    )  # fmt: skip
    columns = (Variable("precipitation", "mm d-1", ("obs",), (0.0, 2000.0)),)
    requires_once = (
        Variable("snow", "mm", _FIELD, (0.0, 1e5), optional=True),
        Variable("lai", "m2 m-2", _FIELD, (0.0, 20.0), optional=True),
        Variable("precipitation", "mm d-1", _FIELD, (0.0, 2000.0), optional=True),
    )
    parameters = (
        Parameter(
            "fb_a", "1", 0.0, 0.01, active=False, in_loop=False, source=SITES,
            long_name="gain error of the instrument",
        ),
        Parameter(
            "fb_b", "1", 0.0, 0.01, active=False, in_loop=False, source=SITES,
            long_name="offset of the instrument",
        ),
    )  # fmt: skip
    scope = "cell"

    @property
    def requires(self) -> tuple[Variable, ...]:
        """Field of the product."""
        return (Variable(PRODUCTS[self.product], "1", _FIELD, _RANGE),)

    def prepare(
        self,
        observations: Observations,
        domain: Domain,
        prior_fields: Callable[[], Mapping[str, np.ndarray]],
    ) -> Stream:
        """Stream with masks, errors and the area of the columns of each value."""
        stream = cell_stream(observations, domain)
        if len(stream.values):
            prior = prior_fields()
            stream = apply_masks(stream, fapar_masks(self, stream, domain, prior))
            error = errors(self, stream, observations, prior)
            stream = evolve(stream, covariance=Diagonal(error))
        grid = domain.grid
        covered = np.bincount(grid.column_cell, grid.column_fraction, minlength=grid.cells)
        return evolve(stream, at={**stream.at, "covered": covered[grid.column_cell]})

    def observe(
        self, fields: Fields, parameters: Parameters, at: Mapping[str, Array], xp: Namespace
    ) -> Array:
        """Simulated FAPAR (1), shape (obs,)."""
        of_cell = at["covered"] * fields[PRODUCTS[self.product]]
        return area_mean(measured(of_cell, parameters["fb_a"], parameters["fb_b"]), at, xp)


def measured(fapar: Array, gain_error: Array, offset: Array) -> Array:
    """Reading of an instrument (1),  (1 + fb_a) FAPAR + fb_b,  shape of `fapar` (1)."""
    return (1.0 + gain_error) * fapar + offset
