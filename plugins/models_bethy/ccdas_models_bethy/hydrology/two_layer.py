"""Soil water in a thin surface layer, that of satellite retrievals, above a root layer.

The equations of the scheme used with SMOS soil moisture (Scholze et al. 2016, Remote Sens.
Environ. 180, 334-345; Wu et al. 2019, Remote Sens. 11, 27) are not accessible; this substitute
has its layers and controls. It joins the saturated-area runoff of Wood et al. (1992, J. Geophys.
Res. 97, 2717-2728), drainage and exchange after Campbell (1974, Soil Sci. 117, 311-314), the
evaporation resistance of Lee and Pielke (1992, J. Appl. Meteorol. 31, 480-484) and root profiles of
Jackson et al. (1996, Oecologia 108, 389-411).
"""

from __future__ import annotations

from collections.abc import Mapping

from ccdas_framework import Array, Namespace, Parameters

from ..smooth import capped, floored, within_unit
from .layer_exchange import EXCHANGES, exchanged
from .stores import drained, taken

PARAMETERS = frozenset({"s_b", "s_K", "s_D", "k_ex", "b_i"})  # of this scheme alone
FIELDS = frozenset(  # of this scheme alone
    {"soil_moisture", "root_zone_soil_moisture", "surface_layer_thickness"}
)


def capacities(
    theta: Parameters, site: Mapping[str, Array], surface_depth: float, exchange: str
) -> dict[str, Array]:
    """Sizes of both layers (mm), constants of drainage and exchange, each (column,).

    Args:
        theta: physical parameters.
        site: soil of each column: `theta_sat`, `theta_fc`, `theta_wp` (m3 m-3), `campbell_b`
            (1), `saturated_conductivity` (mm d-1), `w_max` (mm), `root_profile` (1).
        surface_depth: z1 (m).
        exchange: name of `EXCHANGES`.
    """
    depth = 1000.0 * surface_depth  # mm
    available = theta["s_rd"] * site["w_max"]
    root_depth = available / (site["theta_fc"] - site["theta_wp"])  # mm
    rate, exponent = EXCHANGES[exchange](theta, site, 0.5 * (depth + root_depth))
    return {
        "depth": depth + 0.0 * available,
        "root_depth": root_depth,
        "surface_saturated": depth * site["theta_sat"],
        "surface_wilting": depth * site["theta_wp"],
        "surface_field": depth * site["theta_fc"],
        "root_saturated": root_depth * site["theta_sat"],
        "root_wilting": root_depth * site["theta_wp"],
        "root_available": available,
        "surface_roots": 1.0 - site["root_profile"] ** (100.0 * surface_depth),
        "exponent": 2.0 * theta["s_b"] * site["campbell_b"] + 3.0,
        "conductivity": theta["s_K"] * site["saturated_conductivity"],
        "exchange_rate": rate,
        "exchange_exponent": exponent,
    }


def initial(capacity: Mapping[str, Array], filling: Array) -> dict[str, Array]:
    """Surface at field capacity, root layer filled to a share of its available water (mm).

    Args:
        filling: 1, shape (column,).
    """
    return {
        "surface_water": capacity["surface_field"],
        "root_water": capacity["root_wilting"] + filling * capacity["root_available"],
    }


def status(
    state: Mapping[str, Array], capacity: Mapping[str, Array], xp: Namespace
) -> dict[str, Array]:
    """Wetness of the soil.

    Returns:
        Dict: `surface`, `root` wetness a_1, a_2 and their mean over roots `relative` w_rel (1),
        water `available` to plants w_pa (mm), `albedo_wetness` (1).
    """
    surface_size = capacity["surface_field"] - capacity["surface_wilting"]
    surface = (state["surface_water"] - capacity["surface_wilting"]) / surface_size
    surface = within_unit(surface, 0.01, xp)
    root = (state["root_water"] - capacity["root_wilting"]) / capacity["root_available"]
    root = within_unit(root, 0.01, xp)
    share = capacity["surface_roots"]
    return {
        "surface": surface,
        "root": root,
        "relative": share * surface + (1.0 - share) * root,
        "available": root * capacity["root_available"] + surface * surface_size,
        "albedo_wetness": (surface - 0.5) / 0.5,
    }


