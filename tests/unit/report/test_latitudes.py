"""Sums by latitude in a report: from north to south, beside the range of the references."""

import numpy as np
import pytest
from zonal import zonal

from ccdas_framework.report import latitudes_section as latitudes

pytest.importorskip("matplotlib", reason="the extra `report` is not installed")


def test_bands_are_from_north_to_south_and_all_of_them_last():
    data = zonal()
    rows = latitudes.bands(data)
    assert [row["name"] for row in rows] == ["0-90N", "90S-0", "all"]
    assert rows[0]["mean"]["posterior"] == pytest.approx(float(data["simulated_mean"][1, 1]))
    others = data["reference_amplitude"].values[:, 2]
    assert rows[-1]["amplitude"]["lowest"] == pytest.approx(others.min())
    assert rows[-1]["amplitude"]["highest"] == pytest.approx(others.max())


def test_a_reference_is_scored_over_its_own_bands_and_over_all():
    data = zonal()
    row = latitudes.references(data)[1]
    assert row["name"] == "two"
    assert row["prior"]["bias"] == pytest.approx(float(data["bias"][0, 1, 2]))
    expected = np.sqrt(np.mean(data["rmse"].values[0, 1, :2] ** 2))
    assert row["prior"]["rmse"] == pytest.approx(expected)


def test_a_section_has_what_a_reader_must_know():
    data = zonal(note="a part of the globe")
    data.attrs["reference_source"] = "one: an inversion"
    (section,) = latitudes.sections({"land": data})
    assert section["sources"] == "one: an inversion"
    assert f"{section['quantity']}: " in data["simulated_row"].attrs["long_name"]
    assert section["units"] == "PgC yr-1"
    assert section["comment"] == data.attrs["comment"]
    assert section["figure"].startswith("data:image/svg+xml;base64,")


def test_the_figure_has_a_panel_for_each_band_and_a_line_for_each_run_and_reference():
    drawn = latitudes.drawn(zonal())
    assert len(drawn.axes) == 1 + 3
    for axes in drawn.axes[1:]:
        assert len(axes.lines) == 2 + 2 + 1  # and zero
    profile = drawn.axes[0]
    assert {line.get_label() for line in profile.lines[:4]} == {"one", "two", "prior", "posterior"}
