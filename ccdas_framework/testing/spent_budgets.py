"""An optimiser whose budget ends before its search does."""

from __future__ import annotations

import numpy as np

from ..core.budget import Budget
from ..optimisers.counted_search import minimise
from ..problem.counted_problem import CountedProblem
from .check import require, require_close
from .minimisations import Trials, silent

RUNS = 6  # evaluations of any kind, fewer than Gauss-Newton needs


def keeps_to_its_budget(trials: Trials) -> None:
    """No evaluation beyond the budget; x is the best evaluated point where it is spent, J its cost.

    A search that converges before may prefer a point of slightly higher cost.
    """
    problem = trials.problem("straight")
    behind = CountedProblem(problem)  # sees what passes by the budget, too
    budget, generator = Budget(float(RUNS)), np.random.default_rng(1)
    counted, start = CountedProblem(behind, budget), trials.start()
    result = minimise(trials.optimiser, counted, start, silent, budget=budget, generator=generator)
    made = behind.budget.used - (result.status == "budget spent")  # the cost of the result
    message = f"{made:g} evaluations were made with a budget of {RUNS}."
    require(made <= RUNS, "budget-exceeded", "budget", message)
    text = "the cost of the result of a spent budget and that of its x"
    require_close(result.cost, problem.cost(result.x), "wrong-cost", "cost", text, 1e-12)
    lowest = result.cost if behind.best is None else behind.best.cost
    message = f"a point of cost {lowest:.8g} was evaluated, but one of {result.cost:.8g} returned."
    best = result.status != "budget spent" or result.cost <= lowest * (1.0 + 1e-9)
    require(best, "not-the-best", "x", message)
