"""Fields that ought to be in balance and still adjust from the start of the run are named."""

import numpy as np
import pytest
from assembling import assemble
from attrs import evolve
from line import LEVEL, OPERATORS, Line, correlated_prior, observations
from toy import toy_forcing

from ccdas_framework.problem.declared_ranges import range_findings

YEAR, MONTH = 365, 30
# Line: level = offset + trend day/100; classes 1 and 2 have no trend, 3 and 4 one of 0.1 mm
OFFSET, TREND = {3: 2.0, 4: 0.5}, 0.1


class WithWeather(Line):
    """Level of the line, plus the inflow of the last thirty days."""

    def prepare(self, forcing):
        inflow = np.cumsum(forcing.fields["inflow"][:, forcing.domain.grid.column_cell], axis=0)
        before = np.concatenate([np.zeros((MONTH, inflow.shape[1])), inflow[:-MONTH]])
        return {**super().prepare(forcing), "recent": inflow - before}

    def run(self, parameters, drivers, xp):
        return {"level": super().run(parameters, drivers, xp)["level"] + drivers["recent"]}


def problem_of(engine, largest_drift, days=2 * YEAR, lead=YEAR, blocks=1, share_of_4=None,
               base=Line, inflow=None):  # fmt: skip
    forcing = toy_forcing(days=days, lead=lead)
    domain = forcing.domain
    if share_of_4 is not None:
        grid = domain.grid
        fraction = np.where(grid.column_class == 4, share_of_4, grid.column_fraction)
        forcing = evolve(
            forcing, domain=evolve(domain, grid=evolve(grid, column_fraction=fraction))
        )
    if inflow is not None:
        forcing = evolve(forcing, fields={"inflow": inflow[:, None] * np.ones(5)})
    provides = (evolve(LEVEL, largest_drift=largest_drift),)
    model = type("Drifting", (base,), {"provides": provides})()
    records = {"level": observations(forcing, 0.3)["level"]}
    return assemble(
        model_name="line", model=model, operators={"level": OPERATORS["level"]},
        observations=records, forcing=forcing, engine=engine, prior=correlated_prior, blocks=blocks,
    )  # fmt: skip


def remarks(problem):
    return [f for f in range_findings(problem, np.zeros(len(problem.control))) if f.code == "drift"]


def change_in_a_year(kind, end=YEAR):
    """Relative change of the mean level of the month before day `end`, a year later."""
    middle = end - 0.5 * (MONTH + 1)
    before, after = (OFFSET[kind] + 0.01 * TREND * (middle + n * YEAR) for n in (0, 1))
    return after / before - 1.0


@pytest.mark.parametrize("blocks", [1, 3])
def test_a_class_that_changes_faster_than_declared_is_named(autograd, blocks):
    limit = 0.5 * (change_in_a_year(3) + change_in_a_year(4))  # class 4 is smaller
    (finding,) = remarks(problem_of(autograd, limit, blocks=blocks))
    assert finding.where == "field 'level'"
    assert "class 4" in finding.message
    assert f"{100.0 * change_in_a_year(4):+.1f} %" in finding.message
    assert not any(f"class {kind}" in finding.message for kind in (1, 2, 3))


@pytest.mark.parametrize("years_of_spin_up", [1, 2])
def test_weather_that_differs_between_years_is_no_drift(autograd, years_of_spin_up):
    """The lead repeats the first year of the window, and the second year has twice the inflow."""
    first = np.random.default_rng(3).gamma(2.0, 1.0, YEAR)
    inflow = np.concatenate([*[first] * years_of_spin_up, first, 2.0 * first])
    drifting = {"lead": years_of_spin_up * YEAR, "base": WithWeather, "inflow": inflow}
    problem = problem_of(autograd, 1e-3, **drifting)
    level = problem.block_fields(np.zeros(len(problem.control)), 0)["level"]
    assert level[-YEAR:].mean() > 1.5 * level[-2 * YEAR : -YEAR].mean()
    (finding,) = remarks(problem)
    assert "class 3" in finding.message and "class 4" in finding.message  # they have a trend
    assert "class 1" not in finding.message and "class 2" not in finding.message


def test_a_run_without_spin_up_is_compared_from_its_first_month(autograd):
    change = change_in_a_year(4, end=MONTH)
    assert remarks(problem_of(autograd, 0.99 * change, lead=0))
    assert not remarks(problem_of(autograd, 1.01 * change, lead=0))


def test_a_class_with_hardly_any_of_the_field_is_not_named(autograd):
    limit = 0.5 * (change_in_a_year(3) + change_in_a_year(4))
    assert len(remarks(problem_of(autograd, limit, share_of_4=0.5))) == 1
    assert not remarks(problem_of(autograd, limit, share_of_4=1e-3))


def test_slower_changes_and_undeclared_fields_give_no_remark(autograd):
    assert not remarks(problem_of(autograd, 1.1 * change_in_a_year(4)))
    assert not remarks(problem_of(autograd, None))


def test_a_window_shorter_than_a_year_has_no_drift(autograd):
    assert not remarks(problem_of(autograd, 1e-9, days=YEAR - 1))
    assert remarks(problem_of(autograd, 1e-9, days=YEAR))
