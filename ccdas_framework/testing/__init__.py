"""The conformance suite: checks of a component, for the tests of a plugin."""

from ..problem.counted_problem import CountedProblem
from .agreement import (
    ensemble_disagreements,
    minimiser_disagreements,
    sampler_disagreements,
    search_disagreements,
)
from .check import STAGES, Check, CheckFailure, ExpectedFailure
from .direct_problem import DirectProblem, banana_problem, straight_problem
from .known_answers import KnownAnswer, Quantity
from .known_problem_statement import KnownProblem, known_problem
from .known_problems import KNOWN_PROBLEMS, known_problem_named
from .known_truths import has_exact_answer, has_truths, with_drawn_truth
from .problems import small_control
from .small_domains import cell_observations, dated_domain, three_cells
from .suite import Outcome, checks_for, counted, outcomes
from .test_case import Case, case_for

__all__ = [
    "KNOWN_PROBLEMS",
    "STAGES",
    "Case",
    "Check",
    "CheckFailure",
    "CountedProblem",
    "DirectProblem",
    "ExpectedFailure",
    "KnownAnswer",
    "KnownProblem",
    "Outcome",
    "Quantity",
    "banana_problem",
    "case_for",
    "cell_observations",
    "checks_for",
    "counted",
    "dated_domain",
    "ensemble_disagreements",
    "has_exact_answer",
    "has_truths",
    "known_problem",
    "known_problem_named",
    "minimiser_disagreements",
    "outcomes",
    "sampler_disagreements",
    "search_disagreements",
    "small_control",
    "straight_problem",
    "three_cells",
    "with_drawn_truth",
]
