"""What the conformance suite tries the operator on: open ground, seen on many days."""

from __future__ import annotations

from itertools import count

from ccdas_framework.testing import case_for

DAYS = 59  # enough of them for scaling to the prior run


def trial_case(operator):
    """The suite's cells with a class that hides no ground, and an observation every day."""
    bare = next(number for number in count(1) if number not in operator.forest_classes)
    return case_for(operator, days=DAYS, classes=(bare,), daily=range(DAYS))
