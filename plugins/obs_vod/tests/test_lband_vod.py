"""Properties of the operator: averages of NPP, time means, masks and errors."""

import numpy as np
import pytest
from attrs import evolve
from ccdas_obs_vod.biomass_memory import MEMORIES, averaging_indices
from ccdas_obs_vod.lband_vod import LbandVod

from ccdas_framework.engines.namespace import numpy_namespace

XP = numpy_namespace()


def never():
    raise AssertionError("the prior run was not needed")


def memory_mean(name, npp, domain):
    return MEMORIES[name](npp, averaging_indices(domain), XP)[domain.window]


@pytest.mark.parametrize("name", MEMORIES)
def test_the_average_of_constant_npp_is_its_yearly_sum(name, domain):
    npp = np.full((domain.days, 5), 2.0)
    np.testing.assert_allclose(memory_mean(name, npp, domain), 730.0, rtol=1e-12)


def test_the_running_mean_is_that_of_the_last_365_days(domain, fields):
    npp = fields["npp"]
    day = domain.lead + 100
    expected = npp[day - 364 : day + 1].sum(axis=0)
    np.testing.assert_allclose(memory_mean("running_mean", npp, domain)[100], expected, rtol=1e-12)


def test_the_calendar_year_is_a_sum_and_an_incomplete_year_is_scaled(domain, fields):
    npp = fields["npp"][domain.window]
    out = memory_mean("calendar_year", fields["npp"], domain)
    np.testing.assert_allclose(out[0], npp[:365].sum(0), rtol=1e-12)
    np.testing.assert_allclose(out[-1], npp[365:].mean(0) * 365, rtol=1e-12)


def test_the_exponential_average_follows_a_step_by_two_thirds_in_a_year(domain):
    npp = np.zeros((domain.days, 5))
    npp[domain.lead :] = 1.0
    out = memory_mean("exponential", npp, domain)[364]
    np.testing.assert_allclose(out, 365.0 * (1 - (1 - 1 / 365.0) ** 365), rtol=1e-12)


def test_only_averages_that_begin_before_the_window_need_a_lead():
    leads = {name: LbandVod(biomass_memory=name).lead_days for name in MEMORIES}
    assert leads == {"running_mean": 365, "window_mean": 0, "exponential": 365, "calendar_year": 0}


def test_a_monthly_value_is_the_mean_of_daily_optical_depths(domain, fields, parameters, monthly):
    operator = LbandVod(mask_frozen=False)
    stream = operator.prepare(monthly(1), domain, never)
    simulated = operator.observe(fields, parameters, stream.at, XP)
    in_may = np.flatnonzero(domain.month == 4)
    daily = []
    for day in in_may:
        npp = fields["npp"][day - 364 : day + 1, 2:4].sum(0)
        agb = 0.01 / 0.47 * npp * parameters["tau_eff"][2:4]
        vod = (
            0.81759 * np.arctan(0.0087253 * agb) + parameters["D_0"][2:4] * fields["lai"][day, 2:4]
        )
        daily.append(-np.log(0.6 * np.exp(-vod[0]) + 0.2 * np.exp(-vod[1]) + 0.2))
    assert simulated[4] == pytest.approx(np.mean(daily), rel=1e-12)


def test_an_observation_does_not_depend_on_the_others(domain, fields, parameters, monthly):
    operator = LbandVod(mask_frozen=False)
    all_months = operator.prepare(monthly(1), domain, never)
    two_months = operator.prepare(monthly(1).take(np.array([2, 9])), domain, never)
    np.testing.assert_allclose(
        operator.observe(fields, parameters, two_months.at, XP),
        operator.observe(fields, parameters, all_months.at, XP)[[2, 9]],
        rtol=1e-12,
    )


def test_scalar_and_per_column_parameters_have_the_same_result(domain, fields, parameters, monthly):
    operator = LbandVod(mask_frozen=False)
    at = operator.prepare(monthly(0), domain, never).at
    spread = {name: np.broadcast_to(value, (5,)) for name, value in parameters.items()}
    np.testing.assert_array_equal(
        operator.observe(fields, spread, at, XP),
        operator.observe(fields, parameters, at, XP),
    )


def test_padded_columns_and_cells_change_nothing(domain, fields, parameters, monthly):
    grid = domain.grid
    padded = evolve(
        domain,
        grid=evolve(
            grid,
            latitude=np.append(grid.latitude, 50.0),
            longitude=np.append(grid.longitude, 10.0),
            area=np.append(grid.area, 0.0),
            region=np.append(grid.region, "a"),
            half_width=np.vstack([grid.half_width, [1.0, 1.0]]),
            column_cell=np.append(grid.column_cell, 3),
            column_fraction=np.append(grid.column_fraction, 0.0),
            column_class=np.append(grid.column_class, 5),
        ),
    )
    operator = LbandVod(mask_frozen=False)
    one = operator.prepare(monthly(0), domain, never)
    two = operator.prepare(monthly(0), padded, never)
    wide = {name: np.column_stack([f, f[:, 0]]) for name, f in fields.items()}
    more = {k: np.append(v, v[0]) if v.ndim else v for k, v in parameters.items()}
    np.testing.assert_array_equal(
        operator.observe(wide, more, two.at, XP), operator.observe(fields, parameters, one.at, XP)
    )


