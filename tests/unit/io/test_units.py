import numpy as np
import pytest
from findings import raises_finding

from ccdas_framework.core.errors import InvalidInput
from ccdas_framework.io import convert


@pytest.mark.parametrize(
    ("value", "from_units", "to_units", "expected"),
    [
        (300.0, "K", "degC", 26.85),
        (2.0, "degrees_C", "K", 275.15),
        (1.0, "kg m-2 s-1", "mm d-1", 86400.0),
        (1.0, "mm/day", "kg m-2 s-1", 1.0 / 86400.0),
        (1.0, "kg m-2", "mm", 1.0),
        (50.0, "%", "1", 0.5),
        (35.0, "%", "m3 m-3", 0.35),
        (390e-6, "mol mol-1", "ppm", 390.0),
        (390.0, "1e-6", "ppm", 390.0),
        (10.0, "hPa", "Pa", 1000.0),
        (10.0, "MJ m-2 d-1", "W m-2", 1e7 / 86400.0),
        (1.0, "PgC", "gC", 1e15),
        (1.0, "kg C m-2 yr-1", "gC m-2 d-1", 1000.0 / 365.25),
        (1.0, "m2 m-2", "1", 1.0),
    ],
)
def test_units_are_converted(value, from_units, to_units, expected):
    # 12 digits: one multiplication and, for temperatures, one addition
    np.testing.assert_allclose(convert([value], from_units, to_units), [expected], rtol=1e-12)


def test_an_uncertainty_in_kelvin_is_the_same_in_degrees():
    assert convert(3.0, "K", "degC", difference=True) == pytest.approx(3.0, rel=1e-12)


@pytest.mark.parametrize(
    ("from_units", "to_units"),
    [("K", "mm d-1"), ("kg m-2 s-1", "gC m-2 d-1"), ("m", "1"), ("W m-2", "mm d-1")],
)
def test_different_quantities_are_refused(from_units, to_units):
    with raises_finding("incompatible-units", f"{from_units} -> {to_units}", InvalidInput):
        convert(1.0, from_units, to_units)


def test_a_text_that_is_no_unit_is_named():
    with raises_finding("unknown-unit", "furlongx", InvalidInput):
        convert(1.0, "furlongx", "m")
