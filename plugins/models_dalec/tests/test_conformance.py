"""The public suite, with and without a pool of water."""

import pytest
from ccdas_models_dalec import Dalec

from ccdas_framework.testing import checks_for


@pytest.mark.parametrize("check", checks_for(Dalec()), ids=repr)
def test_conforms(check):
    check()


@pytest.mark.parametrize(
    "check", checks_for(Dalec(start="pools", water="none"), engines=("autograd",)), ids=repr
)
def test_the_published_start_conforms(check):
    check()