def test_errors_without_an_sd_are_a_share_of_the_value_with_a_floor(domain, monthly):
    operator = LbandVod(mask_frozen=False)
    value = np.array([0.1, 0.5, 1.0, np.nan] + [0.5] * 10)
    sd = np.array([np.nan, np.nan, np.nan, np.nan] + [0.03] * 10)
    stream = operator.prepare(monthly(1, value=value, sd=sd), domain, never)
    np.testing.assert_allclose(stream.covariance.sd, [0.05, 0.1, 0.2, 0.1] + [0.03] * 10)


def test_each_mask_counts_its_excluded_values(domain, fields, monthly):
    cases = {
        "fewer than 3 retrievals": monthly(1, n=2),
        "radio-frequency interference": monthly(1, rfi_probability=0.5),
        "urban or water": monthly(1, urban_fraction=0.06, water_fraction=0.06),
    }
    for reason, observations in cases.items():
        assert LbandVod().prepare(observations, domain, lambda: fields).dropped == {reason: 14}


def test_frozen_months_are_left_out(domain, fields, monthly):
    stream = LbandVod().prepare(monthly(0), domain, lambda: fields)
    month, temperature = domain.month, fields["air_temperature"][:, 0]
    cold = sum(temperature[month == m].mean() < 0.0 for m in range(14))
    assert 0 < cold < 14
    assert stream.dropped == {"frozen": cold}


def test_a_model_without_temperature_masks_no_month(domain, fields, monthly):
    stream = LbandVod().prepare(monthly(0), domain, lambda: {"npp": fields["npp"]})
    assert not stream.dropped


def test_values_that_share_their_error_count_as_one(domain, monthly):
    observations = monthly(1)
    alone = LbandVod(mask_frozen=False).prepare(observations, domain, never)
    shared = LbandVod(mask_frozen=False, n_corr=12).prepare(observations, domain, never)
    np.testing.assert_allclose(shared.covariance.sd, np.sqrt(12) * alone.covariance.sd, rtol=1e-14)


def test_a_negative_sd_is_refused(domain, monthly):
    with pytest.raises(ValueError):
        LbandVod().prepare(monthly(0, sd=-1.0), domain, never)


def by_name(**settings):
    return {p.name: p for p in LbandVod(**settings).parameters}


def test_turnover_and_leaf_depth_of_each_class_are_optimised():
    active = [p for p in LbandVod().parameters if p.active]
    assert [(p.name, p.size) for p in active] == [("tau_eff", 13), ("D_0", 13)]


def test_the_leaf_depth_is_positive_at_any_point_of_the_control_vector():
    for groups in ("class", "life_form"):
        depth = by_name(leaf_groups=groups)["D_0"]
        assert depth.transform == "log"
        np.testing.assert_allclose(np.array(depth.sd) / np.array(depth.mean), 0.5, rtol=1e-14)
        assert min(depth.mean) > 0.0


def test_life_forms_share_a_leaf_depth_where_it_is_asked_for():
    one, shared = by_name()["D_0"], by_name(leaf_groups="life_form")["D_0"]
    assert shared.groups == ((1, 2, 3, 4, 5, 6), (7, 8), (9, 10, 11, 12), (13,))
    means = dict(zip((g[0] for g in one.groups), one.mean, strict=True))
    for group, mean in zip(shared.groups, shared.mean, strict=True):
        assert {means[label] for label in group} == {mean}


def test_the_published_priors_are_those_of_the_published_system():
    depth, turnover = (
        by_name(priors="ccdas", leaf_groups="life_form")[name] for name in ("D_0", "tau_eff")
    )
    assert (depth.mean, depth.sd, depth.transform, depth.size) == (0.0, 0.5, "identity", 4)
    assert turnover.mean == (8.0, 5, 5, 7, 5.5, 5, 2, 1, 0.25, 0.25, 0.7, 0.6, 0.3)
    np.testing.assert_allclose(turnover.sd, 0.5 * np.array(turnover.mean), rtol=1e-14)


@pytest.mark.parametrize("memory", MEMORIES)
def test_a_block_without_observations_has_the_other_arrays_in_the_same_shape(
    memory, domain, fields, parameters, monthly
):
    operator = LbandVod(biomass_memory=memory, mask_frozen=False)
    empty = operator.prepare(monthly(0).take(np.zeros(0, dtype=int)), domain, never)
    full = operator.prepare(monthly(0), domain, never)
    assert operator.observe(fields, parameters, empty.at, XP).shape == (0,)
    of_observations = {"first_day", "last_day", "cell"}
    for name, array in full.at.items():
        shape = (0,) if name in of_observations else np.shape(array)
        assert np.shape(empty.at[name]) == shape, name


def test_settings_of_another_type_are_refused():
    for wrong in ({"mask_frozen": "no"}, {"minimum_retrievals": 2.5}, {"n_corr": "x"}):
        with pytest.raises(TypeError) as error:
            LbandVod(**wrong)
        assert next(iter(wrong)) in str(error.value)


def test_biomass_is_production_times_turnover_in_dry_matter(domain, fields, parameters, monthly):
    """1 gC m-2 is 0.01 MgC ha-1, and a stated share of dry matter is carbon."""
    operator = LbandVod(mask_frozen=False, carbon_fraction=0.5)
    stream = operator.prepare(monthly(1), domain, never)
    agb = operator.derive(fields, parameters, stream.at, XP)["agb"]
    day = domain.lead + 200
    npp = fields["npp"][day - 364 : day + 1].sum(axis=0)  # gC m-2 yr-1
    np.testing.assert_allclose(agb[day], 0.02 * npp * parameters["tau_eff"], rtol=1e-12)
    assert [v.units for v in operator.gives] == ["Mg ha-1"]
