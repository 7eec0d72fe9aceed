"""Mean seasons in a report: groups by class and latitude, one section for each quantity."""

import numpy as np
import pytest
from attrs import evolve

from ccdas_framework.outputs.simulated_datasets import stream_dataset
from ccdas_framework.report import seasons_section as seasons
from ccdas_framework.report import tables

from .runs import MONTHS, SITES, stream

pytest.importorskip("matplotlib", reason="the extra `report` is not installed")
CLASSES = {"AU-How": "SAV", "BE-Vie": "MF", "DE-Tha": "ENF", "FI-Hyy": "ENF", "US-SRG": "GRA"}


@pytest.fixture
def simulated():
    """Two years at five sites, the two quantities with the same values."""
    one = stream("gpp", "gC m-2 d-1", SITES, MONTHS, np.random.default_rng(1),
                 place="cell", level=4.0, swing=3.0)  # fmt: skip
    size = len(one.observations)
    twice = one.observations.take(np.tile(np.arange(size), 2))
    extra = {
        "quantity": np.repeat(["gpp", "nee"], size),
        "place_class": np.array([CLASSES[label] for label in twice.label]),
    }
    runs = {run: np.tile(getattr(one, run), 2) for run in ("prior", "posterior")}
    return evolve(one, observations=evolve(twice, extra=extra), **runs)


def test_each_quantity_has_a_section_with_classes_and_bands_from_north_to_south(simulated):
    sections = seasons.sections(stream_dataset(simulated))
    assert [section["quantity"] for section in sections] == ["gpp", "nee"]
    for section in sections:
        assert [row["name"] for row in section["by_class"]] == ["ENF", "GRA", "MF", "SAV", "all"]
        assert [row["name"] for row in section["by_band"]] == ["40N-65N", "25N-40N", "25S-25N"]
        assert [row["places"] for row in section["by_class"]] == [2, 1, 1, 1, 5]
        assert section["by_class"][-1]["count"] == len(SITES) * len(MONTHS)
        assert section["figure"].startswith("data:image/svg+xml;base64,")


def test_scores_of_a_class_are_those_of_its_values(simulated):
    data = stream_dataset(simulated)
    row = seasons.sections(data)[0]["by_class"][0]
    needle = (data["place_class"].values == "ENF") & (data["quantity"].values == "gpp")
    misfit = data["prior"].values[needle] - data["observed"].values[needle]
    assert row["rmse"]["prior"] == pytest.approx(np.sqrt(np.mean(misfit**2)))
    assert row["bias"]["prior"] == pytest.approx(np.mean(misfit))
    assert row["rmse"]["posterior"] < row["rmse"]["prior"]


def test_the_figure_has_a_panel_for_each_class_and_band(simulated):
    (_, part), _ = tables.quantities(stream_dataset(simulated))
    drawn = seasons.drawn(part)
    titles = [axes.get_title() for axes in drawn.axes if axes.get_title()]
    assert titles == [
        "ENF 40N-65N (2)", "GRA 25N-40N (1)", "MF 40N-65N (1)", "SAV 25S-25N (1)"
    ]  # fmt: skip
    labels = {line.get_label() for line in drawn.axes[0].lines}
    assert labels == {"observed", "prior", "posterior"}


def test_a_stream_without_classes_has_no_section(simulated):
    data = stream_dataset(simulated)
    assert seasons.sections(data.drop_vars("place_class")) == []


def test_values_that_are_missing_are_in_no_season(simulated):
    data = stream_dataset(simulated)
    values = data["observed"].values.copy()
    values[data["place_class"].values == "GRA"] = np.nan
    section = seasons.sections(data.assign(observed=("obs", values)))[0]
    assert "GRA" not in [row["name"] for row in section["by_class"]]
