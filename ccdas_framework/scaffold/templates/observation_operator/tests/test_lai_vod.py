"""The operator keeps the rules of the framework, and its equation says what the paper says."""

import numpy as np
import pytest
from ccdas_obs_lai_vod.lai_vod import LaiVod, vod_from_lai

from ccdas_framework.testing import checks_for


@pytest.mark.parametrize("check", checks_for(LaiVod(lag_days=2)), ids=repr)
def test_conforms(check):
    check()


def test_bare_ground_has_the_optical_depth_of_its_wood():
    assert vod_from_lai(0.0, vod_per_lai=0.06, vod_wood=0.10) == 0.10


def test_optical_depth_is_linear_in_leaf_area():
    lai = np.array([1.0, 2.0, 3.0])
    np.testing.assert_allclose(np.diff(vod_from_lai(lai, 0.06, 0.10)), 0.06, rtol=1e-12)


def test_the_lag_asks_for_days_before_the_window():
    assert LaiVod(lag_days=5).lead_days == 5


def test_a_negative_lag_is_refused():
    with pytest.raises(ValueError, match="lag_days"):
        LaiVod(lag_days=-1)
