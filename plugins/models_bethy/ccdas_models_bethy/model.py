"""BETHY as a process model: settings, declarations and run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from attrs import field, frozen
from attrs.validators import gt, in_, le, optional

from ccdas_framework import (
    PLANT_TYPE_NAMES,
    Array,
    Drivers,
    Fields,
    Forcing,
    Namespace,
    Parameter,
    Parameters,
    ProcessModel,
    Variable,
    in_range,
    is_flag,
    is_number,
    names_of,
)

from . import declarations, overpass, prepare, regional_parameters
from .carbon.plant import maintenance_respiration, net_primary_production
from .carbon.soil import living, soil_fluxes
from .constants import LATENT_HEAT_SUBLIMATION
from .daily import daily_update, initial_state
from .diurnal import diurnal_cycle
from .hydrology import EXCHANGES, SNOW_SCHEMES, SOIL_SCHEMES
from .parameters import by_process
from .regional_parameters import BALANCE, ROOT_ZONE

if TYPE_CHECKING:
    from ccdas_framework.testing import Case

HOURS = {24: tuple(range(1, 25)), 8: tuple(range(1, 25, 3)), 6: tuple(range(1, 25, 4))}


@frozen
class Bethy(ProcessModel):
    """Biosphere Energy Transfer Hydrology scheme with thirteen plant functional types.

    The settings are the keys of a configuration. "code" selects the behaviour of the published
    CCDAS V2 source where it differs from the published equations or from conservation. The first
    choice of each setting is the default.

    Source: Knorr (2000), Global Ecol. Biogeogr. 9, 225-252; Knorr et al. (2010), J. Geophys. Res.
    115, G04017; Rayner et al. (2005), Global Biogeochem. Cycles 19, GB2026.
    """

    class_names: ClassVar[Mapping[int, str]] = PLANT_TYPE_NAMES
    presets: ClassVar[Mapping[str, Mapping[str, Any]]] = {
        "ccdas": {
            "humidity_aridity": False,
            "layer_exchange": "ccdas",
            "priors": "ccdas",
            "root_zone": "depth",
            "soil_moisture_response": "ccdas",
            "soil_temperature_memory": 0.0,
            "start": "ccdas",
        }
    }

    n_h: int = field(default=24, validator=in_(tuple(HOURS)))  # steps a day
    dayint: int = field(default=1, validator=in_range(1, 31, whole=True))  # d
    hydrology: str = field(default="two_layer", validator=in_(tuple(SOIL_SCHEMES)))
    humidity: str = field(default="auto", validator=in_(("auto", "forcing", "tmin")))
    humidity_wetness: str = field(default="column", validator=in_(("column", "cell")))
    # drier air in arid climates; False is the CCDAS scheme
    humidity_aridity: bool = field(default=True, validator=is_flag)
    # k of the base humidity in dry and moist climates (1), fitted together with r_d0 to the
    # vapour pressure deficit of warm months at 14 flux towers (FLUXNET2015, AmeriFlux, OzFlux)
    aridity_driest: float = field(default=0.51, validator=[is_number, gt(0.0), le(1.0)])
    aridity_moistest: float = field(default=0.84, validator=[is_number, gt(0.0), le(1.0)])
    snow: str = field(default="simple", validator=in_(tuple(SNOW_SCHEMES)))
    interception: str = field(default="cover", validator=in_(("cover", "code")))
    canopy_temperature: str = field(default="closure", validator=in_(("closure", "code")))
    litter: str = field(default="shedding", validator=in_(("shedding", "code")))
    normal_cdf: str = field(default="standard", validator=in_(("standard", "code")))
    # False loses daily shortwave under clouds, as the code
    renormalise_shortwave: bool = field(default=True, validator=is_flag)
    latent_heat_sublimation: float = field(  # J kg-1; 3.834e6 is the misprint of the code
        default=LATENT_HEAT_SUBLIMATION, validator=[is_number, gt(0.0)]
    )
    surface_depth: float = field(default=0.04, validator=[is_number, gt(0.0), le(0.2)])  # m
    # exchange of the soil layers: Darcy's law with the curves of Campbell, or a constant rate
    layer_exchange: str = field(default="campbell", validator=in_(tuple(EXCHANGES)))
    leaf_lifetime: float | None = field(
        default=None, validator=optional([is_number, gt(0.0)])
    )  # yr
    soil_moisture_response: str = field(default="optimum", validator=in_(("optimum", "ccdas")))
    # memory of the air temperature that decay follows (d); 0 is the air of the day
    soil_temperature_memory: float = field(default=20.0, validator=in_range(0.0, 365.0))
    # NPP over which a column fades from barren to living (gC m-2 yr-1); a wider one is smoother
    barren_width: float = field(default=1.0, validator=in_range(0.001, 1000.0))
    # labels of cells where beta of each plant type has a departure
    beta_regions: tuple[str, ...] = field(
        default=(),
        converter=regional_parameters.labels_of("beta_regions"),
        metadata=names_of("region"),
    )
    # labels of cells where the root zone of each plant type has a factor of its own
    root_zone_regions: tuple[str, ...] = field(
        default=(),
        converter=regional_parameters.labels_of("root_zone_regions"),
        metadata=names_of("region"),
    )
    # plant-available capacity where the forcing has no `w_max`: that of the rooting depth, and of
    # woody plants at least that of the dry season of their climate
    root_zone: str = field(default="climate", validator=in_(("climate", "depth")))
    # trees and herbs of a cell divide its soil
    share_bucket: bool = field(default=True, validator=is_flag)
    # hour (local solar time) of the fields of canopy layers; one of the steps of the day
    overpass_hour: int = field(default=13, validator=in_range(0, 23, whole=True))
    # state before the spin-up: for a balance within two years, or as published
    start: str = field(default="equilibrium", validator=in_(("equilibrium", "ccdas")))
    # prior means and sd: from the literature, or those of the published system
    priors: str = field(default="literature", validator=in_(("literature", "ccdas")))
    spin_up_years: int = field(default=2, validator=in_range(0, 10_000, whole=True))

    def __attrs_post_init__(self) -> None:
        if self.overpass_hour not in self.hours:
            raise ValueError(
                f"'overpass_hour' is {self.overpass_hour}; with n_h = {self.n_h} the hours of a "
                f"day are {', '.join(map(str, self.hours))}. Choose one of them."
            )

    @property
    def hours(self) -> tuple[int, ...]:
        """Hour labels (local solar time) of the sub-daily steps; 13 is one of them."""
        return HOURS[self.n_h]

    @property
    def requires(self) -> tuple[Variable, ...]:
        """Forcing and statics."""
        return declarations.requires(self)

    @property
    def provides(self) -> tuple[Variable, ...]:
        """Fields."""
        return declarations.provides(self)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Controls that act under these settings."""
        return (
            *declarations.parameters(self),
            *regional_parameters.parameters(BALANCE, self.beta_regions),
            *regional_parameters.parameters(ROOT_ZONE, self.root_zone_regions),
        )

    @property
    def couples(self) -> Literal["column", "cell"]:
        """Columns of a cell are coupled by the published humidity scheme alone."""
        return self.humidity_wetness

    def conformance_case(self) -> Case:
        """Case of the conformance suite, with consistent soils and weather."""
        from .conformance_case import conformance_case

        return conformance_case(self)

    def prepare(self, forcing: Forcing) -> Drivers:
        """Drivers: everything that depends on no parameter, computed once with numpy."""
        grid = forcing.domain.grid
        return {
            **prepare.drivers(forcing, self),
            "beta_regions": regional_parameters.masks(BALANCE, grid, self.beta_regions),
            "root_zone_regions": regional_parameters.masks(ROOT_ZONE, grid, self.root_zone_regions),
        }

    def run(self, parameters: Parameters, drivers: Drivers, xp: Namespace) -> Fields:
        """Fields over lead and window, each (time, column), units as in `provides`."""
        columns = drivers["site"]["c4"].shape[0]
        theta = {p.name: parameters[p.name] + xp.zeros(columns) for p in self.parameters}
        theta["beta"] = regional_parameters.balance(theta, drivers["beta_regions"])
        theta["s_rd"] = regional_parameters.root_zone(theta, drivers["root_zone_regions"])
        days = self.simulate(theta, drivers, xp)
        respiration = by_process(theta)["respiration"]
        carbon = carbon_balance(days, respiration, drivers, self, xp)
        fields = {
            **days,
            **carbon,
            "air_temperature": drivers["air"]["mean"],
            "air_temperature_min": drivers["air"]["minimum"],
            "precipitation": drivers["air"]["precipitation"],
            "surface_layer_thickness": self.surface_depth + 0.0 * drivers["air"]["mean"],
        }
        return {variable.name: fields[variable.name] for variable in self.provides}

    def simulate(
        self,
        theta: Parameters,
        drivers: Drivers,
        xp: Namespace,
        state: Mapping[str, Array] | None = None,
    ) -> Fields:
        """Fields of `daily_update` over all days, before plants and soil respire.

        Args:
            theta: physical parameters, each (column,).
            drivers: of `prepare`.
            xp: the namespace.
            state: to start from, default `initial_state`.
        """
        in_loop = {p.name for p in self.parameters if p.in_loop}
        theta = by_process({n: value for n, value in theta.items() if n in in_loop})
        site = drivers["site"]
        capacity = SOIL_SCHEMES[self.hydrology].capacities(
            theta["water"], site, self.surface_depth, self.layer_exchange
        )
        if state is None:
            state = initial_state(capacity, site, drivers["start"], theta["leaf_area"], self, xp)
        constants = {"theta": theta, "site": site, "capacity": capacity}
        intervals = {"weather": drivers["weather"], "days": drivers["days"]}

        def step(state, today, constants, xp):
            return interval_step(state, today, constants, self, xp)

        _, fields = xp.scan(step, state, intervals, constants)
        layers = {name: fields.pop(name) for name in overpass.STATE}
        layers = overpass.fields(
            layers, drivers["weather"], theta["photosynthesis"], site["c4"] > 0.5, xp
        )
        each_day = xp.zeros((1, self.dayint, 1))
        fields |= {name: values[:, None] + each_day for name, values in layers.items()}
        length = drivers["air"]["mean"].shape[0]
        return {name: in_days(values, length) for name, values in fields.items()}


