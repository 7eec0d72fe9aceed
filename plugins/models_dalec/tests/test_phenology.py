"""Onset and fall of leaves: once a year, smooth, and consistent with the lifespan."""

import numpy as np
import pytest
from ccdas_models_dalec.phenology import yearly_pulse
from scipy.special import ive

DAYS = np.linspace(0.0, 365.25, 36526)[:-1]


def rate(day, centre=280.0, period=40.0, lifespan=1.05):
    return yearly_pulse(day, centre, period, lifespan - 1.0, np)


@pytest.mark.parametrize("lifespan", [1.001, 1.05, 2.0, 4.0, 8.0])
@pytest.mark.parametrize("period", [15.0, 40.0, 90.0, 150.0])
def test_the_yearly_sum_is_its_closed_form(lifespan, period):
    """ln(l/(l-1)) sqrt(pi) s/w exp(-a) I_0(a), a = (s/w)^2/2: the integral of exp(-2a sin^2)."""
    scale, width = 365.25 / np.pi, period / np.sqrt(2.0)
    total = rate(DAYS, period=period, lifespan=lifespan).sum() * 0.01
    more = np.sqrt(np.pi) * scale / width * ive(0, 0.5 * (scale / width) ** 2)
    assert total == pytest.approx(np.log(lifespan / (lifespan - 1.0)) * more, rel=1e-9)


@pytest.mark.parametrize("lifespan", [1.001, 1.05, 2.0, 4.0, 8.0])
def test_a_pool_loses_one_over_its_lifespan_a_year(lifespan):
    """For a pulse much shorter than a year."""
    total = rate(DAYS, period=15.0, lifespan=lifespan).sum() * 0.01
    assert 1.0 - np.exp(-total) == pytest.approx(1.0 / lifespan, rel=0.003)


def test_the_year_has_no_seam():
    before, after = rate(np.array([365.249, 0.001]), centre=2.0)
    assert before == pytest.approx(after, rel=1e-3)
    np.testing.assert_allclose(rate(DAYS + 365.25), rate(DAYS), rtol=1e-9, atol=1e-15)


@pytest.mark.parametrize("lifespan", [1.001, 1.05, 4.0])
def test_half_of_the_yearly_loss_of_a_pool_lies_on_either_side_of_its_date(lifespan):
    """The offset puts the date where the loss, rate times what is left, is largest."""
    day = DAYS - 182.625 + 280.0
    loss_rate = rate(day, lifespan=lifespan)
    left = np.exp(-np.cumsum(loss_rate) * 0.01)
    peak = day[np.argmax(loss_rate * left)]
    assert peak == pytest.approx(280.0, abs=2.0)


def test_half_a_year_away_nothing_moves():
    assert rate(280.0 - 182.625) < 1e-7 < 1e-2 < rate(280.0)
