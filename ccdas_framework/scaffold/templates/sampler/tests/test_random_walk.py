"""The sampler keeps the rules of the framework, and its rule of acceptance is that of the paper."""

import numpy as np
import pytest
from ccdas_samplers_random_walk.random_walk import RandomWalk, accepted

from ccdas_framework.testing import checks_for


@pytest.mark.parametrize("check", checks_for(RandomWalk()), ids=repr)
def test_conforms(check):
    check()


def test_a_gain_is_always_accepted():
    assert accepted(np.array([-3.0]), np.array([-2.0]), np.array([1.0 - 1e-12])).all()


def test_a_loss_is_accepted_as_often_as_its_ratio_says():
    # p(x') / p(x) = 0.3, so that a share of 0.3 of uniform numbers accepts it
    uniform = np.linspace(0.0005, 0.9995, 1000)
    share = np.mean(accepted(np.zeros(1000), np.full(1000, np.log(0.3)), uniform))
    assert share == pytest.approx(0.3, abs=1e-3)


def test_a_point_without_density_is_never_accepted():
    assert not accepted(np.array([-1e6]), np.array([-np.inf]), np.array([1e-300])).any()


def test_no_chains_are_refused():
    with pytest.raises(ValueError, match="chains"):
        RandomWalk(chains=0)
