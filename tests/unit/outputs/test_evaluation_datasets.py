"""The groups of `evaluation.nc`: every variable says what it is, and is documented."""

from pathlib import Path

import numpy as np
import pytest
from zonal import zonal

from ccdas_framework import Observations, Variable
from ccdas_framework.outputs.evaluation_datasets import SCORES, observed_dataset
from ccdas_framework.outputs.simulated_datasets import Simulated

PAGE = Path(__file__).parents[3] / "docs" / "output-files.md"


@pytest.fixture
def observed():
    days = np.arange("2010-01-01", "2010-01-04", dtype="M8[D]")
    seen = Observations(
        values=[1.0, 2.0, 3.0], sd=[0.1] * 3, start=days, end=days, latitude=[0.0] * 3,
        longitude=[0.0] * 3, altitude=[0.0] * 3, label=np.array(["a", "a", "b"]),
    )  # fmt: skip
    names = [f"{run}_{s}" for run in ("prior", "posterior") for s in SCORES]
    score = {"count": 3.0, **dict.fromkeys(names, 0.5), "prior_correlation": 0.9,
             "posterior_correlation": np.nan}  # fmt: skip
    stream = Simulated(Variable("co2", "ppm"), seen, np.zeros(3), np.ones(3))
    return observed_dataset(stream, {"all": score, "a": score, "b": score})


def test_every_variable_is_documented(observed):
    page = PAGE.read_text(encoding="utf-8").split("## `evaluation.nc`")[1].split("\n## ")[0]
    shared = PAGE.read_text(encoding="utf-8").split("## `simulated.nc`")[1].split("\n## ")[0]
    for name in zonal().variables:
        assert f"`{name}`" in page, name
    for name in observed.variables:
        assert f"`{name}`" in page + shared, name


def test_every_variable_has_a_unit_and_says_what_it_is(observed):
    for dataset in (zonal(), observed):
        for name, variable in dataset.variables.items():
            if name.endswith("bounds") or variable.dtype.kind == "O":
                continue
            known = variable.attrs.get("units") or variable.attrs.get("long_name")
            assert known, name
    assert zonal()["simulated_band"].attrs["units"] == "PgC yr-1"
    assert zonal()["season_correlation"].attrs["units"] == "1"
    assert observed["prior_bias"].attrs["units"] == "ppm"
    assert observed["prior_correlation"].attrs["units"] == "1"


def test_places_and_observations_are_apart(observed):
    assert observed["place"].values.tolist() == ["all", "a", "b"]
    assert observed["station"].values.tolist() == ["a", "a", "b"]
    assert observed["prior"].dims == ("obs",) and observed["prior_rmse"].dims == ("place",)
