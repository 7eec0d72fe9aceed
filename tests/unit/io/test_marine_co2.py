"""CO2 of the air comes from the forcing, else from one record, whose limits are named."""

import warnings

import numpy as np
import pytest
from findings import codes

from ccdas_framework import MARINE_CO2, CcdasWarning, Variable, marine_co2
from ccdas_framework.core.errors import Findings
from ccdas_framework.io import read_forcing
from ccdas_framework.io.marine_co2 import outside_record
from ccdas_framework.problem.blocks import blocks_of

from .files import NEEDS, cells_file

CO2 = Variable("co2", "ppm", ("time", "cell"), (100.0, 3000.0), optional=True)


def read(tmp_path, dataset, variable=CO2, **options):
    dataset.to_netcdf(tmp_path / "forcing.nc")
    findings = Findings()
    forcing = read_forcing(
        tmp_path / "forcing.nc", (*NEEDS, variable), findings=findings, **options
    )
    assert forcing is not None, codes(findings)
    return forcing


def test_the_record_has_every_year_and_rises():
    years = list(MARINE_CO2)
    assert years == list(range(years[0], years[-1] + 1))
    assert np.all(np.diff(list(MARINE_CO2.values())) > 0.0)
    assert (MARINE_CO2[2010], MARINE_CO2[2015]) == (388.8, 399.7)


def test_years_outside_the_record_take_its_first_or_last_value():
    first, last = min(MARINE_CO2), max(MARINE_CO2)
    expected = [MARINE_CO2[first], 352.8, MARINE_CO2[last]]
    assert marine_co2([first - 30, 1989, last + 30]).tolist() == expected
    assert marine_co2(2005) == 379.0
    assert outside_record([first, 2000, last]) == ""


def test_a_file_without_co2_takes_the_record_of_its_years(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        forcing = read(tmp_path, cells_file(days=730), spin_up_years=1)
    lead = forcing.domain.lead
    values = forcing.fields["co2"]
    assert values.shape == (lead + 730, 2) and lead == 365
    assert np.all(values[: lead + 365] == 388.8)  # the lead repeats the first year
    assert np.all(values[lead + 365 :] == 390.6)
    assert forcing.filled == {"co2"}
    assert all(block.forcing.filled == {"co2"} for block in blocks_of(forcing, 2))


def test_co2_of_the_file_wins(tmp_path):
    dataset = cells_file()
    dataset["co2"] = (("time",), np.full(730, 280.0), {"units": "ppm"})
    forcing = read(tmp_path, dataset)
    assert np.all(forcing.fields["co2"] == 280.0) and not forcing.filled


def test_a_required_variable_is_filled_in_its_unit(tmp_path):
    required = Variable("co2", "mol mol-1", ("time", "cell"))
    forcing = read(tmp_path, cells_file(days=40), required, spin_up_years=0)
    np.testing.assert_allclose(forcing.fields["co2"], 388.8e-6, rtol=1e-12)


def test_a_model_that_needs_no_co2_gets_none(tmp_path):
    dataset = cells_file(first="1950-01-01")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        forcing = read(tmp_path, dataset, NEEDS[0])
    assert "co2" not in forcing.fields and not forcing.filled


@pytest.mark.parametrize(
    ("first", "value", "years"),
    [("1977-06-01", 336.9, "1977 to 1978"), ("2023-12-01", 419.4, "2024 to 2025")],
)
def test_years_outside_the_record_are_named_with_their_value(tmp_path, first, value, years):
    with pytest.warns(CcdasWarning) as caught:
        forcing = read(tmp_path, cells_file(days=580, first=first), spin_up_years=0)
    (warning,) = (w.message for w in caught)
    assert (warning.code, warning.where) == ("outside-record", "forcing.nc: co2")
    assert f"{value:g} ppm" in str(warning) and years in str(warning)
    assert value in forcing.fields["co2"]


def test_a_file_with_co2_of_such_years_gives_no_warning(tmp_path):
    dataset = cells_file(first="1950-01-01")
    dataset["co2"] = (("time",), np.full(730, 311.0), {"units": "ppm"})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.all(read(tmp_path, dataset).fields["co2"] == 311.0)


def test_every_shipped_model_takes_the_field(tmp_path):
    """BETHY and DALEC name the variable and its unit as the reader does."""
    dalec = pytest.importorskip("ccdas_models_dalec")
    bethy = pytest.importorskip("ccdas_models_bethy")
    for models in (dalec.process_models(), bethy.process_models()):
        for model in models.values():
            (variable,) = (v for v in model().requires if v.name == "co2")
            assert variable.units == "ppm" and "time" in variable.dims
