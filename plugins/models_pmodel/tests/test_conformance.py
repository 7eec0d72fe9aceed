"""The public suite, with leaves that follow temperature and with those of the forcing."""

import pytest
from ccdas_models_pmodel import PModel

from ccdas_framework.testing import checks_for


@pytest.mark.parametrize("check", checks_for(PModel()), ids=repr)
def test_conforms(check):
    check()


@pytest.mark.parametrize("check", checks_for(PModel(leaves="forcing")), ids=repr)
def test_leaves_of_the_forcing_conform(check):
    check()
