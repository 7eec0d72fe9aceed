"""Case of the conformance suite for soil moisture: open ground, observed on many days."""

from __future__ import annotations

from itertools import count
from typing import Any

import numpy as np
from attrs import evolve

from ccdas_framework.testing import Case, case_for

from .depth import THICKNESS

DAYS = 59  # enough of them for scaling to the prior run
PROBE = 0.1  # m, depth of the probes
SURFACE = 0.04  # m, thickness of the surface layer


def conformance_case(operator: Any) -> Case:
    """The cells of the suite with a class that hides no ground, and an observation each day."""
    bare = next(number for number in count(1) if number not in operator.forest_classes)
    case = case_for(operator, days=DAYS, classes=(bare,), daily=range(DAYS))
    if operator.product != "in_situ":
        return case
    depth = np.full(len(case.observations), PROBE)  # type: ignore[arg-type]
    fields = dict(case.fields)
    if THICKNESS.name in fields:
        fields[THICKNESS.name] = np.full_like(fields[THICKNESS.name], SURFACE)
    observations = evolve(case.observations, extra={"depth": depth})
    return evolve(case, observations=observations, fields=fields)
