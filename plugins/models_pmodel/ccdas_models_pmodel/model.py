"""The P-model as a process model: settings, declarations and run."""

from __future__ import annotations

import warnings
from threading import Lock
from typing import Any

import numpy as np
from attrs import evolve, field, frozen
from attrs.validators import optional

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
    marine_co2,
)

from . import weather

C4_CLASS = 10
TREES, SHRUBS, HERBS = (1, 2, 3, 4, 5, 6), (7, 8), (9, 10, 11, 12, 13)
COLDEST = -25.0  # degC; pyrealm has no water density below it, and photosynthesis has ended
CARBON = 1e-6 * weather.SECONDS  # gC m-2 d-1 for each ugC m-2 s-1
CLIMATE_DAYS = 30  # d, of the running mean that leaves follow
ONSET_WIDTH = 2.0  # K, of the development of the canopy
_FILTERS = Lock()  # the filters of warnings belong to the process, not to a thread

_INPUT, _FIELD = ("time", "cell"), ("time", "column")
FORCING = (
    Variable("tasmin", "degC", _INPUT, (-95.0, 60.0), long_name="daily minimum of air temperature"),
    Variable("tasmax", "degC", _INPUT, (-95.0, 65.0), long_name="daily maximum of air temperature"),
    Variable("rsds", "W m-2", _INPUT, (0.0, 550.0), direction="downward",
             long_name="daily mean incoming shortwave"),
    Variable("pr", "mm d-1", _INPUT, (0.0, 2000.0), long_name="precipitation"),
    Variable("vp", "Pa", _INPUT, (0.0, 8e3), True, "daily mean vapour pressure"),
    Variable("ps", "Pa", _INPUT, (3e4, 1.2e5), True, "air pressure at the surface"),
    Variable("co2", "ppm", _INPUT, (100.0, 3000.0), True, "background CO2 of the air"),
    Variable("fapar", "1", _INPUT, (0.0, 1.0), True,
             "absorbed fraction of photosynthetically active radiation"),
)  # fmt: skip
FIELDS = (
    Variable("gpp", "gC m-2 d-1", _FIELD, (0.0, 60.0),
             long_name="gross primary production, uptake > 0"),
    Variable("fapar", "1", _FIELD, (0.0, 1.0),
             long_name="absorbed fraction of photosynthetically active radiation"),
)  # fmt: skip
PARAMETERS = (
    Parameter("kphi0", "1", (0.0818,) * 3, (0.02,) * 3, "log", (0.005, 0.5), index="class",
              groups=(TREES, SHRUBS, HERBS), otherwise=0.0818,
              process="photosynthesis",
              long_name="quantum yield of photosynthesis at its best temperature",
              source="Stocker et al. (2020), Geosci. Model Dev. 13, 1545-1581, setup BRC; sd: "
              "range of its setups, 0.05 to 0.087"),
    Parameter("beta", "1", 146.0, 40.0, "log", (0.1, 1e5),
              process="photosynthesis",
              long_name="ratio of the costs of carboxylation and of transpiration",
              source="Stocker et al. (2020), Geosci. Model Dev. 13, 1545-1581; sd is ours"),
    Parameter("c_star", "1", 0.41, 0.05, "logit", (0.05, 0.8),
              process="photosynthesis",
              long_name="cost of the capacity of electron transport",
              source="Wang et al. (2017), Nature Plants 3, 734-741; sd is ours"),
    Parameter("theta_star", "1", 0.6, 0.1, "logit", (0.05, 1.0),
              process="water stress",
              long_name="relative soil moisture below which production falls",
              source="Stocker et al. (2020), Geosci. Model Dev. 13, 1545-1581, eq. 22; sd is ours"),
    Parameter("b_dry", "1", 0.733, 0.1, "logit", (0.0, 1.0),
              process="water stress",
              long_name="share of production left in dry soil, by the mean supply of water",
              source="Stocker et al. (2020), Geosci. Model Dev. 13, 1545-1581, eq. 22; sd is ours"),
)  # fmt: skip
ONSET = Parameter(
    "t_leaf", "degC", (5.0,) * 3, (3.0,) * 3, index="class", groups=(TREES, SHRUBS, HERBS),
    otherwise=5.0, long_name="monthly temperature of half the leaves", process="leaf area",
    source="illustrative",
)  # fmt: skip


