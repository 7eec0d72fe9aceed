"""Regional totals, monthly maps and evaluation against sums written out."""

import numpy as np
import pytest
from toy import toy_forcing

from ccdas_framework import Observations, Variable
from ccdas_framework.evaluation import AtPlaces
from ccdas_framework.outputs.monthly_fields import monthly_cell_mean, monthly_fields
from ccdas_framework.targets import AreaTarget

WATER = Variable("water", "mm", ("time", "column"))


def test_targets_are_totals_over_cells_and_days(problem):
    x = np.full(len(problem.control), 0.1)
    fields, domain = problem.fields(x), problem.blocks[0].domain
    grid = domain.grid
    found = problem.values_of(x, problem.targets)
    assert list(found)[:3] == ["gpp", "npp", "nep"]
    for name in ("gpp", "npp", "nep"):
        totals = found[name]
        labels = list(problem.targets[name].labels)
        expected = dict.fromkeys(labels, 0.0)
        for column in range(grid.columns):
            cell = grid.column_cell[column]
            daily = fields[name][domain.window, column].mean()  # gC m-2 d-1
            annual = daily * 365.25 * grid.area[cell] * grid.column_fraction[column] / 1e15
            expected[str(grid.region[cell])] += annual
            expected["Global"] += annual
        rounding = 1e-12 * np.abs(found["gpp"]).max()  # NEP is a difference of larger numbers
        np.testing.assert_allclose(totals, list(expected.values()), rtol=1e-10, atol=rounding)
        assert labels[-1] == "Global"


def area_target(statistic="total", units="gC m-2 d-1", over="cell", shares=None, days=None):
    domain = toy_forcing().domain
    days = np.arange(domain.days) >= domain.lead if days is None else days
    grid = domain.grid
    if shares is None:
        south = (grid.region == "south") * 1.0
        shares = np.stack([south, 1.0 - south, np.ones(grid.cells)])
    variable = Variable("flux", units, ("time", "column"), over=over)
    return AreaTarget(variable, statistic, shares, days / days.sum(), grid)


def value(target, field):
    at = {"days": target.days, "weights": target.weights}
    return target.observe({"flux": field}, {}, at, np)


def test_a_uniform_flux_over_known_areas_gives_a_known_total():
    domain = toy_forcing().domain
    flux = np.ones((domain.days, domain.grid.columns))  # gC m-2 d-1
    south, north = 1.0 * 1.0 + 2.0 * 0.9 + 1.5 * 0.9, 0.5 * 1.0 + 1.0 * 1.0  # m2 with plants
    expected = np.array([south, north, south + north]) * 365.25 / 1e15
    np.testing.assert_allclose(value(area_target(), flux), expected, rtol=1e-13)


def test_a_mean_is_over_the_whole_area_or_over_that_of_the_columns():
    domain = toy_forcing().domain
    flux = np.ones((domain.days, domain.grid.columns))  # mm d-1
    south = (1.0 + 2.0 * 0.9 + 1.5 * 0.9) / (1.0 + 2.0 + 1.5)
    found = value(area_target("mean", "mm d-1"), flux)
    np.testing.assert_allclose(found[:2], [365.25 * south, 365.25], rtol=1e-13)
    found = value(area_target("mean", "mm d-1", over="columns"), flux)
    np.testing.assert_allclose(found, 365.25, rtol=1e-13)


def test_a_layer_of_water_over_an_area_has_a_volume():
    domain = toy_forcing().domain
    flux = np.ones((domain.days, domain.grid.columns))  # mm d-1 over 5.65 m2 with plants
    found = value(area_target("total", "mm d-1"), flux)[2]
    assert found == pytest.approx(5.65e-3 * 365.25 * 1e-9, rel=1e-13)  # km3 yr-1


def test_half_a_cell_inside_a_mask_counts_half():
    domain = toy_forcing().domain
    flux = np.random.default_rng(3).normal(size=(domain.days, domain.grid.columns))
    one = np.array([[0.0, 1.0, 0.0, 0.0, 0.0]])
    whole, half = value(area_target(shares=one), flux), value(area_target(shares=0.5 * one), flux)
    np.testing.assert_allclose(half, 0.5 * whole, rtol=1e-14)


def test_the_lead_does_not_count():
    domain = toy_forcing().domain
    flux = np.zeros((domain.days, domain.grid.columns))
    flux[: domain.lead] = 1.0
    assert np.all(value(area_target(), flux) == 0.0)


