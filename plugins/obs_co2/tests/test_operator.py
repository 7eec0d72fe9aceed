"""What must be true of CO2 at stations: units, sign, memory, blocks, errors."""

import warnings

import numpy as np
import pytest
from attrs import evolve
from ccdas_obs_co2.background_level import marine_mean
from ccdas_obs_co2.flux_sensitivity import month_folding
from ccdas_obs_co2.operator import Co2Transport
from ccdas_transport.analytic import analytic_jacobian
from ccdas_transport.jacobian_file import write_jacobian
from ccdas_transport.jacobian_grid import JacobianGrid

from ccdas_framework import MARINE_CO2
from ccdas_framework.engines.namespace import numpy_namespace

XP = numpy_namespace()
PGC_PER_PPM = 2.124


def simulate(operator, observations, domain, nep, c_0=0.0):
    at = operator.prepare(observations, domain, None).at
    land = operator.observe({"nep": nep}, {}, at, XP)
    return operator.complete(land, at_prior(operator) | {"c_0": np.array(c_0)}, at, XP)


def at_prior(operator):
    """Prior means of the parameters."""
    return {
        p.name: np.array(p.mean) * np.ones(p.size if p.index else ()) for p in operator.parameters
    }


def bare(**settings):
    """An operator without prescribed emissions."""
    return Co2Transport(fossil=False, ocean=False, land_use=False, **settings)


@pytest.mark.parametrize("from_file", [False, True])
def test_a_pulse_of_one_petagram_ends_well_mixed_everywhere(
    from_file, make_domain, monthly, tmp_path
):
    """Released from one cell in February of the second year: 1/2.124 ppm once it is mixed."""
    domain = make_domain("2010-01-01", "2016-12-31")
    settings = {}
    if from_file:  # single precision in the file, 1e-6; the same days on both sides
        names, lat, lon = ["ALT", "MLO", "SPO"], [82.45, 19.54, -89.98], [-62.51, -155.58, -24.8]
        written = analytic_jacobian(names, lat, lon, [1, 0, 1])
        write_jacobian(tmp_path / "j.nc", written, lat, lon)
        settings["jacobian"] = str(tmp_path / "j.nc")
    in_february = np.flatnonzero(domain.month == 13)
    nep = np.zeros((domain.days, 5))
    grid = domain.grid
    nep[in_february, 2] = -1e15 / (grid.area[1] * grid.column_fraction[2] * len(in_february))
    observations = monthly(["2011-01", "2015-01", "2015-02", "2016-12"])
    result = simulate(bare(**settings), observations, domain, nep).reshape(3, 4)
    np.testing.assert_allclose(result[:, 0], 0.0, atol=1e-12)  # nothing before the release
    np.testing.assert_allclose(result[:, 1], 1.0 / PGC_PER_PPM, rtol=0.01)  # lag 47: nearly mixed
    np.testing.assert_allclose(result[:, 2:], 1.0 / PGC_PER_PPM, rtol=1e-12)  # beyond the table


def test_uptake_by_land_lowers_the_mole_fraction(make_domain, monthly):
    domain = make_domain()
    result = simulate(bare(), monthly(), domain, np.full((domain.days, 5), 1.0))
    assert (result < 0.0).all()


def test_the_sum_over_months_and_cells_is_the_published_one(make_domain, monthly, nep):
    """The same by plain loops: c = sum K_n (ppm PgC-1) times what each month emitted (PgC)."""
    domain = make_domain("2010-01-01", "2011-12-31", cells=(0,))
    flux = nep(domain)
    result = simulate(bare(), monthly(["2011-06"], ["ALT"]), domain, flux)
    grid = domain.grid
    daily = -(flux @ grid.column_fraction) * grid.area[0] * 1e-15  # PgC d-1
    days = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    inside = [daily[domain.month == m].sum() for m in range(18)]
    before = [inside[m % 12] * days[m % 12] / np.sum(domain.month == m % 12) for m in range(48)]
    emitted = np.array(before + inside)
    jacobian = analytic_jacobian(["ALT"], [82.45], [-62.51], [1], JacobianGrid(memory_months=48))
    kernel = 1e12 * jacobian.response[0, 0, :, 18, 19]
    expected = emitted[-48:] @ kernel[::-1] + emitted[:-48].sum() / PGC_PER_PPM
    np.testing.assert_allclose(result, [expected], rtol=1e-12)


