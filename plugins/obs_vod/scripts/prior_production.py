# ruff: noqa: T201 - a script that prints
"""Prior NPP of an experiment by class, and its ratio to the reference NPP of tau_eff.

    python prior_production.py [EXPERIMENT]

The prior biomass differs from the reference biomass by the same ratio. If a ratio is far from one,
set another mean of `vod.tau_eff` in the configuration. The prior sd of 50 % covers small
differences.
"""

import sys

from ccdas_obs_vod.biomass_turnover import (
    CLASSES,
    REFERENCE_NPP,
    TURNOVER,
    mean_and_ratio,
    production_by_class,
)
from ccdas_obs_vod.optical_depth import biomass

from ccdas_framework import load_experiment


def main(experiment):
    problem = load_experiment(experiment).build()
    prior = problem.prior.mean
    parts = [
        production_by_class(problem.block_fields(prior, b)["npp"], block.forcing.domain)
        for b, block in enumerate(problem.blocks)
    ]
    area, production = (sum(values) for values in zip(*parts, strict=True))
    mean, ratio = mean_and_ratio(area, production)
    print("class  tau_eff/yr  NPP/(gC m-2 yr-1)  reference  ratio  AGB/(Mg ha-1)")
    table = (CLASSES, TURNOVER, mean, REFERENCE_NPP, ratio, biomass(mean, TURNOVER))
    for row in zip(*table, strict=True):
        print("{:5d}  {:10.2f}  {:17.0f}  {:9d}  {:5.2f}  {:13.1f}".format(*row))


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "demo")
