"""Carbon uptake in proportion to the light that leaves absorb, and the leaves it builds."""

import numpy as np
from attrs import field, frozen
from attrs.validators import gt

from ccdas_framework import Parameter, ProcessModel, Variable, is_number

PAR_SHARE = 0.45  # of shortwave; Running and Zhao (2015), MOD17 user's guide
MEGAJOULES = 0.0864  # MJ m-2 d-1 of a W m-2
COLDEST, WARMEST = -8.0, 9.5  # degC; MOD17 user's guide, between its kinds of forest

MOD17 = "Running et al. (2004), BioScience 54, 547-560; range of the kinds of vegetation"


@frozen
class LightUse(ProcessModel):
    """GPP by light-use efficiency; leaves grow from production and are shed at a constant rate.

        GPP = epsilon f(T_min) (1 - exp(-k LAI)) PAR
        dLAI/dt = g c GPP - LAI / tau

    Args:
        first_leaf_area: LAI on the first day of the spin-up (m2 m-2).
    """

    first_leaf_area: float = field(default=1.0, validator=[is_number, gt(0.0)])

    requires = (
        Variable("tasmin", "degC", ("time", "cell"), (-60.0, 40.0), long_name="lowest temperature"),
        Variable("rsds", "W m-2", ("time", "cell"), (0.0, 500.0), long_name="daily mean shortwave"),
    )
    provides = (
        Variable("gpp", "gC m-2 d-1", ("time", "column"), long_name="gross uptake, > 0 uptake"),
        Variable("npp", "gC m-2 d-1", ("time", "column"), long_name="net production, > 0 uptake"),
        Variable("lai", "m2 m-2", ("time", "column"), (0.0, 50.0), long_name="leaf area index"),
    )
    parameters = (
        Parameter(
            "efficiency", "gC MJ-1", 1.0, 0.3, "log", source=MOD17,
            long_name="production per absorbed light, epsilon",
        ),
        Parameter(
            "extinction", "1", 0.5, 0.1, "log", source="Monsi and Saeki (1953); sd own choice",
            long_name="extinction of light with leaf area, k",
        ),
        Parameter(
            "carbon_use", "1", 0.47, 0.04, bounds=(0.0, 1.0),
            source="Waring, Landsberg and Williams (1998), Tree Physiol. 18, 129-134",
            long_name="net per gross production, c",
        ),
        Parameter(
            "leaf_growth", "m2 gC-1", 0.006, 0.002, "log", source="own choice",
            long_name="leaf area per net production, g",
        ),
        Parameter(
            "leaf_life", "d", 200.0, 80.0, "log", bounds=(2.0, np.inf), source="own choice",
            long_name="life of a leaf, tau",
        ),
    )  # fmt: skip
    couples = "column"

    def prepare(self, forcing):
        """Light that is used where all of it is absorbed (MJ m-2 d-1), once and with numpy."""
        fields, grid = forcing.fields, forcing.domain.grid
        warmth = temperature_factor(fields["tasmin"])
        light = PAR_SHARE * MEGAJOULES * fields["rsds"] * warmth
        return {"light": light[:, grid.column_cell]}

    def run(self, parameters, drivers, xp):
        """GPP, NPP and LAI of each day and column; the days are walked through by `xp.scan`."""
        light = drivers["light"]
        leaves = {"lai": self.first_leaf_area * xp.ones(light.shape[1])}
        _, fields = xp.scan(leaf_step, leaves, {"light": light}, parameters)
        return fields


def leaf_step(leaves, today, parameters, xp):
    """Advance leaf area by one day; all that is differentiated comes as an argument."""
    lai = leaves["lai"]
    uptake = gross_uptake(
        today["light"], lai, parameters["efficiency"], parameters["extinction"], xp
    )
    production = parameters["carbon_use"] * uptake
    grown = parameters["leaf_growth"] * production
    tomorrow = {"lai": lai + grown - lai / parameters["leaf_life"]}
    return tomorrow, {"gpp": uptake, "npp": production, "lai": lai}


def gross_uptake(light, lai, efficiency, extinction, xp):
    """Gross primary production in proportion to absorbed light.

        GPP = epsilon (1 - exp(-k LAI)) f PAR

    Args:
        light: f PAR, photosynthetically active light times what cold leaves of it (MJ m-2 d-1),
            shape (column,).
        lai: LAI (m2 m-2), shape (column,).
        efficiency: epsilon (gC MJ-1), scalar or (column,).
        extinction: k (1), scalar or (column,).

    Returns:
        GPP (gC m-2 d-1), shape (column,).

    Source: Monteith (1972), J. Appl. Ecol. 9, 747-766; absorbed light by Monsi and Saeki (1953),
        Jpn. J. Bot. 14, 22-52.
    """
    return efficiency * (1.0 - xp.exp(-extinction * lai)) * light


def temperature_factor(coldest):
    """What cold leaves of production (1): a ramp in the lowest temperature of the day (degC).

    Source: Running et al. (2004), BioScience 54, 547-560.
    """
    return np.clip((coldest - COLDEST) / (WARMEST - COLDEST), 0.0, 1.0)
