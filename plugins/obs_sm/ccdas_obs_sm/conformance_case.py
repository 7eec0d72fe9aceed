"""Case of the conformance suite for soil moisture: open ground, observed on many days."""

from __future__ import annotations

from itertools import count
from typing import Any

import numpy as np
from attrs import evolve

from ccdas_framework.testing import Case, case_for

DAYS = 59  # enough of them for scaling to the prior run
PROBE = 0.1  # m, depth of the probes


def conformance_case(operator: Any) -> Case:
    """The cells of the suite with a class that hides no ground, and an observation each day."""
    bare = next(number for number in count(1) if number not in operator.forest_classes)
    case = case_for(operator, days=DAYS, classes=(bare,), daily=range(DAYS))
    if operator.product != "in_situ":
        return case
    depth = np.full(len(case.observations), PROBE)  # type: ignore[arg-type]
    return evolve(case, observations=evolve(case.observations, extra={"depth": depth}))
