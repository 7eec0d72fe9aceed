"""Monthly fields by class add up to those of the cells."""

import numpy as np
import pytest
import xarray as xr
from cuts import demo_cut

from ccdas_framework import Variable
from ccdas_framework.experiment.forward import run_forward
from ccdas_framework.outputs.class_fields import class_fraction, classes_of, monthly_class_mean
from ccdas_framework.outputs.monthly_fields import monthly_cell_mean
from ccdas_framework.testing import dated_domain, three_cells


@pytest.fixture
def domain():
    return dated_domain(three_cells((5, 9, 9, 5, 7)), "2010-01", "2010-03", lead=10)


def test_a_class_has_the_mean_of_its_columns(domain):
    """The second cell has 0.6 of class 9 and 0.2 of class 5."""
    grid = domain.grid
    values = np.arange(domain.days)[:, None] + 100.0 * np.arange(grid.columns)
    classes = classes_of(grid)
    np.testing.assert_array_equal(classes, [5, 7, 9])
    means = monthly_class_mean(values, domain, classes)
    of_march = domain.month == 2
    assert means[2, 1, 2] == pytest.approx(values[of_march, 2].mean(), rel=1e-14)
    assert np.isnan(means[:, 1, 1]).all()


def test_classes_with_their_shares_add_up_to_the_cell(domain):
    grid = domain.grid
    values = np.random.default_rng(1).random((domain.days, grid.columns))
    classes = classes_of(grid)
    share = class_fraction(grid, classes)
    total = np.nansum(monthly_class_mean(values, domain, classes) * share, axis=2)
    expected = monthly_cell_mean(values, domain, Variable("npp", "1", ("time", "column")))
    np.testing.assert_allclose(total, expected, rtol=1e-13)
    covered = np.bincount(grid.column_cell, grid.column_fraction, minlength=grid.cells)
    np.testing.assert_allclose(share.sum(axis=1), covered, rtol=1e-14)


def test_fields_by_class_are_in_the_file_of_a_run_in_any_blocks(tmp_path):
    settings = {"output__fields": ["npp"], "output__by_class": ["npp"]}
    files = []
    for blocks in (1, 2):
        experiment = demo_cut(("sm",), compute__blocks=blocks, **settings)
        run_forward(experiment, tmp_path / str(blocks))
        with xr.open_dataset(tmp_path / str(blocks) / "fields.nc") as file:
            files.append(file.load())
    whole, cut = files
    np.testing.assert_allclose(cut["npp_by_class"], whole["npp_by_class"], rtol=1e-12)
    total = (whole["npp_by_class"] * whole["class_fraction"]).sum("class")
    np.testing.assert_allclose(total, whole["npp"], rtol=1e-12)
    assert whole["npp_by_class"].attrs["units"] == whole["npp"].attrs["units"]
