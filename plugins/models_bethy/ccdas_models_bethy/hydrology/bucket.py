"""Soil water as one bucket, with a small evaporation bucket overlapping it.

Source: CCDAS V2 source (Knorr 2000, Global Ecol. Biogeogr. 9, 225-252).
"""

from __future__ import annotations

from collections.abc import Mapping

from ccdas_framework import Array, Namespace, Parameters

from ..smooth import capped, floored

PARAMETERS = frozenset()  # of this scheme alone
FIELDS = frozenset()  # of this scheme alone
EVAPORATION_BUCKET = 5.0  # mm
INFILTRATION_LIMIT = 100.0  # mm d-1


def capacities(
    theta: Parameters, site: Mapping[str, Array], surface_depth: float, exchange: str
) -> dict[str, Array]:
    """Size of both buckets (mm), each (column,). `surface_depth` and `exchange` are not used."""
    size = theta["s_rd"] * site["w_max"]
    return {"size": size, "evaporation_size": capped_size(size)}


def capped_size(size: Array) -> Array:
    """Smooth form of min(5, w_max) (mm), within 0.5 % of it from w_max = 20 mm on."""
    return EVAPORATION_BUCKET * size / (EVAPORATION_BUCKET**4 + size**4) ** 0.25


def initial(capacity: Mapping[str, Array], filling: Array) -> dict[str, Array]:
    """Both filled to a share of their size (mm); `filling` in 1, shape (column,)."""
    return {
        "bucket_water": filling * capacity["size"],
        "evaporation_water": filling * capacity["evaporation_size"],
    }


def status(
    state: Mapping[str, Array], capacity: Mapping[str, Array], xp: Namespace
) -> dict[str, Array]:
    """Wetness of the soil: `relative` w_rel (1), `available` w_pa (mm), `albedo_wetness` (1)."""
    relative = state["bucket_water"] / capacity["size"]
    return {
        "relative": relative,
        "available": state["bucket_water"],
        "albedo_wetness": (relative - 0.9) / 0.1,
    }


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
    """Both buckets after a day, and the water that left them. Arguments as the two-layer scheme.

    The water that the smooth floor adds to the bucket comes from soil evaporation: water closes.
    """
    bucket, small = state["bucket_water"], state["evaporation_water"]
    transpiration = floored(demand, 1e-6, 1e-3, xp)
    evaporation = small / capacity["evaporation_size"] * soil_potential * bare
    small = small + water - evaporation - transpiration
    small = floored(capped(small, capacity["evaporation_size"], 0.1, xp), 0.0, 0.1, xp)
    infiltration = capped(capacity["size"] - bucket, water, 0.1, xp)
    infiltration = capped(infiltration, INFILTRATION_LIMIT, 0.1, xp)
    unlimited = bucket + infiltration - evaporation - transpiration
    bucket = floored(unlimited, 0.0, 0.1, xp)
    after = {"bucket_water": bucket, "evaporation_water": small}
    return after, {
        "runoff": water - infiltration,
        "soil_evaporation": evaporation - (bucket - unlimited),
        "transpiration": transpiration,
    }


def diagnostics(state: Array, capacity: Array) -> dict[str, Array]:
    """Nothing: the bucket has no surface layer."""
    return {}