def evaporation_factor(relative_moisture: Array, xp: Namespace) -> Array:
    """beta_s (1) of soil evaporation, from theta_1/theta_fc (1); Lee and Pielke (1992)."""
    wave = 1.0 - xp.cos(3.141592653589793 * capped(relative_moisture, 1.0, 0.02, xp))
    return 0.25 * wave * wave


def balance(
    state: Mapping[str, Array],
    wetness: Mapping[str, Array],
    capacity: Mapping[str, Array],
    water: Array,
    bare: Array,
    soil_potential: Array,
    demand: Array,
    theta: Parameters,
    xp: Namespace,
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Both layers after a day, and the water that left them.

    Args:
        state: `surface_water`, `root_water` (mm).
        wetness: `status` at the start of the day.
        capacity: of `capacities`.
        water: reaching the ground, P_t (mm d-1).
        bare: share of the ground free of snow (1).
        soil_potential: E_sp (mm d-1).
        demand: transpiration less evaporation from leaves (mm d-1).

    Returns:
        State, and a dict of `runoff`, `soil_evaporation`, `transpiration` (mm d-1). Input
        less all of them is the change of storage, to rounding.
    """
    top, root = state["surface_water"], state["root_water"]
    top_full, root_full = capacity["surface_saturated"], capacity["root_saturated"]

    saturation = (top + root) / (top_full + root_full)
    dry = floored(1.0 - saturation, 0.0, 1e-3, xp) + 1e-6
    shape = theta["b_i"] / (1.0 + theta["b_i"])
    surface_runoff = water * (1.0 - xp.exp(shape * xp.log(dry)))
    top = top + water - surface_runoff
    overflow = floored(top - top_full, 0.0, 0.1, xp)
    top = top - overflow
    below = drained(top, top_full, capacity["conductivity"], capacity["exponent"], xp)
    root = root + overflow + top - below
    top = below
    saturation_runoff = floored(root - root_full, 0.0, 0.1, xp)
    root = root - saturation_runoff
    below = drained(root, root_full, capacity["conductivity"], capacity["exponent"], xp)
    drainage = root - below
    root = below

    rate, exponent = capacity["exchange_rate"], capacity["exchange_exponent"]
    rise = exchanged(top, root, top_full, root_full, rate, exponent, xp)
    top, root = top + rise, root - rise

    factor = evaporation_factor(top / capacity["surface_field"], xp)
    wilting = capacity["surface_wilting"]
    soil_evaporation = taken(top, 0.5 * wilting, factor * soil_potential * bare, xp)
    top = top - soil_evaporation
    demand = floored(demand, 0.0, 1e-3, xp)
    share = capacity["surface_roots"]
    from_top, from_root = share * wetness["surface"], (1.0 - share) * wetness["root"]
    per_root = demand / (from_top + from_root + 1e-6)
    top_uptake = taken(top, 0.98 * wilting, per_root * from_top, xp)
    root_uptake = taken(root, 0.98 * capacity["root_wilting"], per_root * from_root, xp)
    after = {"surface_water": top - top_uptake, "root_water": root - root_uptake}
    return after, {
        "runoff": surface_runoff + saturation_runoff + drainage,
        "soil_evaporation": soil_evaporation,
        "transpiration": top_uptake + root_uptake,
    }


def diagnostics(state: Mapping[str, Array], capacity: Mapping[str, Array]) -> dict[str, Array]:
    """theta_1 (m3 m-3), the counterpart of satellite soil moisture, and theta_2."""
    return {
        "soil_moisture": state["surface_water"] / capacity["depth"],
        "root_zone_soil_moisture": state["root_water"] / capacity["root_depth"],
    }
