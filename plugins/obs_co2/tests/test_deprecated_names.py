"""Public names that moved to ccdas_transport are still importable, with a warning."""

from importlib import import_module

import ccdas_transport
import pytest

OLD_NAMES = [
    ("ccdas_obs_co2", "read_jacobian"),
    ("ccdas_obs_co2", "write_jacobian"),
    ("ccdas_obs_co2.analytic", "zonal_response"),
    ("ccdas_obs_co2.jacobian_file", "write_jacobian"),
    ("ccdas_obs_co2.transport", "Stations"),
    ("ccdas_obs_co2.transport", "Transport"),
    ("ccdas_obs_co2.twelve_boxes", "twelve_box_jacobian"),
]


@pytest.mark.parametrize(("module", "name"), OLD_NAMES)
def test_an_old_name_is_the_new_one_with_a_deprecation_warning(module, name):
    with pytest.warns(DeprecationWarning):
        old = getattr(import_module(module), name)
    assert old is getattr(ccdas_transport, name)


def test_a_name_that_never_was_public_raises_an_attribute_error():
    with pytest.raises(AttributeError):
        _ = import_module("ccdas_obs_co2.transport").monthly_mole_fraction


@pytest.mark.parametrize("name", ccdas_transport.__all__)
def test_every_public_name_of_the_transport_exists(name):
    assert getattr(ccdas_transport, name) is not None
