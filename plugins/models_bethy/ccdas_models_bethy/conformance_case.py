"""Case of the conformance suite for BETHY: consistent weather and soils."""

from __future__ import annotations

import numpy as np
from attrs import evolve

from ccdas_framework import ProcessModel
from ccdas_framework.testing import Case, case_for

DAYS = 12
CLASSES = (1, 4, 8, 9, 10, 13)  # trees, shrubs, C3 and C4 grass, crops
MEAN = (18.0, 8.0, -1.0)  # degC, of the three cells: the last one has frost and snow
SOIL = {"theta_wp": 0.12, "theta_fc": 0.27, "theta_sat": 0.45}  # m3 m-3, a loam


def conformance_case(model: ProcessModel) -> Case:
    """The three cells of the suite, with consistent temperature, humidity and soil."""
    case = case_for(model, days=DAYS, classes=CLASSES)
    forcing, generator = case.forcing, np.random.default_rng(7)
    domain = forcing.domain
    shape = (domain.days, domain.grid.cells)
    coldest = np.array(MEAN) - 5.0 + generator.normal(0.0, 2.0, shape)
    fields = {
        **forcing.fields,
        "tasmin": coldest,
        "tasmax": coldest + generator.uniform(6.0, 12.0, shape),
        "pr": generator.gamma(0.5, 6.0, shape),  # mm d-1, many days nearly dry
        "rsds": generator.uniform(80.0, 280.0, shape),
    }
    if "vp" in forcing.fields:
        fields["vp"] = generator.uniform(400.0, 900.0, shape)
    static = {**forcing.static, "elevation": np.array([200.0, 20.0, 900.0])}
    static.update({name: np.full(domain.grid.cells, value) for name, value in SOIL.items()})
    return evolve(case, forcing=evolve(forcing, fields=fields, static=static))
