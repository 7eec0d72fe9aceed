"""The ecological parameters of DALEC2: priors inside the published ranges.

The publication has a range alone, from which it draws uniformly in the logarithm. A prior of this
module is log-normal. `mean` is its median, and one standard deviation above and below it lies
inside the range. For plant types that differ (evergreen needles live longer than grass) the median
is a representative value of our own. Other medians are near the middle of the range. Dates are
normal, because a date has no zero.

Range: Bloom and Williams (2015), Biogeosciences 12, 1299-1315, table 1 and their published code;
of water: Bloom et al. (2020), Biogeosciences 17, 6393-6422.
"""

from __future__ import annotations

import math

import numpy as np

from ccdas_framework import Parameter

# tropical evergreen and deciduous, temperate evergreen and deciduous broadleaf trees; evergreen and
# deciduous needleleaf trees; evergreen and deciduous shrubs; C3 herbs with tundra and wetland, C4
# grass; crops
CLASSES = ((1,), (2,), (3,), (4,), (5,), (6,), (7,), (8,), (9, 11, 12), (10,), (13,))
LIFE_FORMS = ((1, 2, 3, 4, 5, 6), (7, 8), (9, 10, 11, 12, 13))  # trees, shrubs, herbs
PATHWAYS = ((1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13), (10,))  # C3, C4

# name -> published range, in the units of the parameter
RANGES = {
    "f_auto": (0.3, 0.7),
    "f_fol": (0.01, 0.5),
    "f_lab": (0.01, 0.5),
    "f_roo": (0.01, 1.0),
    "c_lf": (1.001, 8.0),
    "c_lma": (10.0, 400.0),
    "c_eff": (10.0, 100.0),
    "d_onset": (0.0, 365.25),
    "d_fall": (0.0, 365.25),
    "c_ronset": (10.0, 100.0),
    "c_rfall": (20.0, 150.0),
    "k_roo": (1e-4, 1e-2),
    "k_woo": (2.5e-5, 1e-3),
    "k_lit": (1e-4, 1e-2),
    "k_dec": (1e-5, 1e-2),
    "k_som": (1e-7, 1e-3),
    "Theta": (0.018, 0.08),
    "iWUE": (10.0, 50.0),
    "omega": (1.0, 1e4),
    "q_foc": (1.0, 1e5),
    "W_0": (1.0, 1e4),
    "C_lab": (20.0, 2000.0),
    "C_fol": (20.0, 2000.0),
    "C_roo": (20.0, 2000.0),
    "C_woo": (100.0, 1e5),
    "C_lit": (20.0, 2000.0),
    "C_som": (100.0, 2e5),
}
SHARE = (1e-6, 1.0 - 1e-6)  # guard rails of what is a part of something


def _prior(
    name: str,
    units: str,
    median: float | tuple[float, ...],
    spread: float,
    long_name: str,
    groups: tuple[tuple[int, ...], ...] | None = None,
    **more,
) -> Parameter:
    """Log-normal, `spread` in the logarithm; indexed by class where there are groups."""
    sd = [m * math.expm1(spread) for m in np.atleast_1d(median)]
    values = (median, sd[0]) if groups is None else (median, sd)
    lower, upper = RANGES.get(name, (0.0, 0.0))
    source = f"range {lower:g} to {upper:g}, Bloom and Williams (2015); median own choice"
    index = None if groups is None else "class"
    settings = {"transform": "log", "source": source, "index": index, "groups": groups} | more
    return Parameter(name, units, *values, long_name=long_name, **settings)


def _date(name: str, median: tuple[float, ...], long_name: str) -> Parameter:
    source = "Bloom and Williams (2015) know it to a year; mean and sd own choice"
    return Parameter(
        name, "d", median, 30.0, index="class", groups=CLASSES, source=source, long_name=long_name
    )