def test_monthly_means_of_cells_with_bare_ground_as_zero_or_left_out():
    domain = toy_forcing(days=40, lead=10).domain  # January and nine days of February
    grid = domain.grid
    values = np.random.default_rng(1).normal(size=(50, 9))
    whole = monthly_cell_mean(values, domain, Variable("a", "1"))
    covered = monthly_cell_mean(values, domain, Variable("a", "1", over="columns"))
    assert whole.shape == (2, 5)
    january, february = values[10:41], values[41:]
    np.testing.assert_allclose(whole[0, 1], 0.9 * january[:, 3].mean(), rtol=1e-12)
    np.testing.assert_allclose(covered[0, 1], january[:, 3].mean(), rtol=1e-12)
    share = grid.column_fraction[:3]
    np.testing.assert_allclose(whole[1, 0], (february[:, :3] @ share).mean(), rtol=1e-12)


def test_maps_have_every_cell_and_month_in_the_order_of_the_grid(problem):
    from cuts import few_parameters

    x = np.zeros(len(problem.control))
    wanted = ("gpp", "nep", "lai")
    whole, variables, months = monthly_fields(problem, x, wanted)
    assert [str(m) for m in months] == ["2010-06", "2010-07"]
    # operators of cell scope are asked for every cell and month, beside the fields
    assert set(whole) == {"gpp", "nep", "lai", "vod", "soil_moisture"} == set(variables)
    assert all(values.shape == (2, 3) for values in whole.values())
    assert np.isfinite(whole["gpp"]).all()
    cut, _, _ = monthly_fields(few_parameters(compute__blocks=3).build(), x, wanted)
    for name, values in whole.items():
        np.testing.assert_allclose(cut[name], values, rtol=1e-12)


def test_scores_are_bias_rmse_and_correlation():
    domain = toy_forcing().domain
    seen = Observations(
        values=[1.0, 2.0, 4.0, 1.0], sd=[0.1] * 4,
        start=np.array(["2010-01-01", "2010-01-02", "2010-01-03", "2010-01-01"], "M8[D]"),
        end=np.array(["2010-01-01", "2010-01-02", "2010-01-03", "2010-01-01"], "M8[D]"),
        latitude=[30.0, 30.0, 30.0, 80.0], longitude=[0.0] * 4, altitude=[0.0] * 4,
        label=np.array(["here", "here", "here", "nowhere"]),
    )  # fmt: skip
    prior = np.zeros((50, 9))
    prior[10:13, 6] = [2.0, 3.0, 5.0]  # the only column of the cell at 30 N
    found = AtPlaces(WATER, seen, domain).compared(prior, 2.0 * prior)
    assert len(found.observations) == 3  # the last lies in no cell
    scores = found.scores()
    assert list(scores) == ["all", "here"]
    assert scores["here"]["count"] == 3
    assert scores["all"]["prior_bias"] == pytest.approx(1.0)
    assert scores["all"]["prior_rmse"] == pytest.approx(1.0)
    assert scores["all"]["prior_correlation"] == pytest.approx(1.0)
    errors = np.array([3.0, 4.0, 6.0])
    assert scores["all"]["posterior_rmse"] == pytest.approx(np.sqrt(np.mean(errors**2)))


def test_a_constant_has_no_correlation():
    domain = toy_forcing().domain
    days = np.arange("2010-01-01", "2010-01-04", dtype="M8[D]")
    seen = Observations(values=[1.0, 1.0, 1.0], sd=[0.1] * 3, start=days, end=days,
                        latitude=[0.0] * 3, longitude=[0.0] * 3, altitude=[0.0] * 3,
                        label=np.array(["a"] * 3))  # fmt: skip
    fields = np.ones((50, 9))
    scores = AtPlaces(WATER, seen, domain).compared(fields, fields).scores()
    assert np.isnan(scores["all"]["prior_correlation"])


def test_observations_of_an_evaluation_are_left_out_without_values():
    """A gap in what is compared with does not make every score NaN."""
    domain = toy_forcing().domain
    days = np.arange("2010-01-01", "2010-01-05", dtype="M8[D]")
    seen = Observations(values=[1.0, np.nan, 2.0, 3.0], sd=[0.1] * 4, start=days, end=days,
                        latitude=[0.0] * 4, longitude=[0.0] * 4, altitude=[0.0] * 4,
                        label=np.array(["a"] * 4))  # fmt: skip
    fields = np.ones((50, 9))
    scores = AtPlaces(WATER, seen, domain).compared(fields, fields).scores()
    assert scores["all"]["count"] == 3
    assert np.isfinite(scores["all"]["prior_rmse"])