def test_a_shorter_window_fills_missing_months_with_its_mean(make_domain):
    domain = make_domain("2010-03-01", "2010-05-31")
    folding = month_folding(domain, 12)
    daily = np.array([1.0, 2.0, 6.0])
    before = folding[:12] @ (daily * [31, 30, 31])
    mean = (31 + 60 + 6 * 31) / 92
    np.testing.assert_allclose(before[:3], [31.0, 60.0, 186.0], rtol=1e-12)
    np.testing.assert_allclose(before[3:], mean * np.array([30, 31, 31, 30, 31, 30, 31, 31, 28]))


def test_a_month_cut_short_stands_for_a_whole_one_before_the_window(make_domain):
    domain = make_domain("2010-01-01", "2010-02-10")
    before = month_folding(domain, 11) @ np.array([31.0, 2.0 * 10])  # 1 and 2 a day
    assert before[0] == pytest.approx(2.0 * 28)


def test_a_month_cut_short_emits_for_a_whole_one(make_domain, monthly):
    """From 16 January to 10 March 2010 at one rate: as if the window held whole months."""
    cut = make_domain("2010-01-16", "2010-03-10")
    full = make_domain("2010-01-01", "2010-03-31")
    sums = month_folding(cut, 4) @ np.array([16.0, 28.0, 10.0])
    np.testing.assert_allclose(sums, month_folding(full, 4) @ np.array([31.0, 28.0, 31.0]))
    np.testing.assert_allclose(sums[4:], [31.0, 28.0, 31.0], rtol=1e-12)
    responses = monthly(["2010-02"])
    expected = simulate(bare(), responses, full, np.ones((full.days, 5)))
    np.testing.assert_allclose(
        simulate(bare(), responses, cut, np.ones((cut.days, 5))), expected, rtol=1e-12
    )


def test_a_leap_day_loses_no_carbon(make_domain, monthly):
    """29 days of uptake, all of them older than a table of one month and thus well mixed.

    The December before the window has the window's mean daily flux, 29/91 of it, for 31 days.
    """
    domain = make_domain("2012-01-01", "2012-03-31")
    nep = np.zeros((domain.days, 5))
    nep[domain.month == 1] = 1.0
    grid = domain.grid
    area = np.sum(grid.area[grid.column_cell] * grid.column_fraction)
    taken_up = (29 + 31 * 29 / 91) * area * 1e-15  # PgC
    result = simulate(bare(memory_months=1, offset_ppm=391.6), monthly(["2012-03"]), domain, nep)
    np.testing.assert_allclose(result, -taken_up / PGC_PER_PPM, rtol=1e-12)


def test_blocks_add_up(make_domain, monthly, nep):
    full = make_domain()
    flux = nep(full)
    operator = Co2Transport()
    sums, backgrounds = 0.0, []
    for cells, columns in (((0, 2), [0, 1, 4]), ((1,), [2, 3])):
        part = make_domain(cells=cells)
        at = operator.prepare(monthly(), part, None).at
        sums = sums + operator.observe({"nep": flux[:, columns]}, {}, at, XP)
        backgrounds.append(at["background"])
    at = operator.prepare(monthly(), full, None).at
    np.testing.assert_allclose(sums, operator.observe({"nep": flux}, {}, at, XP), rtol=1e-12)
    np.testing.assert_array_equal(backgrounds[0], at["background"])
    np.testing.assert_array_equal(backgrounds[1], at["background"])


def test_the_offset_is_added_once_scalar_or_per_column(make_domain, monthly, nep):
    domain = make_domain()
    flux = nep(domain)
    base = simulate(bare(), monthly(), domain, flux)
    np.testing.assert_allclose(simulate(bare(), monthly(), domain, flux, 380.0), base + 380.0)
    np.testing.assert_allclose(
        simulate(bare(), monthly(), domain, flux, np.full(5, 380.0)), base + 380.0
    )


