"""Atmospheric CO2 at stations, from the exchange of all cells and prescribed emissions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from attrs import field, frozen
from attrs.converters import optional as or_none
from attrs.validators import ge, gt, in_, le, lt, optional
from ccdas_transport import (
    AnalyticSettings,
    StationPlaces,
    analytic_jacobian,
    check_labels,
    read_jacobian,
    twelve_box_jacobian,
)

from ccdas_framework import (
    ObservationOperator,
    Parameter,
    Stream,
    Variable,
    by_cell,
    is_flag,
    is_number,
)

from .background import KINDS, default_emissions, read_emissions
from .background_level import warn_of_another_time
from .error_correlation import transport_covariance
from .flux_sensitivity import background_contribution, land_sensitivity

SUBTROPICS, NORTH = 10.0, 30.0  # degrees north, where errors of the transport change
TRANSPORTS = ("analytic", "winds", "twelve_boxes")


@frozen
class Co2Transport(ObservationOperator, AnalyticSettings):
    """Monthly CO2 mole fraction of a station; its settings are the keys of a config.

        c(s, t) = c_0 + sum_{t' <= t} sum_g J(s, month(t), t - t', g) F(g, t')

    F is -NEP of the land, differentiated, and what is prescribed. Emissions of `memory_months`
    before the window belong to the sum: prescribed ones as given, those of the land repeat the
    window's first year. Older ones are in c_0.

    Args:
        transport: 'analytic' (the closed form), 'winds' (the Jacobian of the transport by winds
            that ships, for the default grid and the stations it knows) or 'twelve_boxes'.
        jacobian: netCDF file of another transport Jacobian, instead.
        background: netCDF file of prescribed fluxes; none takes round numbers.
        fossil, ocean: whether these prescribed emissions count.
        land_use: likewise; by default only with the round numbers (a biosphere model that is
            fitted to CO2 takes the rest into its NEP).
        memory_months: months in the Jacobian, and before the window.
        pgc_per_ppm: PgC in the atmosphere per ppm; 2.123 in the CCDAS V2 source.
        latitude_step, longitude_step: of the transport grid (degrees).
        half_polar_boxes, centred_on_date_line: whether its boxes at the poles are half as tall,
            and whether the first has its centre at 180 W, as on the grids of GEOS-Chem.
        local_term: the closed form sees sources within 1000 km more than their latitude.
        mountain_altitude: above it (m) a station does not see the surface enhancement.
        surface_stations: labels of high stations that stand on ice and do see it.
        offset_ppm: prior mean of c_0 (ppm), the level `memory_months` before the window; the
            default is the marine mean of January 2006, and another time is warned of.
        sd_floor: error of the transport model that no value falls below (ppm), in quadrature.
        unknown_sd: sd of a monthly value where none is given (ppm).
        transport_error_north, transport_error_elsewhere: further error of the transport model
            (ppm), north of 30 N and elsewhere; 1.5 and 0.7 suit the closed form.
        transport_error_subtropics: the same from 10 to 30 N (ppm); none takes that elsewhere.
        transport_error_shared: share of the variance of that which comes back each year; 0 takes
            all as independent.
        transport_error_common: part of this which neighbouring latitudes have in common, the rest
            being the station's own.
        transport_error_latitudes: how far it is common (degrees of latitude).
        station_error_shared: share of the variance of the given sd which comes back each year.

    Source: Rayner et al. (2005), Global Biogeochem. Cycles 19, GB2026; error model and 2.123 PgC
        ppm-1 as in the CCDAS V2 source.
    """

    transport: str = field(default="analytic", validator=in_(TRANSPORTS))
    jacobian: Path | None = field(default=None, converter=or_none(Path))
    background: Path | None = field(default=None, converter=or_none(Path))
    fossil: bool = field(default=True, validator=is_flag)
    ocean: bool = field(default=True, validator=is_flag)
    land_use: bool | None = field(default=None, validator=optional(is_flag))
    offset_ppm: float = field(default=380.3, validator=[is_number, gt(0.0)])
    sd_floor: float = field(default=0.5, validator=[is_number, ge(0.0)])
    unknown_sd: float = field(default=0.5, validator=[is_number, gt(0.0)])
    transport_error_north: float = field(default=0.0, validator=[is_number, ge(0.0)])
    transport_error_elsewhere: float = field(default=0.0, validator=[is_number, ge(0.0)])
    transport_error_subtropics: float | None = field(
        default=None, validator=optional([is_number, ge(0.0)])
    )
    transport_error_shared: float = field(default=0.0, validator=[is_number, ge(0.0), lt(1.0)])
    transport_error_common: float = field(default=1.0, validator=[is_number, ge(0.0), le(1.0)])
    transport_error_latitudes: float = field(default=25.0, validator=[is_number, gt(0.0)])
    station_error_shared: float = field(default=0.0, validator=[is_number, ge(0.0), lt(1.0)])

    observes = Variable(
        "co2", "ppm", ("obs",), (200.0, 700.0), long_name="dry-air mole fraction, monthly mean"
    )
    requires = (
        Variable("nep", "gC m-2 d-1", ("time", "column"), long_name="net uptake by land, > 0"),
    )
    scope = "domain"

    @property
    def parameters(self):
        """The level of the atmosphere before all emissions that are counted."""
        return (
            Parameter(
                "c_0", "ppm", self.offset_ppm, 1.0, in_loop=False,
                source="level before the counted emissions; sd own choice",
                long_name="initial CO2 mole fraction",
            ),
        )  # fmt: skip

    @property
    def prescribed(self):
        """Kinds of prescribed emissions that count."""
        land_use = self.background is None if self.land_use is None else self.land_use
        switches = dict(zip(KINDS, (self.fossil, self.ocean, land_use), strict=True))
        return tuple(kind for kind, is_on in switches.items() if is_on)

    def prepare(self, observations, domain, prior_fields):
        """Sensitivities to the block's cells, and what is prescribed, once."""
        keep, dropped = _within_window(observations, domain)
        kept = observations.take(keep)
        _, first, station = np.unique(kept.label, return_index=True, return_inverse=True)
        place = kept.latitude, kept.longitude, kept.altitude
        check_labels(kept.label, station, first, place)
        transport = self.responses(StationPlaces(kept.label[first], *(p[first] for p in place)))
        month = domain.month[_middle(kept, domain)]
        before = self.memory_months
        months = _months(domain, before)
        warn_of_another_time(self.offset_ppm, months[0])
        emissions = self.emissions(months, transport.grid)
        where = (transport, station, month, domain, before)
        return Stream(
            values=kept.values,
            covariance=self.covariance(kept, domain.month_of_year[_middle(kept, domain)]),
            at={
                "sensitivity": land_sensitivity(*where),
                "background": background_contribution(*where, emissions),
                "month": domain.month[domain.window],
                "column_fraction": domain.grid.column_fraction,
                "column_cell": domain.grid.column_cell,
            },
            labels=kept.label,
            index=np.flatnonzero(keep),
            dropped=dropped,
        )

    def responses(self, places):
        """The Jacobian of stations at these places, `StationPlaces`."""
        stations, grid = list(places.id), self.boxes
        if self.jacobian is not None:
            return read_jacobian(
                self.jacobian, stations, grid, self.memory_months, self.pgc_per_ppm, places
            )
        if self.transport == "winds":
            from ccdas_transport import shipped_jacobian  # scipy is slow to import

            return shipped_jacobian(places, grid, self.memory_months, self.pgc_per_ppm)
        if self.transport == "twelve_boxes":
            return twelve_box_jacobian(
                stations, places.latitude, places.altitude, grid, self.memory_months,
                self.pgc_per_ppm,
            )  # fmt: skip
        on_ice = np.isin(places.id, self.surface_stations)
        surface = on_ice | ~(places.altitude > self.mountain_altitude)
        return analytic_jacobian(
            stations, places.latitude, places.longitude, surface, grid,
            self.memory_months, self.pgc_per_ppm, self.local_term,
        )  # fmt: skip

    def emissions(self, months, grid):
        """Prescribed emissions (kgC per month), shape (month, latitude, longitude)."""
        if self.background is None:
            return default_emissions(self.prescribed, months, grid)
        return read_emissions(self.background, self.prescribed, months, grid)

    def covariance(self, observations, month):
        """Errors of the values (ppm), sigma^2 = floor^2 + sd^2 + transport^2.

        Args:
            observations: those kept.
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
            own_share=self.station_error_shared, distance=self.transport_error_latitudes,
        )  # fmt: skip

    def observe(self, fields, parameters, at, xp):
        """What the land of the block adds (ppm), shape (obs,); it adds up over blocks."""
        observations, months, cells = at["sensitivity"].shape
        of_window = fields["nep"][-at["month"].shape[0] :]
        monthly = xp.segment_sum(of_window, at["month"], months)
        uptake = by_cell(monthly, at["column_fraction"], at["column_cell"], cells, xp)
        table = xp.reshape(at["sensitivity"], (observations, months * cells))
        return xp.matmul(table, xp.reshape(uptake, (months * cells,)))

    def complete(self, simulated, parameters, at, xp):
        """Mole fraction (ppm), shape (obs,): the land of all blocks, what is prescribed, c_0."""
        return simulated + at["background"] + xp.mean(parameters["c_0"])


def _within_window(observations, domain):
    """Which observations lie wholly inside the window, and how many do not."""
    first, last = domain.day_index(observations.start), domain.day_index(observations.end)
    keep = (first >= domain.lead) & (last < domain.days) & (last >= first)
    outside = int(np.sum(~keep))
    return keep, {"outside the period": outside} if outside else {}


def _middle(observations, domain):
    """Position on the time axis of the middle of each observation, shape (obs,)."""
    first, last = domain.day_index(observations.start), domain.day_index(observations.end)
    return (first + last) // 2


def _months(domain, before):
    """Calendar months from `before` the window to its end, datetime64[M]."""
    first = domain.time[domain.lead].astype("datetime64[M]")
    return first - before + np.arange(before + domain.months)
