"""Priors of the published system where the default priors differ from them.

Source: parameter file of the CCDAS V2 source (Rayner et al. 2005, Global Biogeochem. Cycles 19,
GB2026; Knorr et al. 2010, J. Geophys. Res. 115, G04017). The ratio c_i/c_a is a constant there.
"""

from __future__ import annotations

import numpy as np
from attrs import evolve

from ccdas_framework import Parameter

from .parameters import ALL, ASSUMED, CCDAS, PHENOLOGY
from .plant_types import PLANT_TYPES

VM = tuple(plant.carboxylation for plant in PLANT_TYPES)
_DEFAULT = {parameter.name: parameter for parameter in ALL}


def _published(name: str, **changes: object) -> Parameter:
    return evolve(_DEFAULT[name], **changes)


def _global(name: str, **changes: object) -> Parameter:
    """A parameter with one value for all plant types."""
    return _published(name, index=None, groups=(), **changes)


PUBLISHED = {
    parameter.name: parameter
    for parameter in (
        _published("V_m", mean=VM, sd=tuple(0.2 * v for v in VM), source=CCDAS),
        _published("f_ci", mean=(*(0.65,) * 6, 0.37), active=False, source=CCDAS),
        _global("f_leaf", mean=0.40, sd=0.10, transform="identity", bounds=(0.05, np.inf),
                source=CCDAS),
        _published("kappa", mean=1.0, sd=1.0, transform="shifted_log", bounds=(0.0, np.inf),
                   source=CCDAS),
        _global("Lam_max", mean=5.0, sd=0.25, transform="identity", source=PHENOLOGY),
        _published("T_phi", mean=(10.0, 10.0, 8.0, 2.0, 15.0), sd=(0.5, 0.5, 0.5, 0.5, 1.0),
                   source=PHENOLOGY),
        _published("t_c", mean=10.5, otherwise=10.5, source=PHENOLOGY),
        _published("tau_W", mean=(180.0, 90.0, 30.0), sd=(60.0, 30.0, 15.0),
                   groups=((1, 3, 7), (2,), (9, 10, 12, 13)), source=PHENOLOGY),
        _published("r_d0", mean=0.49, sd=0.05, source="CCDAS V2 source; sd " + ASSUMED),
        _published("l_w", mean=0.1, sd=0.05, source="CCDAS V2 source; sd " + ASSUMED),
    )
}  # fmt: skip
ALL_PUBLISHED = tuple(PUBLISHED.get(parameter.name, parameter) for parameter in ALL)
