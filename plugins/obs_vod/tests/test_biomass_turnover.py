"""The prior of tau_eff."""

import numpy as np
from ccdas_obs_vod.biomass_turnover import (
    CALIBRATED,
    CLASSES,
    PUBLISHED_BIOMASS,
    PUBLISHED_NPP,
    PUBLISHED_TURNOVER,
    TURNOVER,
    TURNOVER_SD,
)


def test_the_published_turnover_gives_typical_biomass():
    """Rounding changes tau_eff by a sixth at most, which is a third of the prior sd of 50 %."""
    exact = 50.0 * np.array(PUBLISHED_BIOMASS) / np.array(PUBLISHED_NPP)
    np.testing.assert_allclose(PUBLISHED_TURNOVER, exact, rtol=1 / 6)


def test_only_trees_have_a_turnover_from_the_map_of_forests():
    assert set(CALIBRATED) <= set(range(1, 7))
    kept = [c - 1 for c in CLASSES if c not in CALIBRATED]
    np.testing.assert_array_equal(np.array(TURNOVER)[kept], np.array(PUBLISHED_TURNOVER)[kept])
    assert min(TURNOVER_SD) > 0.0
