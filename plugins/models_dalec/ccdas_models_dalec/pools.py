"""The six pools of carbon (gC m-2) and the fluxes between them (gC m-2 d-1).

A pool loses the share 1 - exp(-k) a day, the exact loss at a constant rate k (d-1), so that no rate
empties it below zero. The published model has the share k, the same to first order.

Source: Williams et al. (2005), Global Change Biol. 11, 89-105; Bloom and Williams (2015),
Biogeosciences 12, 1299-1315.
"""

from __future__ import annotations

from collections.abc import Mapping

from ccdas_framework import Array, Namespace, Parameters

from .photosynthesis import gross_production
from .water import remaining_stress, runoff, water_stress


def lost(rate: Array, xp: Namespace) -> Array:
    """Share of a pool (1) that leaves it within a day at a rate (d-1)."""
    return 1.0 - xp.exp(-rate)


def canopy_step(
    pools: Mapping[str, Array], today: Mapping[str, Array], theta: Parameters, xp: Namespace
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Photosynthesis, labile carbon and leaves of a day without water limitation.

    Args:
        pools: `labile`, `foliage` (gC m-2), shape (column,).
        today: weather as in `gross_production`; `onset`, `fall`, the shares (1) of labile carbon
            and leaves that go today.
        theta: `c_lma` (gC m-2 leaf), `c_eff` (gC m-2 leaf d-1), `f_auto`, `f_fol`, `f_lab` (1).

    Returns:
        The pools of the next morning, and of the day: `gpp`, `leaf_litter` (gC m-2 d-1), `lai`
        (m2 m-2), and the pools it began with.
    """
    leaf_area = pools["foliage"] / theta["c_lma"]
    gpp = gross_production(leaf_area, theta["c_eff"], today, xp)
    after, leaf_litter = leaves_of_tomorrow(pools, gpp, today, theta)
    return after, {"gpp": gpp, "leaf_litter": leaf_litter, "lai": leaf_area, **pools}


def watered_canopy_step(
    pools: Mapping[str, Array], today: Mapping[str, Array], theta: Parameters, xp: Namespace
) -> tuple[dict[str, Array], dict[str, Array]]:
    """`canopy_step` with a pool of `water` (mm) that limits photosynthesis and feeds transpiration.

    Args:
        pools: `labile`, `foliage` (gC m-2), `water` (mm), shape (column,).
        today: as in `canopy_step`; `deficit` of vapour pressure (hPa), `rain` (mm d-1).
        theta: as in `canopy_step`; `iWUE` (gC hPa kg-1), `omega` (mm), `q_foc` (mm d).

    Returns:
        As in `canopy_step`, and of the day `evapotranspiration`, `runoff` (mm d-1).
    """
    leaf_area = pools["foliage"] / theta["c_lma"]
    potential = gross_production(leaf_area, theta["c_eff"], today, xp)
    loss_per_carbon = today["deficit"] / theta["iWUE"]  # mm per gC m-2
    stress = water_stress(pools["water"], theta["omega"], xp)
    gpp = potential * remaining_stress(pools["water"], potential * loss_per_carbon, stress, xp)
    transpired = gpp * loss_per_carbon
    left = pools["water"] - transpired
    run_off = runoff(left, theta["q_foc"], xp)
    after, leaf_litter = leaves_of_tomorrow(pools, gpp, today, theta)
    after["water"] = left - run_off + today["rain"]
    fluxes = {"gpp": gpp, "leaf_litter": leaf_litter, "lai": leaf_area, **pools}
    return after, fluxes | {"evapotranspiration": transpired, "runoff": run_off}


def leaves_of_tomorrow(
    pools: Mapping[str, Array], gpp: Array, today: Mapping[str, Array], theta: Parameters
) -> tuple[dict[str, Array], Array]:
    """Labile carbon and leaves of the next morning (gC m-2), and leaf litter (gC m-2 d-1)."""
    npp = (1.0 - theta["f_auto"]) * gpp
    to_foliage = theta["f_fol"] * npp
    to_labile = theta["f_lab"] * (npp - to_foliage)
    unfolded = today["onset"] * pools["labile"]
    leaf_litter = today["fall"] * pools["foliage"]
    after = {
        "labile": pools["labile"] + to_labile - unfolded,
        "foliage": pools["foliage"] + to_foliage + unfolded - leaf_litter,
    }
    return after, leaf_litter


def growth(gpp: Array, theta: Parameters, xp: Namespace) -> dict[str, Array]:
    """`npp`, its shares for roots and wood, and `respiration` from GPP.

    Each share applies to the remainder of the earlier ones: leaves, labile carbon, roots, wood.

    Args:
        gpp: gC m-2 d-1, shape (time, column).
        theta: `f_auto`, `f_fol`, `f_lab`, `f_roo` (1).
    """
    respiration = theta["f_auto"] * gpp
    npp = (1.0 - theta["f_auto"]) * gpp
    remaining = (1.0 - theta["f_fol"]) * (1.0 - theta["f_lab"]) * npp
    to_root = theta["f_roo"] * remaining
    return {"npp": npp, "respiration": respiration, "root": to_root, "wood": remaining - to_root}


def warm_rate(temperature: Array, theta: Parameters, xp: Namespace) -> Array:
    """exp(Theta T), the response of decay (1) to the daily mean temperature (degC)."""
    return xp.exp(theta["Theta"] * temperature)


def decayed(warm: Array, theta: Parameters, xp: Namespace) -> dict[str, Array]:
    """Shares (1) of `litter` and of `soil` carbon that leave their pool on a day.

    Args:
        warm: of `warm_rate`, shape (time, column).
        theta: `k_lit`, `k_dec`, `k_som` (d-1) at 0 degC.
    """
    return {
        "litter": lost((theta["k_lit"] + theta["k_dec"]) * warm, xp),
        "soil": lost(theta["k_som"] * warm, xp),
    }


def respired_share(theta: Parameters) -> Array:
    """Share (1) of decayed litter that is respired; the rest becomes soil carbon."""
    return theta["k_lit"] / (theta["k_lit"] + theta["k_dec"])


def soil_step(
    pools: Mapping[str, Array], today: Mapping[str, Array], theta: Parameters, xp: Namespace
) -> tuple[dict[str, Array], dict[str, Array]]:
    """Turnover of roots, wood, litter and soil carbon in a day.

    Args:
        pools: `root`, `wood`, `litter`, `soil` (gC m-2), shape (column,).
        today: `to_root`, `to_wood`, `leaf_litter` (gC m-2 d-1); `litter_share`, `soil_share` (1)
            that decay.
        theta: `root_share`, `wood_share` (1) that die a day; `respired` (1) of decayed litter.

    Returns:
        The pools of the next morning; `heterotrophic_respiration` (gC m-2 d-1) and the pools it
        began with.
    """
    root_litter = theta["root_share"] * pools["root"]
    wood_litter = theta["wood_share"] * pools["wood"]
    litter_decay = today["litter_share"] * pools["litter"]
    soil_decay = today["soil_share"] * pools["soil"]
    from_litter = theta["respired"] * litter_decay
    to_soil = litter_decay - from_litter
    after = {
        "root": pools["root"] + today["to_root"] - root_litter,
        "wood": pools["wood"] + today["to_wood"] - wood_litter,
        "litter": pools["litter"] + today["leaf_litter"] + root_litter - litter_decay,
        "soil": pools["soil"] + to_soil + wood_litter - soil_decay,
    }
    return after, {"heterotrophic_respiration": from_litter + soil_decay, **pools}


def balanced(
    inputs: Mapping[str, Array],
    shares: Mapping[str, Array],
    weight: Array,
    theta: Parameters,
    xp: Namespace,
) -> dict[str, Array]:
    """Pools (gC m-2), shape (column,), that gain as much as they lose over the days of `weight`.

    Args:
        inputs: `to_root`, `to_wood`, `leaf_litter` (gC m-2 d-1), shape (time, column).
        shares: of `decayed`.
        weight: of each day, adding up to one, shape (time,).
        theta: as in `soil_step`.
    """
    mean = {name: xp.sum(weight[:, None] * flux, axis=0) for name, flux in inputs.items()}
    decay = {name: xp.sum(weight[:, None] * share, axis=0) for name, share in shares.items()}
    to_litter = mean["leaf_litter"] + mean["to_root"]
    to_soil = (1.0 - theta["respired"]) * to_litter + mean["to_wood"]
    return {
        "root": mean["to_root"] / theta["root_share"],
        "wood": mean["to_wood"] / theta["wood_share"],
        "litter": to_litter / decay["litter"],
        "soil": to_soil / decay["soil"],
    }