def in_days(values: Array, length: int) -> Array:
    """(interval, day, column) as (time, column), without the padding of the last interval."""
    return values.reshape(-1, values.shape[-1])[:length]


def interval_step(
    state: Mapping[str, Array],
    today: Mapping[str, Array],
    constants: Mapping[str, Array],
    settings: Any,
    xp: Namespace,
) -> tuple[Mapping[str, Array], dict[str, Array]]:
    """One diurnal cycle, and the daily updates of all days of the interval with its sums.

    Returns:
        State, and a dict: fields (day, column), and the state of the canopy at the overpass.
    """
    theta, site, capacity = constants["theta"], constants["site"], constants["capacity"]
    diurnal = diurnal_cycle(state, today["weather"], capacity, site, theta, settings, xp)

    def step(state, day, constants, xp):
        parts = (constants[name] for name in ("diurnal", "capacity", "site", "theta"))
        return daily_update(state, day, *parts, settings, xp)

    overpass_state = {name: diurnal.pop(name) for name in overpass.STATE}
    of_the_day = {process: theta[process] for process in ("leaf_area", "water")}
    constants = {**constants, "diurnal": diurnal, "theta": of_the_day}
    if settings.dayint == 1:
        state, fields = step(state, {k: v[0] for k, v in today["days"].items()}, constants, xp)
        return state, {name: values[None] for name, values in fields.items()} | overpass_state
    state, fields = xp.scan(step, state, today["days"], constants)
    return state, {**fields, **overpass_state}


