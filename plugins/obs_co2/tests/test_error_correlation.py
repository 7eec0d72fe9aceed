"""Errors of the transport that are shared by years and latitudes."""

import numpy as np
from ccdas_obs_co2.error_correlation import SEASON_WIDTH, transport_covariance
from ccdas_obs_co2.transport_operator import Co2Transport

from ccdas_framework import Diagonal
from ccdas_framework.testing import checks_for

MONTH = np.array([1, 7, 1, 1, 4])
LATITUDE = np.array([60.0, 60.0, 60.0, 35.0, -90.0])
OWN = np.array([0.5, 0.6, 0.7, 0.8, 0.5])
TRANSPORT = np.array([1.5, 1.5, 1.5, 1.2, 0.6])


def test_variances_are_those_of_independent_errors():
    for share in (0.0, 0.3, 0.9):
        found = transport_covariance(OWN, TRANSPORT, MONTH, LATITUDE, share, 25.0)
        np.testing.assert_allclose(found.sd, np.hypot(OWN, TRANSPORT), rtol=1e-14)
    assert isinstance(transport_covariance(OWN, TRANSPORT, MONTH, LATITUDE, 0.0, 25.0), Diagonal)


def test_the_same_month_of_another_year_shares_its_part_and_other_months_and_latitudes_less():
    found = transport_covariance(OWN, TRANSPORT, MONTH, LATITUDE, 0.8, 25.0).dense()
    np.testing.assert_allclose(found[0, 2], 0.8 * 1.5**2, rtol=1e-14)
    np.testing.assert_allclose(
        found[0, 1], 0.8 * 1.5**2 * np.exp(-2.0 / SEASON_WIDTH**2), rtol=1e-12
    )
    np.testing.assert_allclose(found[0, 3], 0.8 * 1.5 * 1.2 * np.exp(-0.5), rtol=1e-12)
    np.testing.assert_allclose(found, found.T, rtol=1e-14)
    assert np.linalg.eigvalsh(found).min() >= 0.2 * np.min(TRANSPORT**2)


def test_more_years_of_one_month_cannot_tell_more_than_the_shared_part_lets():
    """Of n equal months the mean has the variance f t^2 + (own^2 + (1 - f) t^2) / n."""
    n, same = 40, np.full(40, 3)
    found = transport_covariance(
        np.full(n, 0.5), np.full(n, 1.5), same, np.full(n, 10.0), 0.75, 25.0
    )
    mean = 1.0 / np.sum(found.solve(np.ones(n)))
    np.testing.assert_allclose(mean, 0.75 * 1.5**2 + (0.5**2 + 0.25 * 1.5**2) / n, rtol=1e-10)


def test_the_operator_takes_the_calendar_month_of_each_value(make_domain, monthly):
    operator = Co2Transport(transport_error_north=1.5, transport_error_shared=0.6)
    observed = monthly(["2010-07", "2011-07", "2011-01"], stations=["ALT"])
    found = operator.prepare(observed, make_domain(), None).covariance.dense()
    expected = 0.6 * 1.5**2
    np.testing.assert_allclose(found[0, 1], expected, rtol=1e-12)
    assert found[0, 2] < 0.2 * expected


def test_the_operator_with_shared_errors_conforms():
    operator = Co2Transport(transport_error_north=1.5, transport_error_shared=0.6)
    for check in checks_for(operator, engines=("autograd",)):
        check()
