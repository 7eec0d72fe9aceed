"""The public suite, for a carbon flux and for latent heat."""

import pytest
from ccdas_obs_flux.tower_flux import TowerFlux

from ccdas_framework.testing import checks_for


@pytest.mark.parametrize("check", checks_for(TowerFlux()), ids=repr)
def test_conforms(check):
    check()


@pytest.mark.parametrize(
    "check", checks_for(TowerFlux(quantities=("latent_heat",)), engines=("autograd",)), ids=repr
)
def test_latent_heat_conforms(check):
    check()
