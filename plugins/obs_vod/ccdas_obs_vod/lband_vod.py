"""Observation operator for L-band vegetation optical depth (VOD) of the satellite SMOS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

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
    cell_stream,
    in_range,
    is_flag,
    is_number,
    period_mean,
)

from .biomass_memory import MEMORIES, MEMORY_DAYS, NEEDS_A_LEAD, averaging_indices
from .optical_depth import CARBON_FRACTION, biomass, cell_vod, smooth_maximum, vod_from_biomass
from .priors import GROUPS, vod_parameters
from .screening import frozen_canopy, vod_masks

NPP_FLOOR_WIDTH = 1.0  # gC m-2 yr-1, transition from negative NPP to zero in `smooth_maximum`
# retrievals scatter below zero over bare ground, by an error of 0.1; dense forest reaches 1.5
# (Wigneron et al. 2021, Remote Sens. Environ. 254, 112238). The limits are our choice.
OBSERVED_RANGE = (-0.5, 4.0)
AGB = Variable(
    "agb", "Mg ha-1", ("time", "column"), (0.0, 2000.0),
    long_name="above-ground biomass, dry matter per area of the columns",
)  # fmt: skip


@frozen
class LbandVod(ObservationOperator):
    """Monthly optical depth of a cell from biomass and leaf area of its columns.

        VOD_v = a atan(b AGB_v) + D_0 LAI_v,    exp(-VOD_g) = sum_v f_v exp(-VOD_v) + f_bare

    v is a column, g its cell and f an area fraction. AGB is above-ground biomass.

    Args:
        priors: "literature", positive D_0 and tau_eff from maps of biomass, or "ccdas", the priors
            of the published system: D_0 of 0 +- 0.5 and tau_eff from typical biomass.
        leaf_groups: classes that share D_0: "class", each its own, or "life_form": trees, shrubs,
            herbs with tundra and wetland, crops.
        carbon_fraction: carbon of dry matter of biomass (1).
        biomass_memory: average of NPP from which biomass follows: "running_mean" of the last 365
            days, "window_mean", "exponential" with a time scale of a year, or "calendar_year".
        relative_sd, sd_floor: error of a value without an sd, max(relative_sd VOD, sd_floor) (1).
        unknown_sd: error of a hypothetical observation, which has neither value nor sd (1).
        n_corr: number of successive values that share their error; sd is multiplied by its
            square root.
        minimum_retrievals: smallest number of satellite retrievals in a monthly value.
        rfi_limit: largest probability of radio-frequency interference.
        cover_limit: largest share of the cell that is urban or water.
        mask_frozen: exclude months with a mean air temperature below 0 degC in the prior run.

    Source: Scholze et al. (2019), Geophys. Res. Lett. 46, 13796-13803 (L-VOD in a CCDAS); the
        limits of the masks and the errors are settings.
    """

    priors: str = field(default="literature", validator=in_(("literature", "ccdas")))
    leaf_groups: str = field(default="class", validator=in_(tuple(GROUPS)))
    carbon_fraction: float = field(default=CARBON_FRACTION, validator=in_range(0.1, 1.0))
    biomass_memory: str = field(default="running_mean", validator=in_(tuple(MEMORIES)))
    relative_sd: float = field(default=0.2, validator=in_range(0.0, 10.0))
    sd_floor: float = field(default=0.05, validator=in_range(1e-06, 10.0))
    unknown_sd: float = field(default=0.1, validator=in_range(1e-06, 10.0))
    n_corr: float = field(default=1.0, validator=in_range(1.0, 1e6))
    minimum_retrievals: int = field(default=3, validator=in_range(0, 100_000, whole=True))
    rfi_limit: float = field(default=0.2, validator=[is_number, ge(0.0)])
    cover_limit: float = field(default=0.1, validator=[is_number, ge(0.0)])
    mask_frozen: bool = field(default=True, validator=is_flag)

    observes = Variable(
        "vod", "1", ("obs",), (0.0, 3.0), long_name="nadir L-band optical depth",
        observed_range=OBSERVED_RANGE,
    )  # fmt: skip
    columns = (
        Variable("n", "1", ("obs",), (0.0, 1e9)),
        Variable("rfi_probability", "1", ("obs",), (0.0, 1.0)),
        Variable("water_fraction", "1", ("obs",), (0.0, 1.0)),
        Variable("urban_fraction", "1", ("obs",), (0.0, 1.0)),
    )
    requires = (
        Variable(
            "npp", "gC m-2 d-1", ("time", "column"), long_name="net primary production, > 0 uptake"
        ),
        Variable("lai", "m2 m-2", ("time", "column"), (0.0, 15.0)),
    )
    requires_once = (Variable("air_temperature", "degC", ("time", "column"), optional=True),)
    gives = (AGB,)
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "ccdas": {"priors": "ccdas", "leaf_groups": "life_form", "carbon_fraction": 0.5}
    }
    scope = "cell"

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Parameters with their priors. All act after the time loop."""
        return vod_parameters(self.priors, self.leaf_groups)

    @property
    def lead_days(self) -> int:
        """365 days where the average of NPP begins before the window, else 0."""
        return MEMORY_DAYS if self.biomass_memory in NEEDS_A_LEAD else 0

    def prepare(
        self,
        observations: Observations,
        domain: Domain,
        prior_fields: Callable[[], Mapping[str, np.ndarray]],
    ) -> Stream:
        """Unmasked observations with their errors, and the arrays that `observe` needs.

        Arrays that do not depend on observations have the same shape in each block of a grid.
        """
        stream = cell_stream(observations, domain)
        masks = vod_masks(self, observations, stream.index)
        if self.mask_frozen and len(stream.values):
            masks["frozen"] = frozen_canopy(prior_fields(), stream.at)
        stream = apply_masks(stream, masks)
        grid = domain.grid
        covered = np.bincount(grid.column_cell, grid.column_fraction, minlength=grid.cells)
        arrays = {
            "first_day": stream.at["first_day"],
            "last_day": stream.at["last_day"],
            "cell": stream.at["cell"],
            "column_fraction": grid.column_fraction,
            "column_cell": grid.column_cell,
            "bare_fraction": np.maximum(1.0 - covered, 0.0),
        }
        error = self.error(stream.values, stream.covariance.sd)
        return evolve(stream, covariance=Diagonal(error), at=arrays | averaging_indices(domain))

    def error(self, values: np.ndarray, sd: np.ndarray) -> np.ndarray:
        """Error of each value (1), shape (obs,).

        It is the sd of the value. Without an sd it is max(relative_sd VOD, sd_floor), and without
        value and sd it is unknown_sd. Each is multiplied by sqrt(n_corr), so that n_corr values
        that share an error count as one.

        Args:
            values: observed VOD (1), NaN where unknown, shape (obs,).
            sd: standard deviation in the file (1), NaN where unknown, shape (obs,).
        """
        estimated = np.maximum(self.relative_sd * values, self.sd_floor)
        estimated = np.where(np.isnan(values), self.unknown_sd, estimated)
        return np.where(np.isnan(sd), estimated, sd) * np.sqrt(self.n_corr)

    def derive(
        self, fields: Fields, parameters: Parameters, at: Mapping[str, Array], xp: Namespace
    ) -> Fields:
        """Above-ground biomass of each day (Mg ha-1 of dry matter), shape (time, column)."""
        npp = self.memory_npp(fields, at, xp)
        return {"agb": biomass(npp, parameters["tau_eff"], self.carbon_fraction)}

    def memory_npp(self, fields: Fields, at: Mapping[str, Array], xp: Namespace) -> Array:
        """Average of NPP that determines biomass (gC m-2 yr-1), shape (time, column)."""
        npp = MEMORIES[self.biomass_memory](fields["npp"], at, xp)
        return smooth_maximum(npp, 0.0, NPP_FLOOR_WIDTH, xp)

    def observe(
        self, fields: Fields, parameters: Parameters, at: Mapping[str, Array], xp: Namespace
    ) -> Array:
        """Simulated optical depth (1), shape (obs,): the mean over the days of each observation."""
        agb = self.derive(fields, parameters, at, xp)["agb"]
        a, b = parameters["a"], parameters["b"]
        vod = vod_from_biomass(agb, fields["lai"], a, b, parameters["D_0"], xp)
        cell_mean = cell_vod(vod, at["column_fraction"], at["column_cell"], at["bare_fraction"], xp)
        mean = period_mean(cell_mean, at["first_day"], at["last_day"], at["cell"][:, None], xp)
        return mean[:, 0]