def test_without_data_the_background_grows_and_is_higher_in_the_north(make_domain, monthly):
    """Fossil, ocean and land use of 7.7 PgC yr-1 raise CO2 by 3.6 ppm yr-1 without a land sink."""
    domain = make_domain()
    at = Co2Transport().prepare(monthly(["2010-06", "2011-06"]), domain, None).at
    background = at["background"].reshape(3, 2)
    np.testing.assert_allclose(background[:, 1] - background[:, 0], 7.7 / PGC_PER_PPM, atol=0.4)
    assert background[0, 0] - background[2, 0] > 3.0


def test_land_use_is_off_by_default_when_fluxes_are_prescribed():
    assert Co2Transport().prescribed == ("fossil", "ocean", "land_use")
    assert Co2Transport(background="fluxes.nc").prescribed == ("fossil", "ocean")
    assert Co2Transport(background="fluxes.nc", land_use=True).prescribed[-1] == "land_use"


def test_high_stations_do_not_see_the_surface_enhancement_unless_they_stand_on_ice(
    make_domain, monthly
):
    domain = make_domain()
    observations = monthly(["2010-07"])
    operator = bare()
    land, lifted = (
        o.observe(
            {"nep": np.ones((domain.days, 5))}, {}, o.prepare(observations, domain, None).at, XP
        )
        for o in (operator, bare(mountain_altitude=9000.0))
    )
    same = land == lifted
    assert same.tolist() == [True, False, True]  # ALT, MLO, SPO


def test_observations_outside_the_window_are_dropped_and_counted(make_domain, monthly):
    stream = bare().prepare(monthly(["2009-12", "2010-02", "2012-01"]), make_domain(), None)
    assert stream.dropped == {"outside the period": 6}
    np.testing.assert_array_equal(stream.index, [1, 4, 7])
    np.testing.assert_array_equal(stream.labels, ["ALT", "MLO", "SPO"])


def test_errors_add_in_quadrature(make_domain, monthly):
    operator = Co2Transport(transport_error_north=1.5, transport_error_elsewhere=0.7)
    original = operator.prepare(monthly(["2010-07"], sd=0.4), make_domain(), None).covariance.sd
    expected = np.sqrt(0.5**2 + 0.4**2 + np.array([1.5, 0.7, 0.7]) ** 2)
    np.testing.assert_allclose(original, expected, rtol=1e-12)
    design = monthly(["2010-07"], value=np.nan, sd=np.nan)
    unknown = Co2Transport().prepare(design, make_domain(), None)
    np.testing.assert_allclose(unknown.covariance.sd, np.sqrt(0.5), rtol=1e-12)
    assert np.isnan(unknown.values).all()


def test_a_station_without_a_row_is_refused(make_domain, monthly, tmp_path, refusal):
    grid = JacobianGrid()
    written = analytic_jacobian(["ALT"], [82.45], [-62.51], [1], evolve(grid, memory_months=2))
    write_jacobian(tmp_path / "j.nc", written, [82.45], [-62.51])
    operator = bare(jacobian=str(tmp_path / "j.nc"), memory_months=2)
    with refusal("unknown-station", "station 'MLO'"):
        operator.prepare(monthly(), make_domain(), None)


def test_a_station_at_another_place_than_in_its_file_is_refused(
    make_domain, monthly, tmp_path, refusal
):
    names, lat, lon = ["ALT", "MLO", "SPO"], [82.45, 19.54, -89.98], [-62.51, -155.58, -24.8]
    written = analytic_jacobian(names, lat, lon, [1, 0, 1], JacobianGrid(memory_months=2))
    for altitude in ([185.0, 3397.0, 2810.0], [185.0, 40.0, 2810.0]):
        write_jacobian(tmp_path / "j.nc", written, lat, lon, altitude=altitude)
        operator = bare(jacobian=str(tmp_path / "j.nc"), memory_months=2, offset_ppm=390.0)
        if altitude[1] == 3397.0:
            assert len(operator.prepare(monthly(), make_domain(), None).values) == 9
            continue
        with refusal("location-differs", "station 'MLO'"):
            operator.prepare(monthly(), make_domain(), None)


