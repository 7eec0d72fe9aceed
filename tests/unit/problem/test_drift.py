"""Fields that ought to be in balance and change from year to year are named."""

import numpy as np
import pytest
from assembling import assemble
from attrs import evolve
from line import LEVEL, OPERATORS, Line, correlated_prior, observations
from toy import toy_forcing

from ccdas_framework.problem.declared_ranges import range_findings
from ccdas_framework.problem.drift import YearlyMeans

YEARS, YEAR = 3, 365
# Line: level = offset + trend day/100; classes 1 and 2 have no trend, 3 and 4 one of 0.1 mm
OFFSET, TREND = {3: 2.0, 4: 0.5}, 0.1


def problem_of(engine, largest_drift, days=YEARS * YEAR, blocks=1, share_of_4=None):
    forcing = toy_forcing(days=days)
    domain = forcing.domain
    if share_of_4 is not None:
        grid = domain.grid
        fraction = np.where(grid.column_class == 4, share_of_4, grid.column_fraction)
        domain = evolve(domain, grid=evolve(grid, column_fraction=fraction))
    number = (np.arange(domain.days) - domain.lead) // YEAR
    forcing = evolve(forcing, domain=evolve(domain, year=number))
    provides = (evolve(LEVEL, largest_drift=largest_drift),)
    model = type("Drifting", (Line,), {"provides": provides})()
    records = {"level": observations(forcing, 0.3)["level"]}
    return assemble(
        model_name="line", model=model, operators={"level": OPERATORS["level"]},
        observations=records, forcing=forcing, engine=engine, prior=correlated_prior, blocks=blocks,
    )  # fmt: skip


def remarks(problem):
    return [f for f in range_findings(problem, np.zeros(len(problem.control))) if f.code == "drift"]


def change_a_year(kind, lead=10):
    """(last year / first year)^(1/2) - 1 of the mean level."""
    first, last = (
        OFFSET[kind] + 0.01 * TREND * (lead + n * YEAR + 0.5 * (YEAR - 1)) for n in (0, YEARS - 1)
    )
    return (last / first) ** (1.0 / (YEARS - 1)) - 1.0


@pytest.mark.parametrize("blocks", [1, 3])
def test_a_class_that_changes_faster_than_declared_is_named(autograd, blocks):
    limit = 0.5 * (change_a_year(3) + change_a_year(4))  # class 4 is smaller and changes faster
    (finding,) = remarks(problem_of(autograd, limit, blocks=blocks))
    assert finding.where == "field 'level'"
    assert "class 4" in finding.message and f"{100.0 * change_a_year(4):+.1f} %" in finding.message
    assert not any(f"class {kind}" in finding.message for kind in (1, 2, 3))


def test_a_class_with_hardly_any_of_the_field_is_not_named(autograd):
    limit = 0.5 * (change_a_year(3) + change_a_year(4))
    assert len(remarks(problem_of(autograd, limit, share_of_4=0.5))) == 1
    assert not remarks(problem_of(autograd, limit, share_of_4=1e-3))


def test_slower_changes_and_undeclared_fields_give_no_remark(autograd):
    assert not remarks(problem_of(autograd, 1.1 * change_a_year(4)))
    assert not remarks(problem_of(autograd, None))


def test_a_window_shorter_than_two_years_has_no_drift(autograd):
    problem = problem_of(autograd, 1e-9, days=2 * YEAR - 10)
    assert not remarks(problem)
    assert len(YearlyMeans(problem).years) == 1
