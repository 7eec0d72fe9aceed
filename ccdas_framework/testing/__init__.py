"""The conformance suite: checks of a component, for the tests of a plugin."""

from .check import STAGES, Check, CheckFailure, ExpectedFailure
from .problems import small_control
from .small_domains import cell_observations, dated_domain, three_cells
from .suite import Outcome, checks_for, counted, outcomes
from .test_case import Case, case_for

__all__ = [
    "STAGES",
    "Case",
    "Check",
    "CheckFailure",
    "ExpectedFailure",
    "Outcome",
    "case_for",
    "cell_observations",
    "checks_for",
    "counted",
    "dated_domain",
    "outcomes",
    "small_control",
    "three_cells",
]
