"""Light, its use and leaf temperature in each canopy layer at the hour of a satellite overpass.

The time loop returns the state of the canopy at that hour. The fields follow from it after the
loop, for all days at once. Without an observation that needs them they cost next to nothing.
"""

from __future__ import annotations

from collections.abc import Mapping

from ccdas_framework import Array, Namespace, Parameters

from .canopy import two_stream
from .constants import LAYERS
from .photosynthesis.electrons import photochemistry
from .photosynthesis.temperature import compensation_point, positive_part

DIFFUSE_COSINE = 0.5  # 1, without effect: there is no beam
NUMBERS = tuple(range(1, LAYERS + 1))  # of the layers, from the top
STATE = (
    "layer_uptake", "layer_light", "layer_stomata", "layer_respiration", "canopy_temperature",
    "seen_leaf_area", "seen_cover", "noon_albedo",
)  # fmt: skip


def state(
    hour: int,
    gross: Array,
    light: Array,
    stomata: Array,
    respiration: Array,
    temperature: Array,
    leaf_area: Array,
    cover: Array,
    noon_albedo: Array,
) -> dict[str, Array]:
    """State of the canopy at the overpass, the argument of `fields`.

    Args:
        hour: position of the hour among the steps of the day.
        gross, light, stomata, respiration: A, I, g_s and R_d of leaves, (hour, layer, column).
        temperature: of the canopy (°C), shape (hour, column).
        leaf_area, cover, noon_albedo: as `diffuse_fapar`.
    """
    of_day = (
        *(values[hour] for values in (gross, light, stomata, respiration, temperature)),
        leaf_area, cover, noon_albedo,
    )  # fmt: skip
    return dict(zip(STATE, of_day, strict=True))


def fields(
    state: Mapping[str, Array],
    weather: Mapping[str, Array],
    theta: Parameters,
    c4: Array,
    xp: Namespace,
) -> dict[str, Array]:
    """Fields at the hour of the overpass, each (interval, column).

    Args:
        state: of `state`, (interval, layer, column) and (interval, column).
        weather: of the drivers; `pressure` (Pa) and `co2` (ppm) are used.
        theta: physical parameters, each (column,).
        c4: whether a column is C4, shape (column,).

    Returns:
        Dict: `fapar_diffuse` (1), `canopy_temperature` (degC), `apar_layer_n` (mol m-2 s-1 of
        ground area), `photochemistry_layer_n` (1).
    """
    temperature = state["canopy_temperature"]
    compensation = compensation_point(positive_part(temperature, xp), theta["g_t"])
    chi = photochemistry(
        state["layer_uptake"],
        state["layer_light"],
        state["layer_stomata"],
        state["layer_respiration"],
        *(v[:, None] for v in (compensation, temperature, weather["pressure"])),
        1e-6 * weather["co2"][:, None],
        theta,
        c4,
        xp,
    )
    layer_area = state["seen_leaf_area"] / LAYERS
    return {
        "fapar_diffuse": diffuse_fapar(
            state["seen_leaf_area"], state["seen_cover"], state["noon_albedo"], xp
        ),
        "canopy_temperature": temperature,
        **{f"apar_layer_{n}": state["layer_light"][:, n - 1] * layer_area for n in NUMBERS},
        **{f"photochemistry_layer_{n}": chi[:, n - 1] for n in NUMBERS},
    }


def diffuse_fapar(leaf_area: Array, cover: Array, soil_albedo: Array, xp: Namespace) -> Array:
    """Absorbed fraction of PAR that falls evenly from all of the sky (1), shape of `leaf_area`.

        f_c [N(0) - N(L)]  without a beam

    Args:
        leaf_area: per ground area (m2 m-2); cover: f_c (1); soil_albedo: broadband (1).
    """
    albedo = two_stream.par_soil_albedo(soil_albedo)
    top, bottom = (
        two_stream.net_par(z, leaf_area / cover, DIFFUSE_COSINE, 0.0, albedo, xp)
        for z in (0.0, 1.0)
    )
    return cover * (top - bottom)
