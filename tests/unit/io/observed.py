"""Small files of observations, and what is read from them."""

import warnings

import numpy as np
import xarray as xr
from findings import codes

from ccdas_framework import Variable
from ccdas_framework.core.errors import CcdasWarning, Findings
from ccdas_framework.io import read_observations

CO2 = Variable("co2", "ppm", ("obs",), (200.0, 700.0), observed_range=(150.0, 850.0))
COUNT, BAD = 12, [3, 8]  # observations, and positions of bad ones
GOOD = np.delete(np.arange(COUNT), BAD)


def records(variable=CO2, **columns):
    """A file of observations with further columns, (values, attributes) each."""
    values = {"ppm": 390.123456, "1": 0.30123, "mm": 5.0312}[variable.units]
    values = values * (1.0 + 0.01 * np.sin(np.arange(COUNT)))
    days = np.arange(COUNT)
    return xr.Dataset({
        "observed": ("obs", values, {"units": variable.units}),
        "observed_sd": ("obs", 0.01 * values, {"units": variable.units}),
        "time": ("obs", days, {"units": "days since 2010-01-01"}),
        "latitude": ("obs", 50.0 + 0.1 * days, {"units": "degrees_north"}),
        "longitude": ("obs", -99.99 + 0.0 * days, {"units": "degrees_east"}),
        **{name: ("obs", np.asarray(values), units) for name, (values, units) in columns.items()},
    })  # fmt: skip


def with_bad(dataset, value, name="observed", positions=BAD):
    values = dataset[name].values.copy()
    values = values.astype(np.result_type(values, type(value)))
    values[positions] = value
    return dataset.assign({name: ("obs", values, dataset[name].attrs)})


def reader(folder):
    """A function from a dataset to observations, and codes and places of findings and warnings."""

    def observations(dataset, variable=CO2, encoding=None, **options):
        path = dataset if isinstance(dataset, str) else str(folder / "x.nc")
        if not isinstance(dataset, str):
            dataset.to_netcdf(path, encoding=encoding or {})
        findings = Findings()
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            found = read_observations(path, variable, findings, **options)
        remarks = [w.message for w in caught if isinstance(w.message, CcdasWarning)]
        return found, codes(findings), [(r.code, r.where) for r in remarks]

    return observations


def assert_equal(found, sound, dropped):
    """The observations of the sound file are there, and the others are counted."""
    assert found.dropped == dropped
    for name in ("values", "sd", "start", "end", "latitude", "longitude", "label"):
        np.testing.assert_array_equal(getattr(found, name), getattr(sound, name))
    assert set(found.extra) == set(sound.extra)
    for name, column in sound.extra.items():
        np.testing.assert_array_equal(found.extra[name], column)
