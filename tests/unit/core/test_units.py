"""Unit texts are compared as written, whatever the order of their factors."""

import pytest

from ccdas_framework.core.units import same_units


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("gC m-2 d-1", "gC m-2 d-1"),
        ("gC m-2 d-1", "d-1 gC m-2"),
        ("m^2 m^-2", "m2 m-2"),
        ("m**3 m**-3", "m3 m-3"),
        ("1", "1"),
    ],
)
def test_the_same_unit_in_another_spelling(first, second):
    assert same_units(first, second) and same_units(second, first)


@pytest.mark.parametrize(
    ("first", "second"),
    [("m2 m-2", "1"), ("gC m-2 d-1", "gC m-2 yr-1"), ("mm", "m"), ("K", "degC"), ("m-1", "m")],
)
def test_different_units_differ(first, second):
    assert not same_units(first, second)
