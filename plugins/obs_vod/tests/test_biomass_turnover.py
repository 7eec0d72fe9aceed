"""The prior of tau_eff, and the comparison of NPP with the reference."""

import numpy as np
import pytest
from ccdas_obs_vod.biomass_turnover import (
    REFERENCE_BIOMASS,
    REFERENCE_NPP,
    TURNOVER,
    mean_and_ratio,
    production_by_class,
)


def test_the_prior_turnover_gives_the_reference_biomass():
    """Rounding changes tau_eff by a sixth at most, which is a third of the prior sd of 50 %."""
    exact = 50.0 * np.array(REFERENCE_BIOMASS) / np.array(REFERENCE_NPP)
    np.testing.assert_allclose(TURNOVER, exact, rtol=1 / 6)


def test_production_of_a_class_is_weighted_by_area(domain, fields):
    area, production = production_by_class(fields["npp"], domain)
    mean, ratio = mean_and_ratio(area, production)
    expected = 365.0 * fields["npp"][domain.window, 2].mean()
    assert mean[0] == pytest.approx(expected, rel=1e-12)
    assert ratio[0] == pytest.approx(expected / 1950.0, rel=1e-12)
    assert np.isnan(mean[1])  # no column of class 2
    assert area.sum() == pytest.approx(1e10 + 0.8 * 2e10 + 0.9 * 1e10)
