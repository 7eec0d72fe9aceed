"""The control parameters of BETHY: prior mean and standard deviation, transform and limits.

Names are the symbols of the literature. Most numbers are those of the parameter file of the CCDAS
V2 source (57 parameters of Rayner et al. 2005, Global Biogeochem. Cycles 19, GB2026, and the
phenology of Knorr et al. 2010, J. Geophys. Res. 115, G04017). `published_priors` has the published
numbers of those that differ here. The water and radiation controls added for soil moisture have
representative values of our own.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from attrs import evolve

from ccdas_framework import Parameter, Parameters

from .plant_types import PLANT_TYPES

CCDAS = "Rayner et al. (2005); CCDAS V2 source"
PHENOLOGY = "Knorr et al. (2010); CCDAS V2 source"
NUCAS = "Zhu et al. (2024), Geosci. Model Dev. 17, 6337-6363"
INTERNAL_CO2 = (
    "slope of Lin et al. (2015, Nat. Clim. Change 5, 459-464) at a deficit of 1 kPa, 0.6 kPa for "
    "needles; C4: own choice near the published 0.37, from GPP and evaporation of towers; sd own "
    "choice"
)
LEAF_SHARE = (
    "chosen for the NPP/GPP of Luyssaert et al. (2007, Global Change Biol. 13, 2509-2537), type 1 "
    "for that of Malhi et al. (2009, Global Change Biol. 15, 1255-1274); sd CCDAS V2 source"
)
LEAF_AREA_SOURCE = (
    "own choice between means and maxima of Asner et al. (2003), Global Ecol. Biogeogr. 12"
)
SURVIVAL = (
    "Knorr et al. (2010); type 1: leaf area 4 to 6 at the demand of f_ci; 3 and 7: GPP of towers"
)
ONSET = "Knorr et al. (2010); types 4 and 13: GPP of towers in April and May; sd own choice"
ASSUMED = "no published value accessible; representative value"
POSITIVE = (1e-9, np.inf)
SPREAD = (0.05, np.inf)  # guard rail of the spreads of thresholds


def _shares(*groups) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(group) for group in groups)


def _by_type(numbers: Iterable[int]) -> tuple[tuple[int, ...], ...]:
    return tuple((number,) for number in numbers)


# trees with needles and with broad leaves, shrubs, C3 grass, tundra, crops, C4 grass
LIFE_FORMS = _shares((5, 6), (1, 2, 3, 4), (7, 8), (9, 12), (11,), (13,), (10,))
_C3 = tuple(plant.number for plant in PLANT_TYPES if not plant.c4)
_ALL = tuple(plant.number for plant in PLANT_TYPES)
# tropical evergreen trees and deciduous shrubs, umol m-2 s-1; the published 60 and 160 need a
# leaf area below 3 and lose 70 % of their uptake to respiration
_KATTGE = {1: 35.0, 8: 54.0}
_V_M = tuple(_KATTGE.get(plant.number, plant.carboxylation) for plant in PLANT_TYPES)
_A_JV = tuple(plant.electron_ratio for plant in PLANT_TYPES if not plant.c4)

PHOTOSYNTHESIS = (
    Parameter(
        "V_m", "umol m-2 s-1", _V_M, [0.2 * v for v in _V_M], "log",
        index="class", groups=_by_type(_ALL), otherwise=50.0,
        source=CCDAS + "; types 1 and 8: Kattge et al. (2009), Global Change Biol. 15, 976-991",
        long_name="carboxylation capacity at 25 °C",
    ),
    Parameter(
        "a_JV", "1", _A_JV, [0.05 * a for a in _A_JV], bounds=POSITIVE,
        index="class", groups=_by_type(_C3), otherwise=1.9, source=CCDAS,
        long_name="electron transport capacity over V_m at 25 °C",
    ),
    Parameter(
        "k_25", "mmol m-2 s-1", 140.0, 28.0, bounds=POSITIVE,
        index="class", groups=((10,),), otherwise=140.0, source=CCDAS,
        long_name="CO2 specificity of PEP carboxylase at 25 °C",
    ),
    Parameter("E_R", "J mol-1", 45000.0, 2250.0, source=CCDAS,
              long_name="activation energy of dark respiration"),
    Parameter("E_V", "J mol-1", 58520.0, 2926.0, source=CCDAS,
              long_name="activation energy of V_m"),
    Parameter("E_O", "J mol-1", 35948.0, 1797.0, source=CCDAS,
              long_name="activation energy of K_O"),
    Parameter("E_C", "J mol-1", 59356.0, 2967.0, source=CCDAS,
              long_name="activation energy of K_C"),
    Parameter("E_k", "J mol-1", 50967.0, 2548.0, source=CCDAS,
              long_name="activation energy of k_25"),
    Parameter(
        "f_ci", "1", (0.75, 0.80, 0.80, 0.80, 0.75, 0.80, 0.42), 0.05, "logit", (0.0, 1.0),
        index="class", groups=LIFE_FORMS, otherwise=0.8, source=INTERNAL_CO2,
        long_name="CO2 inside leaves over that of the air, without water stress",
    ),
    Parameter("alpha_q", "1", 0.28, 0.014, bounds=POSITIVE, source=CCDAS,
              long_name="quantum efficiency of C3 photosynthesis"),
    Parameter("alpha_i", "1", 0.04, 0.002, bounds=POSITIVE, source=CCDAS,
              long_name="quantum efficiency of C4 photosynthesis"),
    Parameter("K_C", "umol mol-1", 460.0, 23.0, bounds=POSITIVE, source=CCDAS,
              long_name="Michaelis constant for CO2 at 25 °C"),
    Parameter("K_O", "mol mol-1", 0.33, 0.0165, bounds=POSITIVE, source=CCDAS,
              long_name="Michaelis constant for O2 at 25 °C"),
    Parameter("g_t", "umol mol-1 K-1", 1.7, 0.085, source=CCDAS,
              long_name="slope of the CO2 compensation point with temperature"),
)  # fmt: skip

RESPIRATION = (
    Parameter("f_leaf", "1", (0.15, 0.20, 0.20, 0.30, 0.20, 0.40, 0.22, 0.28, 0.12, 0.40),
              (0.05, 0.07, 0.07, 0.10, 0.07, 0.13, 0.07, 0.09, 0.04, 0.13), "log", index="class",
              groups=_shares((5, 6), (3, 4), (1,), (2,), (7,), (8,), (9, 12), (10,), (11,), (13,)),
              otherwise=0.3,
              source=LEAF_SHARE, in_loop=False,
              long_name="leaf share of maintenance respiration"),
    Parameter("f_g", "1", 0.20, 0.01, source=CCDAS, in_loop=False,
              long_name="growth respiration over GPP less maintenance respiration"),
    Parameter("Q10f", "1", 1.5, 0.75, "shifted_log", (1.0, np.inf), source=CCDAS, in_loop=False,
              long_name="Q10 of the fast soil pool"),
    Parameter("Q10s", "1", 1.5, 0.75, "shifted_log", (1.0, np.inf), source=CCDAS, in_loop=False,
              long_name="Q10 of the slow soil pool"),
    Parameter("k_f0", "yr-1", 0.66, 0.40, "log", source=CCDAS, in_loop=False,
              long_name="turnover rate of the fast soil pool, wet at 0 °C"),
    Parameter("kappa", "1", 1.0, 0.5, "log",
              source="Coleman and Jenkinson (1996): 1; sd own choice", in_loop=False,
              long_name="exponent of the moisture response of decay"),
    Parameter("f_s", "1", 0.2, 0.2, "logit", (0.0, 1.0), source=CCDAS, in_loop=False,
              long_name="fraction of litter that goes to the slow pool"),
    Parameter("beta", "1", 1.0, 0.25, index="class", groups=_by_type(_ALL), otherwise=1.0,
              source=CCDAS, in_loop=False,
              long_name="heterotrophic respiration over net primary production"),
)  # fmt: skip

LEAF_AREA = (
    Parameter("Lam_max", "m2 m-2", (6.0, 5.0, 3.0, 4.0, 2.0, 5.0), (1.0, 0.5, 0.5, 0.5, 0.5, 0.5),
              "log", (0.1, 15.0), index="class",
              groups=_shares((1,), (2, 3, 4, 5, 6), (7, 8), (9, 10, 12), (11,), (13,)),
              otherwise=5.0, source=LEAF_AREA_SOURCE,
              long_name="maximum leaf area index"),
    Parameter("T_phi", "degC", (9.0, 10.0, 8.0, 2.0, 10.0), (3.0, 3.0, 3.0, 3.0, 3.0),
              index="class", groups=_shares((4,), (5, 6, 11), (8,), (9, 10, 12), (13,)),
              otherwise=10.0, source=ONSET,
              long_name="temperature of leaf onset, as the mean of 30 days"),
    Parameter("T_r", "K", (2.0, 2.0, 0.5), 0.1, bounds=SPREAD,
              index="class", groups=_shares((4, 8, 13), (5, 6, 11), (9, 10, 12)),
              otherwise=2.0, source=PHENOLOGY, long_name="spread of the onset temperature"),
    Parameter("t_c", "h", 12.0, 0.5, index="class", groups=_shares((4, 5, 6, 8, 11)),
              otherwise=12.0, source="GPP of deciduous towers in September and October; "
              "sd Knorr et al. (2010)", long_name="day length of leaf shedding"),
    Parameter("t_r", "h", 0.5, 0.1, bounds=SPREAD, index="class",
              groups=_shares((4, 5, 6, 8, 11)), otherwise=0.5, source=PHENOLOGY,
              long_name="spread of the day length of shedding"),
    Parameter("xi", "d-1", 0.5, 0.1, bounds=POSITIVE, source=PHENOLOGY,
              long_name="initial rate of leaf growth"),
    Parameter("k_L", "d-1", (0.1, 3e-3), (0.05, 0.5e-3), "shifted_log", (2e-3, np.inf),
              index="class", groups=_shares((2, 4, 6, 8, 9, 10, 12, 13), (5, 11)),
              otherwise=0.1, source=PHENOLOGY, long_name="rate of senescence"),
    Parameter("tau_W", "d", (60.0, 120.0, 90.0, 30.0), (30.0, 60.0, 30.0, 15.0), "log",
              index="class", groups=_shares((1,), (3, 7), (2,), (9, 10, 12, 13)),
              otherwise=90.0, source=SURVIVAL,
              long_name="time a canopy should survive on its water"),
)  # fmt: skip

WATER = (
    Parameter("c_w0", "mm h-1", 0.5, 0.125, "log", source="CCDAS V2 source; sd " + ASSUMED,
              long_name="maximum water supply of roots"),
    Parameter("s_rd", "1", 1.0, 0.25, "log", source=ASSUMED,
              long_name="scale of the root-zone water capacity"),
    Parameter("s_b", "1", 1.0, 0.25, "log", source="sd: " + NUCAS,
              long_name="scale of the Campbell exponent"),
    Parameter("s_K", "1", 1.0, 0.25, "log", source="sd: " + NUCAS,
              long_name="scale of the saturated conductivity"),
    Parameter("k_ex", "mm d-1", 2.0, 1.0, "log", source=ASSUMED,
              long_name="exchange between the soil layers"),
    Parameter("s_D", "1", 1.0, 1.0, "log",
              source="sd: own choice below the factor of 2.5 to 5 by which K_sat scatters in a "
              "texture class, Cosby et al. (1984), Water Resour. Res. 20, 682-690",
              long_name="scale of the diffusivity between the soil layers"),
    Parameter("b_i", "1", 0.3, 0.1, "log", source=ASSUMED, long_name="shape of infiltration"),
    Parameter("l_w", "mm", 0.2, 0.1, "log", source="Dickinson (1984); sd own choice", active=False,
              long_name="water held per unit of leaf area"),
)  # fmt: skip

SKY = Parameter("e_0", "1", 0.64, 0.032, bounds=POSITIVE, source="CCDAS V2 source; sd " + ASSUMED,
                long_name="sky emissivity factor")  # fmt: skip

HUMIDITY = (
    Parameter("r_h0", "1", 0.96, 0.02, "logit", (0.8, 1.0), source="CCDAS V2 source; sd " + ASSUMED,
              long_name="relative humidity at the temperature minimum of dry soil"),
    Parameter("r_d0", "1", 0.25, 0.10, "logit", (0.0, 1.0),
              source="fit to the deficit of warm months at 14 flux towers; sd own choice",
              long_name="course of vapour pressure with that of saturation"),
)  # fmt: skip

PROCESSES = {
    "photosynthesis": PHOTOSYNTHESIS,
    "respiration": RESPIRATION,
    "leaf_area": LEAF_AREA,
    "water": WATER,
    "air": (SKY, *HUMIDITY),
}
ALL = tuple(
    evolve(parameter, process=process.replace("_", " "))
    for process, group in PROCESSES.items()
    for parameter in group
)


def by_process(theta: Parameters) -> dict[str, Parameters]:
    """Physical parameters of each process, so that a process depends on its own alone."""
    return {
        process: {p.name: theta[p.name] for p in group if p.name in theta}
        for process, group in PROCESSES.items()
    }