@frozen
class PModel(ProcessModel):
    """The P-model of pyrealm, called as it is, with daily weather.

    The settings are the keys of a configuration. pyrealm computes with numpy alone, so the model is
    not differentiable.

    Args:
        leaves: absorbed light. "temperature": it follows the temperature of a month, with
            the parameter `t_leaf`. "forcing": it is the variable `fapar` of the forcing.
        largest_fapar: absorbed fraction of a canopy in season, with "temperature" (1).
        water_capacity: of the soil (mm).
        co2: constant mole fraction for a forcing without CO2 (ppm), in place of the record of the
            framework.
        spin_up_years: repeats of the first year before the window, for the water of the soil.

    Source: Prentice et al. (2014), Ecol. Lett. 17, 82-91; Wang et al. (2017), Nature Plants 3,
    734-741; Stocker et al. (2020), Geosci. Model Dev. 13, 1545-1581.
    """

    leaves: str = field(default="temperature")
    largest_fapar: float = field(default=0.8, validator=in_range(0.01, 1.0))
    water_capacity: float = field(default=150.0, validator=in_range(1.0, 10_000.0))
    co2: float | None = field(default=None, validator=optional(in_range(10.0, 10_000.0)))
    spin_up_years: int = field(default=1, validator=in_range(0, 10_000, whole=True))

    couples = "column"
    class_names = PLANT_TYPE_NAMES
    differentiable = False
    provides = FIELDS

    @leaves.validator
    def _require_origin(self, attribute: Any, value: str) -> None:
        if value not in ("temperature", "forcing"):
            raise ValueError(f"leaves is '{value}'; expected 'temperature' or 'forcing'.")

    @property
    def requires(self) -> tuple[Variable, ...]:
        """Forcing; `fapar` where leaves come from it."""
        *others, absorbed = FORCING
        light = (evolve(absorbed, optional=False),) if self.leaves == "forcing" else ()
        return (*others, *light)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Parameters; `t_leaf` where leaves follow temperature."""
        return (*PARAMETERS, ONSET) if self.leaves == "temperature" else PARAMETERS

    def prepare(self, forcing: Forcing) -> Drivers:
        """Weather of each column as pyrealm takes it, and soil moisture; (time, column) each."""
        fields, grid = forcing.fields, forcing.domain.grid
        cell = np.asarray(grid.column_cell, dtype=int)
        low, high = fields["tasmin"], fields["tasmax"]
        mean = 0.5 * (low + high)
        demand = weather.potential_evapotranspiration(fields["rsds"], mean)
        moisture, lost = weather.soil_water(fields["pr"], demand, self.water_capacity)
        supply = np.sum(lost, axis=0) / np.maximum(np.sum(demand, axis=0), 1e-6)
        series = {
            "temperature": np.maximum(mean, COLDEST),
            "deficit": weather.vapour_pressure_deficit(low, high, fields.get("vp")),
            "pressure": fields.get("ps", np.full(low.shape, 101325.0)),
            "co2": self._co2(forcing),
            "light": weather.PHOTONS * fields["rsds"],
            "moisture": moisture,
            "supply": np.broadcast_to(supply, low.shape),
            "climate": weather.running_mean(mean, CLIMATE_DAYS),
        }
        if self.leaves == "forcing":
            series["fapar"] = fields["fapar"]
        wide = {name: np.ascontiguousarray(values[:, cell]) for name, values in series.items()}
        return {**wide, "c4": np.asarray(grid.column_class) == C4_CLASS}

    def conformance_case(self) -> Any:
        """Case of the conformance suite: warm weather with hardly any rain, so that soils dry."""
        from ccdas_framework.testing import case_for

        case = case_for(self)
        fields = dict(case.forcing.fields)
        fields["pr"] = 1e-4 * fields["pr"]
        for name, middle in (("tasmin", 15.0), ("tasmax", 25.0)):
            fields[name] = middle + 0.1 * (fields[name] - np.mean(fields[name]))
        return evolve(case, forcing=evolve(case.forcing, fields=fields))

    def _co2(self, forcing: Forcing) -> Array:
        """CO2 of the air (ppm), (time, cell): of the forcing, or a constant or a record."""
        shape = forcing.fields["tasmin"].shape
        if "co2" in forcing.fields and (self.co2 is None or "co2" not in forcing.filled):
            return forcing.fields["co2"]
        if self.co2 is not None:
            return np.full(shape, self.co2)
        return np.broadcast_to(marine_co2(forcing.domain.year_number)[:, None], shape)

    def run(self, parameters: Parameters, drivers: Drivers, xp: Namespace) -> Fields:
        """Fields over lead and window, each (time, column), units as in `provides`."""
        shape = drivers["temperature"].shape
        theta = {p.name: np.zeros(shape[1]) + parameters[p.name] for p in self.parameters}
        absorbed = drivers.get("fapar")
        if absorbed is None:
            warm = (drivers["climate"] - theta["t_leaf"]) / ONSET_WIDTH
            absorbed = self.largest_fapar / (1.0 + np.exp(-warm))
        gpp = np.empty(shape)
        for c4 in np.unique(drivers["c4"]):
            columns = np.flatnonzero(drivers["c4"] == c4)
            some = {name: values[:, columns] for name, values in drivers.items() if name != "c4"}
            chosen = {name: values[columns] for name, values in theta.items()}
            gpp[:, columns] = production(some, absorbed[:, columns], chosen, bool(c4))
        return {"gpp": gpp, "fapar": np.array(absorbed)}


def production(drivers: Drivers, absorbed: Array, theta: Parameters, c4: bool) -> Array:
    """Gross primary production (gC m-2 d-1) by pyrealm, (time, column).

    pyrealm has no value where the cost of electron transport exceeds its gain, m <= c*, in hot and
    dry air. There is no production there. It is proportional to the quantum yield, which pyrealm
    takes as one number.

    Args:
        drivers: result of `prepare`, without `c4`.
        absorbed: share of light (1), (time, column).
        theta: parameters, (column,) each.
        c4: pathway of all columns.
    """
    from pyrealm.constants import PModelConst
    from pyrealm.pmodel import PModel as Realm
    from pyrealm.pmodel import PModelEnvironment
    from pyrealm.pmodel.functions import calc_soilmstress_stocker

    shape = absorbed.shape
    beta = np.ascontiguousarray(np.broadcast_to(theta["beta"], shape))
    constants = PModelConst(
        beta_cost_ratio_c3=beta,
        beta_cost_ratio_c4=beta / 9.0,
        wang17_c=theta["c_star"],  # type: ignore[arg-type]  # a number for each column
    )
    with _FILTERS, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # on the new default of kphi0, which is given here
        environment = PModelEnvironment(
            tc=drivers["temperature"],
            vpd=drivers["deficit"],
            co2=drivers["co2"],
            patm=drivers["pressure"],
            fapar=absorbed,
            ppfd=drivers["light"],
            pmodel_const=constants,
        )
        fitted = Realm(environment, method_optchi="c4" if c4 else "prentice14", reference_kphio=1.0)
    dryness = {"thetastar": theta["theta_star"], "b": theta["b_dry"]}
    coefficients = {**constants.soilmstress_stocker, **dryness}
    stress = calc_soilmstress_stocker(drivers["moisture"], drivers["supply"], coefficients)
    gpp = CARBON * theta["kphi0"] * np.nan_to_num(fitted.gpp) * stress
    return np.asarray(gpp)