CANOPY = (
    _prior("f_auto", "1", 0.5, 0.2, "respired share of GPP", bounds=SHARE),
    _prior("f_fol", "1", (0.10, 0.12, 0.12, 0.10, 0.12, 0.10, 0.12, 0.10, 0.20, 0.20, 0.20), 0.4,
           "share of NPP that becomes leaves at once", CLASSES, bounds=SHARE),
    _prior("f_lab", "1", (0.10, 0.15, 0.10, 0.22, 0.08, 0.22, 0.10, 0.18, 0.18, 0.18, 0.12), 0.4,
           "share of the rest that is kept as labile carbon", CLASSES, bounds=SHARE),
    Parameter("c_lf", "yr",
              (1.6, 1.05, 2.5, 1.05, 3.5, 1.05, 2.5, 1.05, 1.05, 1.05, 1.03),
              (0.5, 0.07, 1.2, 0.07, 2.0, 0.07, 1.2, 0.07, 0.07, 0.07, 0.04),
              "shifted_log", (1.0, np.inf), "class", CLASSES,
              source="range 1.001 to 8, Bloom and Williams (2015); median own choice",
              long_name="lifespan of a leaf, 1/share lost in a year"),
    _prior("c_lma", "gC m-2", (60.0, 45.0, 90.0, 40.0, 110.0, 50.0, 90.0, 45.0, 30.0, 30.0, 25.0),
           0.3, "leaf carbon per leaf area", CLASSES),
    _prior("c_eff", "gC m-2 d-1",
           (18.0, 18.0, 14.0, 22.0, 13.0, 18.0, 14.0, 16.0, 20.0, 30.0, 35.0), 0.25,
           "efficiency of the canopy, photosynthesis per leaf area", CLASSES),
    _date("d_onset", (120.0, 120.0, 110.0, 125.0, 140.0, 145.0, 110.0, 140.0, 115.0, 165.0, 165.0),
          "day of the year of leaf onset, north; half a year later in the south"),
    _date("d_fall", (210.0, 320.0, 190.0, 290.0, 270.0, 275.0, 210.0, 275.0, 270.0, 285.0, 255.0),
          "day of the year of leaf fall, north; half a year later in the south"),
    _prior("c_ronset", "d", (60.0, 40.0, 40.0, 30.0, 45.0, 30.0, 45.0, 30.0, 45.0, 50.0, 35.0), 0.3,
           "how long leaf onset lasts", CLASSES),
    _prior("c_rfall", "d", (100.0, 70.0, 80.0, 40.0, 90.0, 35.0, 90.0, 45.0, 60.0, 60.0, 35.0), 0.3,
           "how long leaf fall lasts", CLASSES),
)  # fmt: skip

TURNOVER = (
    _prior("f_roo", "1", (0.35, 0.5, 0.7), 0.3, "share of the rest that becomes roots", LIFE_FORMS,
           bounds=SHARE, in_loop=False),
    _prior("k_roo", "d-1", 1.5e-3, 0.6, "turnover rate of roots", in_loop=False),
    _prior("k_woo", "d-1", (1e-4, 2e-4, 6e-4), 0.45, "turnover rate of wood, in herbs of stems",
           LIFE_FORMS, in_loop=False),
    _prior("k_lit", "d-1", 1.5e-3, 0.7, "rate at which litter is respired, at 0 degC",
           in_loop=False),
    _prior("k_dec", "d-1", 5e-4, 0.8, "rate at which litter becomes soil carbon, at 0 degC",
           in_loop=False),
    _prior("k_som", "d-1", 3e-5, 1.0, "rate at which soil carbon is respired, at 0 degC",
           in_loop=False),
    _prior("Theta", "K-1", 0.038, 0.35, "exponent of decay with temperature", in_loop=False),
)  # fmt: skip

_WATER = "Bloom et al. (2020); median own choice"
WATER = (
    _prior("iWUE", "gC hPa kg-1", (20.0, 20.0), 0.35, "GPP times vapour pressure deficit per water "
           "lost", PATHWAYS, source=f"range 10 to 50, {_WATER}"),
    _prior("omega", "mm", (60.0, 60.0, 60.0), 0.5, "water below which photosynthesis is limited",
           LIFE_FORMS, source=f"range 1 to 10000, {_WATER}"),
    _prior("q_foc", "mm d", 40000.0, 0.7, "square of available water over runoff",
           source=f"range 1 to 100000, {_WATER}"),
)  # fmt: skip
FIRST_WATER = _prior("W_0", "mm", 120.0, 0.7, "available water on the first day",
                     source=f"range 1 to 10000, {_WATER}")  # fmt: skip

LEAF_POOLS = (
    _prior("C_lab", "gC m-2", (100.0, 80.0, 80.0, 120.0, 70.0, 80.0, 60.0, 60.0, 50.0, 50.0, 50.0),
           0.7, "labile carbon on the first day", CLASSES),
    _prior("C_fol", "gC m-2", (300.0, 60.0, 240.0, 50.0, 400.0, 50.0, 100.0, 50.0, 50.0, 50.0,
                               50.0), 0.7, "carbon of leaves on the first day", CLASSES),
)  # fmt: skip

SLOW_POOLS = (
    _prior("C_roo", "gC m-2", (300.0, 200.0, 200.0), 0.7, "carbon of roots on the first day",
           LIFE_FORMS, in_loop=False),
    _prior("C_woo", "gC m-2", (5000.0, 800.0, 150.0), 0.4, "carbon of wood on the first day",
           LIFE_FORMS, in_loop=False),
    _prior("C_lit", "gC m-2", (300.0, 200.0, 200.0), 0.7, "litter carbon on the first day",
           LIFE_FORMS, in_loop=False),
    _prior("C_som", "gC m-2", (9000.0, 6000.0, 6000.0), 0.9, "soil carbon on the first day",
           LIFE_FORMS, in_loop=False),
)  # fmt: skip

_DEPARTURE = {"in_loop": False, "source": "own choice: within a factor of 1.6 of balance"}
DEPARTURES = (
    _prior("s_woo", "1", (1.0, 1.0, 1.0), 0.5, "wood on the first day over that in balance",
           LIFE_FORMS, **_DEPARTURE),
    _prior("s_som", "1", (1.0, 1.0, 1.0), 0.5, "soil carbon on the first day over that in balance",
           LIFE_FORMS, **_DEPARTURE),
)  # fmt: skip
