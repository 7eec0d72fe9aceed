"""What every component has to be true to: the checks that a plugin's own tests run."""

from .case import Case, case_for
from .check import STAGES, Check, ExpectedFailure
from .domains import cell_observations, dated_domain, three_cells
from .outcomes import Outcome, counted, outcomes
from .problems import small_control
from .suite import checks_for

__all__ = [
    "STAGES",
    "Case",
    "Check",
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
