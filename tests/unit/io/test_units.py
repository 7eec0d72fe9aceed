import numpy as np
import pytest
from findings import raises_finding

from ccdas_framework.core.errors import InvalidInput
from ccdas_framework.io import convert
from ccdas_framework.io.unit_conversion import with_carbon


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


CARBON = 12.011 / 44.009  # of a mass of CO2
PER_DAY = 12.011e-6 * 86400.0  # gC of a flux of 1 umol s-1


@pytest.mark.parametrize(
    ("from_units", "to_units", "expected"),
    [
        ("umol m-2 s-1", "gC m-2 d-1", PER_DAY),
        ("µmol CO2 m-2 s-1", "gC m-2 d-1", PER_DAY),
        ("umolCO2 m-2 s-1", "gC m-2 d-1", PER_DAY),
        ("umolCO2/m2/s", "gC m-2 d-1", PER_DAY),
        ("UMOL M-2 S-1", "gC m-2 d-1", PER_DAY),
        ("molC m-2 s-1", "gC m-2 d-1", 1e6 * PER_DAY),
        ("gC m-2 d-1", "umol m-2 s-1", 1.0 / PER_DAY),
        ("gCO2 m-2 d-1", "gC m-2 d-1", CARBON),
        ("g CO2 m-2 d-1", "gC m-2 d-1", CARBON),
        ("mg CO2 m-2 s-1", "gC m-2 d-1", 86.4 * CARBON),
        ("kgCO2 m-2 s-1", "gC m-2 d-1", 8.64e7 * CARBON),
        ("tC ha-1 yr-1", "gC m-2 yr-1", 100.0),
        ("GC M-2 D-1", "gC m-2 d-1", 1.0),
        ("ppb", "ppm", 1e-3),
        ("PPBV", "ppm", 1e-3),
        ("nmol mol-1", "ppm", 1e-3),
        ("PPM", "ppm", 1.0),
        ("ppm CO2", "ppm", 1.0),
        ("umolCO2 mol-1", "ppm", 1.0),
        ("m3 m-3", "ppm", 1e6),
        ("kg m-3", "m3 m-3", 1e-3),
        ("kg H2O m-2 s-1", "mm d-1", 86400.0),
        ("KG M-2 S-1", "mm d-1", 86400.0),
        ("MM D-1", "mm d-1", 1.0),
        ("W M-2", "W m-2", 1.0),
        ("HPA", "Pa", 100.0),
    ],
)
def test_substances_and_other_cases_are_read(from_units, to_units, expected):
    np.testing.assert_allclose(convert(1.0, from_units, to_units), expected, rtol=1e-12)


@pytest.mark.parametrize(("from_units", "kelvin"), [("deg K", 1.0), ("k", 1.0), ("DEGC", 274.15)])
def test_spellings_of_temperature_are_read(from_units, kelvin):
    assert convert(1.0, from_units, "K") == pytest.approx(kelvin, rel=1e-12)


@pytest.mark.parametrize(
    ("from_units", "to_units"),
    [
        ("mg m-3", "ppm"),  # the density of water is that of no gas
        ("kg m-3", "ppm"),
        ("mg CO2 m-3", "ppm"),
        ("kg m-3", "1"),
        ("kg m-1", "m2"),
        ("mg kg-1", "ppm"),  # ratios of masses and of amounts
        ("kg kg-1", "mol mol-1"),
        ("g g-1", "m3 m-3"),  # the bulk density of the soil is not known
        ("m2 m-2", "m3 m-3"),
        ("kgCO2 m-2 s-1", "mm d-1"),
        ("umol m-2 s-1", "W m-2"),
        ("mmol m-2 s-1", "mm d-1"),
        ("dB", "1"),  # not linear
    ],
)
def test_ratios_and_densities_of_other_things_are_refused(from_units, to_units):
    with raises_finding("incompatible-units", f"{from_units} -> {to_units}", InvalidInput):
        convert(1.0, from_units, to_units)


@pytest.mark.parametrize("units", ["umol photons m-2 s-1", "umol H2O m-2 s-1", "mj m-2 d-1"])
def test_amounts_of_other_things_are_refused(units):
    with raises_finding("unknown-unit", units, InvalidInput):
        convert(1.0, units, "gC m-2 d-1")


@pytest.mark.parametrize(
    ("units", "name", "expected"),
    [
        ("g m-2 d-1", "surface_upward_mass_flux_of_carbon_expressed_as_carbon", "gC m-2 d-1"),
        ("kg m-2 s-1", "surface_upward_mass_flux_of_carbon_dioxide", "kgCO2 m-2 s-1"),
        ("kg C m-2", "leaf_mass_content_expressed_as_carbon", "kg C m-2"),
        ("ppm", "mole_fraction_of_carbon_dioxide_in_air", "ppm"),
        ("umol m-2 s-1", "surface_upward_mole_flux_of_carbon_dioxide", "umol m-2 s-1"),
        ("kg m-2 s-1", "precipitation_flux", "kg m-2 s-1"),
    ],
)
def test_a_standard_name_states_the_substance_of_a_mass(units, name, expected):
    assert with_carbon(units, name) == expected
