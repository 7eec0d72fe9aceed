"""Atmospheric CO2 at stations, from the exchange of all cells and prescribed emissions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from attrs import evolve, field, fields, frozen
from attrs.converters import optional as or_none
from attrs.validators import ge, in_, lt, optional
from ccdas_transport import (
    AnalyticSettings,
    JacobianGrid,
    StationLocations,
    TransportGrid,
    TransportJacobian,
    analytic_jacobian_at,
    check_labels,
    read_jacobian,
    read_locations,
    twelve_box_jacobian,
)

from ccdas_framework import (
    Covariance,
    Domain,
    ObservationOperator,
    Observations,
    Parameter,
    Stream,
    Variable,
    by_cell,
    in_range,
    is_flag,
    is_number,
)

from .all_blocks import once_for_all_blocks
from .background import KINDS, default_emissions, read_emissions
from .background_level import warn_of_wrong_level
from .error_correlation import transport_covariance
from .flux_sensitivity import land_contribution, land_inputs, weighted_land_inputs
from .prescribed_errors import PARAMETERS, QUANTITIES, background, budget, prescribed_inputs

SUBTROPICS, NORTH = 10.0, 30.0  # degrees north, where errors of the transport change
# ppm, around the lowest of 800 000 years, 172 (Luethi et al. 2008, Nature 453, 379-382), and twice
# the present; monthly means of towers near cities lie below 600
OBSERVED_RANGE = (150.0, 850.0)
TRANSPORTS = ("analytic", "winds", "twelve_boxes")


@frozen(eq=False)
class OfAllBlocks:
    """What depends on observations and days, but on no cell.

    Args:
        index: observations within the window, shape (obs,).
        dropped: number of the others, by reason.
        station: of each observation, row of `locations`, shape (obs,).
        month: of the window, of the middle of each observation, shape (obs,).
        locations: of the stations.
        covariance: of the errors.
        prescribed: of `prescribed_inputs`.
    """

    index: np.ndarray
    dropped: Mapping[str, int]
    station: np.ndarray
    month: np.ndarray
    locations: StationLocations
    covariance: Covariance
    prescribed: Mapping[str, np.ndarray]


@frozen
class Co2Transport(ObservationOperator, AnalyticSettings):
    """Monthly CO2 mole fraction of a station. The settings are the keys of a configuration.

        c(s, t) = c_0 + sum_{t' <= t} sum_g J(s, month(t), t - t', g) F(g, t')

    F is -NEP of the land, differentiated, plus the prescribed emissions. Emissions of
    `memory_months` before the window belong to the sum: the prescribed ones of these months, and
    the land's first year of the window, repeated. Older emissions are in c_0.

    Args:
        transport: 'analytic' (the closed form), 'winds' (the Jacobian of the transport by winds
            that ships, for the default grid and its stations) or 'twelve_boxes'.
        jacobian: netCDF file of another transport Jacobian, instead.
        added_jacobian: netCDF file of a transport Jacobian whose stations come beside those of
            `transport` or `jacobian`, and replace those of the same label.
        background: netCDF file of prescribed fluxes. None takes round numbers.
        fossil, ocean: whether these prescribed emissions count.
        land_use: the same for land use. None counts it only with the round numbers, since a
            biosphere model fitted to CO2 includes land use in its NEP.
        prescribed_errors: whether the errors of the prescribed emissions are in the control vector
            (`prescribed_errors.py`); false is as published.
        latitude_step, longitude_step: size of the boxes of the transport grid (degrees).
        half_polar_boxes, centred_on_date_line: the boxes at the poles are half as tall, and the
            first has its centre at 180 W, as on the grids of GEOS-Chem.
        memory_months: months in the Jacobian, and before the window.
        pgc_per_ppm: PgC in the atmosphere per ppm; 2.123 in the CCDAS V2 source.
        local_term: the closed form has a further response to sources within 1000 km.
        mountain_altitude: above it (m) a station is outside the surface enhancement.
        surface_stations: labels of high stations on ice, inside the surface enhancement.
        offset_ppm: prior mean of c_0 (ppm), the level `memory_months` before the window. The
            default is the marine mean of January 2006. A warning reports another level.
        sd_floor: smallest error of a value, of the transport model (ppm), in quadrature.
        unknown_sd: error of a monthly value without an sd (ppm).
        transport_error_north, transport_error_elsewhere: further error of the transport model
            (ppm), north of 30 N and elsewhere; 1.5 and 0.7 suit the closed form.
        transport_error_subtropics: the same from 10 to 30 N (ppm). None takes the error elsewhere.
        transport_error_shared: share of the variance of that error which comes back each year; 0
            for independent errors.
        transport_error_common: part of this share in common with neighbouring latitudes. The
            remainder belongs to the station alone.
        transport_error_latitudes: correlation length of the common part (degrees of latitude).
        station_error_shared: share of the variance of the observation's sd which comes back each
            year.

    Source: Rayner et al. (2005), Global Biogeochem. Cycles 19, GB2026; error model and 2.123 PgC
        ppm-1 as in the CCDAS V2 source.
    """

    transport: str = field(default="analytic", validator=in_(TRANSPORTS))
    jacobian: Path | None = field(default=None, converter=or_none(Path))
    added_jacobian: Path | None = field(default=None, converter=or_none(Path))
    background: Path | None = field(default=None, converter=or_none(Path))
    fossil: bool = field(default=True, validator=is_flag)
    ocean: bool = field(default=True, validator=is_flag)
    land_use: bool | None = field(default=None, validator=optional(is_flag))
    prescribed_errors: bool = field(default=True, validator=is_flag)
    offset_ppm: float = field(default=380.3, validator=in_range(10.0, 10000.0))
    sd_floor: float = field(default=0.5, validator=in_range(0.0, 1000.0))
    unknown_sd: float = field(default=0.5, validator=in_range(1e-06, 1000.0))
    transport_error_north: float = field(default=0.0, validator=in_range(0.0, 1000.0))
    transport_error_elsewhere: float = field(default=0.0, validator=in_range(0.0, 1000.0))
    transport_error_subtropics: float | None = field(
        default=None, validator=optional([is_number, ge(0.0)])
    )
    transport_error_shared: float = field(default=0.0, validator=[is_number, ge(0.0), lt(1.0)])
    transport_error_common: float = field(default=1.0, validator=in_range(0.0, 1.0))
    transport_error_latitudes: float = field(default=25.0, validator=in_range(0.1, 180.0))
    station_error_shared: float = field(default=0.0, validator=[is_number, ge(0.0), lt(1.0)])

    observes = Variable(
        "co2", "ppm", ("obs",), (200.0, 700.0), long_name="dry-air mole fraction, monthly mean",
        observed_range=OBSERVED_RANGE,
    )  # fmt: skip
    requires = (
        Variable("nep", "gC m-2 d-1", ("time", "column"), long_name="net uptake by land, > 0"),
    )
    scope = "domain"
    interval = "month"
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {"ccdas": {"prescribed_errors": False}}

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The level of the atmosphere before all emissions that count, and errors of these."""
        level = Parameter(
            "c_0", "ppm", self.offset_ppm, 1.0, in_loop=False,
            source="level before the counted emissions; sd own choice",
            long_name="initial CO2 mole fraction",
        )  # fmt: skip
        of_kinds = (PARAMETERS[kind] for kind in self.prescribed)
        return (level, *(evolve(p, active=self.prescribed_errors) for p in of_kinds))

    @property
    def scalars(self) -> tuple[Variable, ...]:
        """Mean of each prescribed flux over the window."""
        return tuple(QUANTITIES[kind] for kind in self.prescribed)

    @property
    def prescribed(self) -> tuple[str, ...]:
        """Kinds of prescribed emissions that count."""
        land_use = self.background is None if self.land_use is None else self.land_use
        switches = dict(zip(KINDS, (self.fossil, self.ocean, land_use), strict=True))
        return tuple(kind for kind, is_on in switches.items() if is_on)

    @property
    def jacobian_grid(self) -> JacobianGrid:
        """Boxes and months of the sources, and mass of the air."""
        return JacobianGrid(**{f.name: getattr(self, f.name) for f in fields(JacobianGrid)})

    def prepare(
        self, observations: Observations, domain: Domain, prior_fields: dict[str, np.ndarray] | None
    ) -> Stream:
        """Compute the sensitivities to the block's cells and the prescribed contribution, once."""
        shared = self._of_all_blocks(observations, domain)
        used, jacobian = observations.take(shared.index), self.responses(shared.locations)
        land = land_inputs(jacobian, shared.station, shared.month, domain, self.memory_months)
        return Stream(
            values=used.values,
            covariance=shared.covariance,
            at={
                **land,
                **shared.prescribed,
                "month": domain.month[domain.window],
                "column_fraction": domain.grid.column_fraction,
                "column_cell": domain.grid.column_cell,
            },
            labels=used.label,
            index=shared.index,
            dropped=shared.dropped,
        )

    @once_for_all_blocks
    def _of_all_blocks(self, observations: Observations, domain: Domain) -> OfAllBlocks:
        in_window, dropped = _within_window(observations, domain)
        used = observations.take(in_window)
        _, first, station = np.unique(used.label, return_index=True, return_inverse=True)
        location = used.latitude, used.longitude, used.altitude
        check_labels(used.label, station, first, location)
        locations = StationLocations(used.label[first], *(values[first] for values in location))
        jacobian = self.responses(locations)
        middle = _middle(used, domain)
        before = self.memory_months
        months = _months(domain, before)
        warn_of_wrong_level(self.offset_ppm, months[0])
        arguments = (jacobian, station, domain.month[middle], domain, before)
        emissions = self.emissions(months, jacobian.grid)
        return OfAllBlocks(
            index=np.flatnonzero(in_window),
            dropped=dropped,
            station=station,
            month=domain.month[middle],
            locations=locations,
            covariance=self.covariance(used, domain.month_of_year[middle]),
            prescribed=prescribed_inputs(emissions, months, *arguments),
        )

    def weighted_inputs(
        self, at: Mapping[str, np.ndarray], weight: np.ndarray
    ) -> dict[str, np.ndarray]:
        """`at` of weighted sums of observations of the same month, such as means over a column.

        Args:
            at: of the parts, those of a sum one after the other.
            weight: of each part, shape (sum, part).
        """
        sums = weighted_land_inputs(at, weight)
        for name in (*self.prescribed, "background"):
            by_part = at[name].reshape(*weight.shape, *at[name].shape[1:])
            sums[name] = np.einsum("op...,op->o...", by_part, weight)
        return {**at, **sums}

    def responses(self, locations: StationLocations) -> TransportJacobian:
        """The Jacobian of stations at these locations."""
        if self.added_jacobian is None:
            return self._of_transport(locations)
        names = read_locations(self.added_jacobian).id
        added = [name for name in locations.id if name in names]
        others = [name for name in locations.id if name not in names]
        parts = []
        if added:
            where = locations.take(added)
            parts.append(read_jacobian(self.added_jacobian, added, self.jacobian_grid, where))
        if others:
            parts.append(self._of_transport(locations.take(others)))
        response = np.concatenate([part.response for part in parts])
        order = [[*added, *others].index(name) for name in locations.id]
        return evolve(parts[0], stations=locations.id, response=response[order])

    def _of_transport(self, locations: StationLocations) -> TransportJacobian:
        """The Jacobian of `jacobian`, or of `transport`, of stations at these locations."""
        stations, grid = list(locations.id), self.jacobian_grid
        if self.jacobian is not None:
            return read_jacobian(self.jacobian, stations, grid, locations)
        if self.transport == "winds":
            from ccdas_transport import shipped_jacobian  # scipy is slow to import

            return shipped_jacobian(locations, grid)
        locations.warn_of_missing_altitude()
        if self.transport == "twelve_boxes":
            return twelve_box_jacobian(stations, locations.latitude, locations.altitude, grid)
        return analytic_jacobian_at(locations, self)

    def emissions(self, months: np.ndarray, grid: TransportGrid) -> dict[str, np.ndarray]:
        """Prescribed emissions by kind (kgC per month), (month, latitude, longitude) each."""
        if self.background is None:
            return default_emissions(self.prescribed, months, grid)
        return read_emissions(self.background, self.prescribed, months, grid)

    def covariance(self, observations: Observations, month: np.ndarray) -> Covariance:
        """Errors of the values (ppm), sigma^2 = floor^2 + sd^2 + transport^2.

        Args:
            observations: observations inside the window.
            month: calendar month of each, 1..12, shape (obs,).
        """
        sd = np.where(np.isnan(observations.sd), self.unknown_sd, observations.sd)
        latitude, elsewhere = observations.latitude, self.transport_error_elsewhere
        between = self.transport_error_subtropics
        south = np.where(
            latitude >= SUBTROPICS, elsewhere if between is None else between, elsewhere
        )
        transport = np.where(latitude > NORTH, self.transport_error_north, south)
        return transport_covariance(
            self.sd_floor, sd, transport, month, latitude, observations.label,
            share=self.transport_error_shared, common=self.transport_error_common,
            station_share=self.station_error_shared, distance=self.transport_error_latitudes,
        )  # fmt: skip

    def observe(
        self, fields: dict[str, Any], parameters: dict[str, Any], at: dict[str, Any], xp: Any
    ) -> Any:
        """Contribution of the land of the block (ppm), shape (obs,); blocks add up."""
        months, cells = at["folding"].shape[1], len(at["emission"])
        in_window = fields["nep"][-at["month"].shape[0] :]
        monthly = xp.segment_sum(in_window, at["month"], months)
        uptake = by_cell(monthly, at["column_fraction"], at["column_cell"], cells, xp)
        return land_contribution(uptake, at, xp)

    def complete(
        self, simulated: Any, parameters: dict[str, Any], at: dict[str, Any], xp: Any
    ) -> Any:
        """Mole fraction (ppm), shape (obs,): the land of all blocks, prescribed emissions, c_0."""
        prescribed = background(parameters, at, self.prescribed, xp)
        return simulated + prescribed + xp.mean(parameters["c_0"])

    def quantify(self, parameters: dict[str, Any], at: dict[str, Any], xp: Any) -> dict[str, Any]:
        """Mean of each prescribed flux over the window (PgC yr-1), scalars."""
        return budget(parameters, at, self.prescribed, xp)


def _within_window(observations: Observations, domain: Domain) -> tuple[np.ndarray, dict[str, int]]:
    """Whether each observation lies entirely inside the window, and the number outside."""
    first, last = domain.day_index(observations.start), domain.day_index(observations.end)
    inside = (first >= domain.lead) & (last < domain.days) & (last >= first)
    outside = int(np.sum(~inside))
    return inside, {"outside the period": outside} if outside else {}


def _middle(observations: Observations, domain: Domain) -> np.ndarray:
    """Position on the time axis of the middle of each observation, shape (obs,)."""
    first, last = domain.day_index(observations.start), domain.day_index(observations.end)
    return (first + last) // 2


def _months(domain: Domain, before: int) -> np.ndarray:
    """Calendar months from `before` the window to its end, datetime64[M]."""
    first = domain.time[domain.lead].astype("datetime64[M]")
    return first - before + np.arange(before + domain.months)