def carbon_balance(
    days: Mapping[str, Array],
    theta: Parameters,
    drivers: Drivers,
    settings: Any,
    xp: Namespace,
) -> dict[str, Array]:
    """Carbon fluxes (gC m-2 d-1), (time, column). Soil respiration is 0 before the window.

    A column whose NPP over the whole run is negative fades to no flux at all. Where it is negative
    over the window only, plants respire and the soil does not.
    """
    maintenance = maintenance_respiration(days["leaf_respiration"], theta["f_leaf"])
    npp = net_primary_production(days["gpp"], maintenance, theta["f_g"])
    temperature = drivers["window"]["soil_temperature"]
    lead = npp.shape[0] - temperature.shape[0]
    in_window = {
        name: values[lead:]
        for name, values in (
            ("npp", npp),
            ("litter", days["litter"]),
            ("relative_moisture", days["relative_soil_moisture"]),
        )
    }
    alive = living(npp, settings.barren_width, xp)
    soil = soil_fluxes(
        temperature=temperature,
        theta=theta,
        response=settings.soil_moisture_response,
        xp=xp,
        **in_window,
    )
    respired = alive * (soil["fast"] + soil["slow"])
    before = xp.zeros((lead, npp.shape[1]))
    npp = alive * npp
    gpp = alive * days["gpp"]
    return {
        "gpp": gpp,
        "npp": npp,
        "autotrophic_respiration": gpp - npp,
        "heterotrophic_respiration": xp.concatenate([before, respired]),
        "nep": xp.concatenate([before, npp[lead:] - respired]),
    }
