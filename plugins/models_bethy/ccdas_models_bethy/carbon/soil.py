"""Two soil carbon pools over a window of days, with closed-form periodic start.

Litter adds up to net primary production. The fast pool starts from the
periodic state of the window. The slow pool is constant over the window, and its flux is set so
that the mean of heterotrophic respiration is beta times that of net primary production. Where
the plants lose carbon over the window, no litter falls and the soil does not respire.

Source: Rayner et al. (2005), Global Biogeochem. Cycles 19, GB2026; Knorr et al. (2010), J.
Geophys. Res. 115, G04017; closed form of our own in place of a century of spin-up.
"""

from __future__ import annotations

from ccdas_framework import Array, Namespace, Parameters

from ..constants import DAYS_A_YEAR
from ..smooth import capped, floored, logistic

# Coleman and Jenkinson (1996): decay slows where more than 0.444 of the available water is gone,
# down to a fifth in dry soil
OPTIMAL_FILLING = 1.0 - 0.444  # of the root zone, 1
DRY_DECAY = 0.2  # of the rate in moist soil, 1
PLATEAU_EDGE = 0.05  # width of the transition to the plateau, 1; own choice
LITTER_FLOOR_WIDTH = 0.1  # gC m-2 yr-1, below minus this no litter falls; own choice


def moisture_response(relative_moisture: Array, exponent: Array, form: str, xp: Namespace) -> Array:
    """f_w (1) of decay, from w_rel (1), the filling of the root zone.

    Form "optimum" has a plateau above the filling a_o = 0.556 and keeps a fifth in dry soil,

        f_w = 0.2 + 0.8 min(w_rel/a_o, 1)^kappa

    which is the rate modifier of RothC at kappa = 1: Coleman and Jenkinson (1996), in Powlson et
    al. (eds), Evaluation of Soil Organic Matter Models, Springer, 237-246. The minimum is smooth.
    Form "ccdas" is a floor of photo-oxidation and w_rel^kappa: Rayner et al. (2005).
    """
    filling, driest = (1.0 - 2e-4) * relative_moisture + 1e-4, 1e-3
    if form == "optimum":
        filling = capped(filling / OPTIMAL_FILLING, 1.0, PLATEAU_EDGE, xp)
        driest = DRY_DECAY
    return driest + (1.0 - driest) * xp.exp(exponent * xp.log(filling))


def decay_rate(temperature: Array, moisture_factor: Array, q10: Array, xp: Namespace) -> Array:
    """f_w Q10^(T/10), relative to 0 °C and wet soil (1)."""
    return moisture_factor * xp.exp(xp.log(q10) * (temperature * 0.1))


def fast_pool(litter: Array, rate: Array, xp: Namespace) -> tuple[Array, Array]:
    """Fast pool C at the start of each day (gC m-2) and its loss on the day (gC m-2 d-1).

        C(d+1) = C(d) e^-k + L (1 - e^-k)/k,  C(N) = C(0)

    A loop over days gives the pool that an empty one grows to, and the share of a full one that is
    left. The start of the period follows from both at its end.

    Args:
        litter: L (gC m-2 d-1), shape (time, column).
        rate: k (d-1), shape (time, column).
    """
    left = xp.exp(-rate)
    gained = litter * (1.0 - left) / rate
    empty = {"end": 0.0 * left[0], "decay": 1.0 + 0.0 * left[0]}
    last, each = xp.scan(_pool_step, empty, {"left": left, "gained": gained}, {})
    start = last["end"] / (1.0 - last["decay"])
    after = each["end"] + each["decay"] * start
    before = xp.concatenate([start[None], after[:-1]])
    return before, before + litter - after


def _pool_step(
    state: dict[str, Array], today: dict[str, Array], constants: dict[str, Array], xp: Namespace
) -> tuple[dict[str, Array], dict[str, Array]]:
    state = {
        "end": today["left"] * state["end"] + today["gained"],
        "decay": today["left"] * state["decay"],
    }
    return state, state


def litter_production(npp: Array, xp: Namespace) -> Array:
    """All litter of the window (gC m-2), shape (column,): the sum of NPP where it is positive.

    max(annual mean NPP, 0) N/365, smooth over 0.1 gC m-2 yr-1
    """
    years = npp.shape[0] / DAYS_A_YEAR
    return floored(xp.sum(npp, axis=0) / years, 0.0, LITTER_FLOOR_WIDTH, xp) * years


def soil_fluxes(
    npp: Array,
    litter: Array,
    temperature: Array,
    relative_moisture: Array,
    theta: Parameters,
    response: str,
    xp: Namespace,
) -> dict[str, Array]:
    """Heterotrophic respiration over the window (gC m-2 d-1), shape (time, column).

    Args:
        npp, litter: gC m-2 d-1, shape (time, column); litter up to a factor. A negative sum of
            `npp` counts as zero.
        temperature: of the soil, or of the air (°C), shape (time, column).
        relative_moisture: w_rel at the end of the day (1), shape (time, column).
        theta: `Q10f`, `Q10s`, `kappa`, `f_s`, `beta` (1), `k_f0` (yr-1).
        response: form of `moisture_response`.

    Returns:
        Dict: `fast`, `slow` respiration (gC m-2 d-1), (time, column); `fast_pool` (gC m-2);
        `slow_scale` c_s (gC m-2 d-1) and `litter_scale` lf (1), (column,). A negative c_s
        means that beta is too small for f_s. It is not clipped.
    """
    moisture = moisture_response(relative_moisture, theta["kappa"], response, xp)
    fast_rate = decay_rate(temperature, moisture, theta["Q10f"], xp)
    fast_rate = fast_rate * theta["k_f0"] / DAYS_A_YEAR
    slow_rate = decay_rate(temperature, moisture, theta["Q10s"], xp)
    production = litter_production(npp, xp)
    litter_scale = production / xp.sum(litter, axis=0)
    pool, loss = fast_pool(litter, fast_rate, xp)
    fast = (1.0 - theta["f_s"]) * litter_scale * loss
    missing = theta["beta"] * production - xp.sum(fast, axis=0)
    slow_scale = missing / xp.sum(slow_rate, axis=0)
    return {
        "fast": fast,
        "slow": slow_scale * slow_rate,
        "fast_pool": pool * litter_scale,
        "slow_scale": slow_scale,
        "litter_scale": litter_scale,
    }


def living(npp: Array, width: float, xp: Namespace) -> Array:
    """Smooth switch (1), 0 where a column's NPP over the run is negative, 1 where positive.

        1/(1 + exp(-NPP/width)) of its annual mean

    The lead counts too: a window of some winter weeks does not make a forest barren.

    Args:
        npp: gC m-2 d-1, shape (time, column).
        width: gC m-2 yr-1; 1 is as published.
    """
    return logistic(xp.mean(npp, axis=0) * (DAYS_A_YEAR / width), xp)