def test_a_label_that_stands_for_several_places_is_refused(make_domain, monthly, refusal):
    """An aircraft's profile under one label: only its first observation would be believed."""
    responses = monthly(["2010-01", "2010-02"], ["ALT"])
    profile = evolve(responses, altitude=np.array([500.0, 8000.0]))
    with refusal("several-locations", "station 'ALT'"):
        bare().prepare(profile, make_domain(), None)


def test_no_observations_give_an_empty_simulation(make_domain, monthly, nep):
    domain = make_domain()
    empty = monthly().take(np.zeros(0, dtype=int))
    assert simulate(Co2Transport(), empty, domain, nep(domain), 380.0).shape == (0,)


@pytest.mark.parametrize("month", ["1995-01", "2006-01", "2015-07"])
def test_an_offset_of_another_time_is_warned_of_with_what_to_set(month, make_domain, monthly):
    first = np.datetime64(month) + 48
    domain = make_domain(first.astype("datetime64[D]"), (first + 2).astype("datetime64[D]") - 1)
    responses = monthly([str(first)])
    with warnings.catch_warnings():  # right for its time: silent
        warnings.simplefilter("error")
        bare(offset_ppm=marine_mean(month)).prepare(responses, domain, None)
        if month == "2006-01":
            bare().prepare(responses, domain, None)
            return
    level = rf"{month}.* marine mean was then {marine_mean(month):.1f} ppm. Set offset_ppm"
    with pytest.warns(UserWarning, match=level):
        bare().prepare(responses, domain, None)


def test_the_marine_mean_is_interpolated_between_years_and_unknown_outside():
    assert marine_mean("2006-01") == pytest.approx(380.3, abs=0.3)  # published for the month
    assert MARINE_CO2[2009] < marine_mean("2010-01") < MARINE_CO2[2010]
    assert np.isnan(marine_mean("1970-01")) and np.isnan(marine_mean("2030-01"))


def test_the_prior_mean_of_the_offset_is_a_setting():
    offset = Co2Transport(offset_ppm=338.0).parameters[0]
    assert (offset.name, offset.units, offset.mean, offset.sd) == ("c_0", "ppm", 338.0, 1.0)


@pytest.mark.parametrize(
    "wrong",
    [{"fossil": "no"}, {"land_use": 1}, {"memory_months": 2.5}, {"mountain_altitude": "high"}],
    ids=lambda wrong: next(iter(wrong)),
)
def test_settings_of_another_kind_are_refused_in_a_sentence(wrong):
    with pytest.raises(TypeError, match=rf"'{next(iter(wrong))}' is .*; expected "):
        Co2Transport(**wrong)


def test_one_station_may_be_given_as_a_text(refusal):
    assert Co2Transport(surface_stations="SPO").surface_stations == ("SPO",)
    with refusal("wrong-value", "surface_stations"):
        Co2Transport(surface_stations=3)


@pytest.mark.parametrize("transport", ["winds", "twelve_boxes", "analytic"])
def test_the_operator_takes_each_transport(make_domain, monthly, transport):
    """A steady source of two years lifts Alert, where the land is near, above the South Pole."""
    domain = make_domain()
    operator = Co2Transport(transport=transport, fossil=False, ocean=False, land_use=False)
    stream = operator.prepare(monthly(["2011-12"]), domain, None)
    source = {"nep": -np.ones((domain.days, 5))}
    by_station = dict(zip(stream.labels, operator.observe(source, {}, stream.at, XP), strict=True))
    assert 0.0 < by_station["SPO"] < by_station["ALT"]


def test_an_unknown_transport_is_refused():
    with pytest.raises(ValueError, match="'transport' must be in"):
        Co2Transport(transport="tm9")
