"""A run of BETHY as a program: capacities, the loop over days, and the carbon after it.

The equations are the functions of the model. The loops of the soil pools are written here again,
with the parts before and after them.
"""

from __future__ import annotations

import numpy as np
from ccdas_models_bethy.carbon.plant import maintenance_respiration, net_primary_production
from ccdas_models_bethy.carbon.soil import LITTER_FLOOR_WIDTH, decay_rate, moisture_response
from ccdas_models_bethy.constants import DAYS_A_YEAR
from ccdas_models_bethy.daily import initial_state
from ccdas_models_bethy.diurnal import NOON
from ccdas_models_bethy.hydrology import SOIL_SCHEMES
from ccdas_models_bethy.model import interval_step
from ccdas_models_bethy.parameters import by_process
from ccdas_models_bethy.smooth import floored, logistic

from ccdas_framework import JaxEngine

from .program import Program

FIELDS = ("gpp", "nep", "lai", "soil_moisture", "transpiration")
DAILY = ("gpp", "leaf_respiration", "lai", "soil_moisture", "transpiration", "litter",
         "relative_soil_moisture")  # fmt: skip


def bethy_program(model, drivers, days, lead):
    """Program, its inputs as (array, numbers), the arrays of parameters and those of the fields.

    Args:
        model: with a diurnal cycle each day and no regions of parameters.
        drivers: of `model.prepare`.
        days, lead: of the run, and before its window.
    """
    xp = JaxEngine().xp
    program = Program(len(model.hours), model.hours.index(NOON))
    inputs = []

    def held(values, kind, window=False):
        shape = values.shape[:-1] if kind == "column" else values.shape[1:-1]
        array = program.array(kind, (*shape, 1), window)
        inputs.append((array, values))
        return array

    theta = {p.name: program.array("column") for p in model.parameters}
    program.active.update(array.number for array in theta.values())
    site = {name: held(values, "column") for name, values in drivers["site"].items()}
    first = {name: held(values, "column") for name, values in drivers["start"].items()}
    today = {
        part: {
            name: held(values, "hour" if values.shape[1] == len(model.hours) else "day")
            for name, values in drivers[part].items()
        }
        for part in ("weather", "days")
    }
    soil_temperature = held(drivers["window"]["soil_temperature"], "day", window=True)
    columns = len(drivers["site"]["c4"])
    length = {  # read and not written into the code, which serves any number of days
        name: held(np.full(columns, number), "column")
        for name, number in (("days", float(days)), ("years", (days - lead) / DAYS_A_YEAR))
    }

    in_loop = {p.name for p in model.parameters if p.in_loop}

    def begin(given):
        theta = by_process(given["theta"])
        capacity = SOIL_SCHEMES[model.hydrology].capacities(
            theta["water"], given["site"], model.surface_depth, model.layer_exchange
        )
        parts = (capacity, given["site"], given["first"], theta["leaf_area"])
        return {"capacity": capacity, "state": initial_state(*parts, model, xp)}

    moving = {name: array for name, array in theta.items() if name in in_loop}
    begun = program.once(begin, {"theta": moving, "site": site, "first": first})

    def day(state, today, constants):
        state, fields = interval_step(state, today, constants, model, xp)
        return state, {name: fields[name][0] for name in DAILY}

    constants = {"theta": by_process(moving), "site": site, "capacity": begun["capacity"]}
    _, daily = program.loop(day, begun["state"], today, constants)
    fields = carbon(program, theta, daily, soil_temperature, length, model, xp)
    fields |= {name: daily[name] for name in ("lai", "soil_moisture", "transpiration")}
    return program, inputs, theta, fields


def carbon(program, theta, daily, soil_temperature, length, model, xp):
    """Arrays of GPP and NEP (gC m-2 d-1), as `carbon_balance` of the model."""
    zero, one = (
        program.once(lambda f_g, value=value: 0.0 * f_g + value, theta["f_g"])
        for value in (0.0, 1.0)
    )

    def plants(carry, today, p):
        maintenance = maintenance_respiration(today["leaf_respiration"], p["f_leaf"])
        npp = net_primary_production(today["gpp"], maintenance, p["f_g"])
        return {"npp": carry["npp"] + npp}, {"npp": npp}

    uptake = {name: daily[name] for name in ("gpp", "leaf_respiration")}
    growth = {name: theta[name] for name in ("f_leaf", "f_g")}
    whole, plant = program.loop(plants, {"npp": zero}, uptake, growth)

    def decay(carry, today, p):
        response = model.soil_moisture_response
        moisture = moisture_response(today["moisture"], p["kappa"], response, xp)
        rate = decay_rate(today["temperature"], moisture, p["Q10f"], xp) * p["k_f0"] / DAYS_A_YEAR
        slow = decay_rate(today["temperature"], moisture, p["Q10s"], xp)
        left = xp.exp(-rate)
        gained = today["litter"] * (1.0 - left) / rate
        after = {
            "end": gained + left * carry["end"],
            "left": carry["left"] * left,
            "npp": carry["npp"] + today["npp"],
            "litter": carry["litter"] + today["litter"],
            "slow": carry["slow"] + slow,
        }
        return after, {"left": left, "gained": gained, "slow": slow}

    today = {
        "moisture": daily["relative_soil_moisture"],
        "litter": daily["litter"],
        "npp": plant["npp"],
        "temperature": soil_temperature,
    }
    empty = {"end": zero, "left": one, "npp": zero, "litter": zero, "slow": zero}
    soil = {name: theta[name] for name in ("kappa", "Q10f", "Q10s", "k_f0", "f_s", "beta")}
    ended, decayed = program.loop(decay, empty, today, soil, window=True)

    def balance(given):
        total, p, years = given["total"], given["theta"], given["length"]["years"]
        yearly = given["npp"] / given["length"]["days"] * DAYS_A_YEAR
        production = floored(total["npp"] / years, 0.0, LITTER_FLOOR_WIDTH, xp) * years
        fast = (1.0 - p["f_s"]) * production / total["litter"]
        missing = p["beta"] * production - fast * total["litter"]
        return {
            "alive": logistic(yearly / model.barren_width, xp),
            "pool": total["end"] / (1.0 - total["left"]),
            "fast": fast,
            "slow": missing / total["slow"],
        }

    scales = program.once(
        balance, {"total": ended, "theta": soil, "npp": whole["npp"], "length": length}
    )
    pool = scales.pop("pool")

    def respire(carry, today, scales):
        after = today["gained"] + today["left"] * carry["pool"]
        loss = carry["pool"] + today["litter"] - after
        respired = scales["alive"] * (scales["fast"] * loss + scales["slow"] * today["slow"])
        return {"pool": after}, {"nep": scales["alive"] * today["npp"] - respired}

    today = {**decayed, "litter": daily["litter"], "npp": plant["npp"]}
    _, exchanged = program.loop(respire, {"pool": pool}, today, scales, window=True)

    def living(carry, today, scales):
        return {}, {"gpp": scales["alive"] * today["gpp"]}

    _, lived = program.loop(living, {}, {"gpp": daily["gpp"]}, {"alive": scales["alive"]})
    return {"gpp": lived["gpp"], "nep": exchanged["nep"]}
