"""Errors of the transport that are shared by years and latitudes."""

import numpy as np
from attrs import evolve
from ccdas_obs_co2.error_correlation import SEASON_WIDTH, transport_covariance
from ccdas_obs_co2.operator import Co2Transport

from ccdas_framework import Diagonal
from ccdas_framework.testing import checks_for

MONTH = np.array([1, 7, 1, 1, 4])
LATITUDE = np.array([60.0, 60.0, 60.0, 35.0, -90.0])
OWN = np.array([0.5, 0.6, 0.7, 0.8, 0.5])
TRANSPORT = np.array([1.5, 1.5, 1.5, 1.2, 0.6])
STATION = np.array(["ALT", "ALT", "ALT", "MLO", "SPO"])


def covariance(share, common=1.0, station_share=0.0, original=OWN):
    return transport_covariance(
        0.0, original, TRANSPORT, MONTH, LATITUDE, STATION,
        share=share, common=common, station_share=station_share, distance=25.0,
    )  # fmt: skip


def test_variances_are_those_of_independent_errors():
    for share in (0.0, 0.3, 0.9):
        result = covariance(share, common=0.3, station_share=share)
        np.testing.assert_allclose(result.sd, np.hypot(OWN, TRANSPORT), rtol=1e-14)
    assert isinstance(covariance(0.0), Diagonal)


def test_the_same_month_of_another_year_shares_its_part_and_other_months_and_latitudes_less():
    result = covariance(0.8).dense()
    np.testing.assert_allclose(result[0, 2], 0.8 * 1.5**2, rtol=1e-14)
    np.testing.assert_allclose(
        result[0, 1], 0.8 * 1.5**2 * np.exp(-2.0 / SEASON_WIDTH**2), rtol=1e-12
    )
    np.testing.assert_allclose(result[0, 3], 0.8 * 1.5 * 1.2 * np.exp(-0.5), rtol=1e-12)
    np.testing.assert_allclose(result, result.T, rtol=1e-14)
    assert np.linalg.eigvalsh(result).min() >= 0.2 * np.min(TRANSPORT**2)


def test_a_station_shares_with_itself_what_its_neighbours_do_not_have_in_common():
    result = covariance(0.8, common=0.3).dense()
    np.testing.assert_allclose(result[0, 2], 0.8 * 1.5**2, rtol=1e-14)
    np.testing.assert_allclose(result[0, 3], 0.3 * 0.8 * 1.5 * 1.2 * np.exp(-0.5), rtol=1e-12)
    assert np.linalg.eigvalsh(result).min() >= 0.2 * np.min(TRANSPORT**2)


def test_what_a_full_model_misses_comes_back_at_its_station_alone():
    result = covariance(0.0, station_share=0.5).dense()
    np.testing.assert_allclose(result[0, 2], 0.5 * OWN[0] * OWN[2], rtol=1e-14)
    assert result[0, 3] == result[0, 4] == 0.0


def test_more_years_of_one_month_cannot_tell_more_than_the_shared_part_lets():
    """Of n equal months the mean has the variance f t^2 + h s^2 + (rest) / n."""
    n, same = 40, np.full(40, 3)
    floor, original, transport, f, h = 0.4, 0.5, 1.5, 0.75, 0.5
    result = transport_covariance(
        floor, np.full(n, original), np.full(n, transport), same, np.full(n, 10.0), same,
        share=f, common=0.3, station_share=h, distance=25.0,
    )  # fmt: skip
    mean = 1.0 / np.sum(result.solve(np.ones(n)))
    remainder = floor**2 + (1.0 - h) * original**2 + (1.0 - f) * transport**2
    np.testing.assert_allclose(mean, f * transport**2 + h * original**2 + remainder / n, rtol=1e-10)


def test_the_subtropics_have_the_error_elsewhere_unless_they_are_told_another(monthly):
    observed = monthly(["2010-05", "2010-06", "2010-07", "2010-08"], stations=["ALT"])
    observed = evolve(observed, latitude=np.array([9.9, 10.0, 30.0, 30.1]))

    def transport(**more):
        operator = Co2Transport(
            sd_floor=0.0, transport_error_north=1.5, transport_error_elsewhere=0.5, **more
        )
        result = operator.covariance(observed, np.array([5, 6, 7, 8]))
        return np.sqrt(result.sd**2 - observed.sd**2)

    np.testing.assert_allclose(transport(), [0.5, 0.5, 0.5, 1.5], rtol=1e-12)
    error = transport(transport_error_subtropics=1.0)
    np.testing.assert_allclose(error, [0.5, 1.0, 1.0, 1.5], rtol=1e-12)


def test_the_operator_takes_the_calendar_month_of_each_value(make_domain, monthly):
    operator = Co2Transport(transport_error_north=1.5, transport_error_shared=0.6)
    observed = monthly(["2010-07", "2011-07", "2011-01"], stations=["ALT"])
    result = operator.prepare(observed, make_domain(), None).covariance.dense()
    expected = 0.6 * 1.5**2
    np.testing.assert_allclose(result[0, 1], expected, rtol=1e-12)
    assert result[0, 2] < 0.2 * expected


def test_the_operator_with_shared_errors_conforms():
    operator = Co2Transport(
        transport_error_north=1.5, transport_error_shared=0.6, transport_error_common=0.3,
        station_error_shared=0.5,
    )  # fmt: skip
    for check in checks_for(operator, engines=("autograd",)):
        check()
