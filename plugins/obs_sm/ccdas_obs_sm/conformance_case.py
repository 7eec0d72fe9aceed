"""Case of the conformance suite for soil moisture: open ground, observed on many days."""

from __future__ import annotations

from itertools import count
from typing import Any

from ccdas_framework.testing import Case, case_for

DAYS = 59  # enough of them for scaling to the prior run


def conformance_case(operator: Any) -> Case:
    """The cells of the suite with a class that hides no ground, and an observation each day."""
    bare = next(number for number in count(1) if number not in operator.forest_classes)
    return case_for(operator, days=DAYS, classes=(bare,), daily=range(DAYS))
