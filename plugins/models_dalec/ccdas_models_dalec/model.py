"""DALEC2 as a process model: settings, declarations and run."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen
from attrs.validators import in_, optional

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
)

from . import declarations, prepare
from .phenology import leaf_fall, leaf_onset
from .pools import (
    balanced,
    canopy_step,
    decayed,
    growth,
    lost,
    respired_share,
    soil_step,
    warm_rate,
    watered_canopy_step,
)

SLOW_POOLS = {"root": "C_roo", "wood": "C_woo", "litter": "C_lit", "soil": "C_som"}
STEP_PARAMETERS = ("f_auto", "f_fol", "f_lab", "c_lma", "c_eff")  # of the step of a day
WATER_PARAMETERS = ("iWUE", "omega", "q_foc")  # of the step with a pool of water


@frozen
class Dalec(ProcessModel):
    """Data Assimilation Linked Ecosystem Carbon model, version 2, without fire.

    The settings are the keys of a configuration.

    Args:
        start: first pools of roots, wood, litter and soil. "balance": in balance with the inputs
            of the first year, times a departure of wood and soil. "pools": each a parameter, as
            published.
        water: "bucket": plant-available water limits photosynthesis, as published in 2020.
            "none": no pool and no field of water, as published in 2015.
        extinction: of light by leaves, for the field `fapar` (1).
        co2: constant mole fraction for a forcing without CO2 (ppm), in place of the record of the
            framework.
        spin_up_years: repeats of the first year before the window.

    Source: Williams et al. (2005), Global Change Biol. 11, 89-105; Bloom and Williams (2015),
    Biogeosciences 12, 1299-1315; Bloom et al. (2020), Biogeosciences 17, 6393-6422.
    """

    start: str = field(default="balance", validator=in_(("balance", "pools")))
    water: str = field(default="bucket", validator=in_(("bucket", "none")))
    extinction: float = field(default=0.5, validator=in_range(0.01, 10.0))
    co2: float | None = field(default=None, validator=optional(in_range(10.0, 10000.0)))
    spin_up_years: int = field(default=2, validator=in_range(0, 10_000, whole=True))

    couples = "column"
    class_names = PLANT_TYPE_NAMES

    @property
    def requires(self) -> tuple[Variable, ...]:
        """Forcing; no statics."""
        return declarations.requires(self)

    @property
    def provides(self) -> tuple[Variable, ...]:
        """Fields."""
        return declarations.provides(self)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Controls that act under these settings."""
        return declarations.parameters(self)

    def prepare(self, forcing: Forcing) -> Drivers:
        """Drivers: everything that depends on no parameter, computed once with numpy."""
        return prepare.drivers(forcing, self)

    def run(self, parameters: Parameters, drivers: Drivers, xp: Namespace) -> Fields:
        """Fields over lead and window, each (time, column), units as in `provides`."""
        columns = drivers["day"].shape[1]
        theta = {p.name: parameters[p.name] + xp.zeros(columns) for p in self.parameters}
        canopy = self.canopy(theta, drivers, xp)
        grown = growth(canopy["gpp"], theta, xp)
        soil = self.soil(canopy, grown, theta, drivers, xp)
        fields = {
            "gpp": canopy["gpp"],
            "npp": grown["npp"],
            "nep": grown["npp"] - soil["heterotrophic_respiration"],
            "autotrophic_respiration": grown["respiration"],
            "heterotrophic_respiration": soil["heterotrophic_respiration"],
            "lai": canopy["lai"],
            "fapar": absorbed_light(canopy["lai"], self.extinction, xp),
            **{f"{name}_carbon": canopy[name] for name in ("labile", "foliage")},
            **{f"{name}_carbon": soil[name] for name in SLOW_POOLS},
            "air_temperature": drivers["temperature"],
            "air_temperature_min": drivers["minimum"],
        }
        if self.water == "bucket":
            fields |= {name: canopy[name] for name in ("evapotranspiration", "runoff")}
            fields["available_water"] = canopy["water"]
        return fields

    def canopy(self, theta: Parameters, drivers: Drivers, xp: Namespace) -> Fields:
        """Leaves and photosynthesis of each day; fields of `canopy_step`, (time, column)."""
        days = {
            **drivers["weather"],
            "onset": lost(leaf_onset(drivers["day"], theta, xp), xp),
            "fall": lost(leaf_fall(drivers["day"], theta, xp), xp),
        }
        first = {"labile": theta["C_lab"], "foliage": theta["C_fol"]}
        step, names = canopy_step, STEP_PARAMETERS
        if self.water == "bucket":
            first["water"] = theta["W_0"]
            step, names = watered_canopy_step, (*STEP_PARAMETERS, *WATER_PARAMETERS)
        return xp.scan(step, first, days, {name: theta[name] for name in names})[1]

    def soil(
        self,
        canopy: Mapping[str, Array],
        grown: Mapping[str, Array],
        theta: Parameters,
        drivers: Drivers,
        xp: Namespace,
    ) -> Fields:
        """Roots, wood, litter and soil of each day; fields of `soil_step`, (time, column)."""
        shares = decayed(warm_rate(drivers["temperature"], theta, xp), theta, xp)
        inputs = {
            "to_root": grown["root"],
            "to_wood": grown["wood"],
            "leaf_litter": canopy["leaf_litter"],
        }
        constants = {
            "root_share": lost(theta["k_roo"], xp),
            "wood_share": lost(theta["k_woo"], xp),
            "respired": respired_share(theta),
        }
        if self.start == "pools":
            first = {name: theta[parameter] for name, parameter in SLOW_POOLS.items()}
        else:
            first = balanced(inputs, shares, drivers["start"], constants, xp)
            first["wood"] = theta["s_woo"] * first["wood"]
            first["soil"] = theta["s_som"] * first["soil"]
        days = {**inputs, "litter_share": shares["litter"], "soil_share": shares["soil"]}
        return xp.scan(soil_step, first, days, constants)[1]


def absorbed_light(leaf_area: Array, extinction: float, xp: Namespace) -> Array:
    """Absorbed share of photosynthetically active radiation (1), 1 - exp(-k L).

    Beer's law, with k = 0.5 for leaves that face every direction alike.

    Source: Monsi and Saeki (1953), Jpn. J. Bot. 14, 22-52.

    Args:
        leaf_area: L (m2 m-2).
        extinction: k (1).
    """
    return 1.0 - xp.exp(-extinction * leaf_area)
