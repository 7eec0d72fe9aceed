"""The figure and page of an added-value comparison, from its file alone."""

import re
from html import escape

import numpy as np
import pytest
import xarray as xr
from findings import raises_finding

from ccdas_framework.core.errors import InvalidInput
from ccdas_framework.report import added_value_figure as added_value

pytest.importorskip("matplotlib", reason="the extra `report` is not installed")

SETS = ["co2", "co2+sm", "co2+sm+vod"]
REGIONS = ["Global", "Europe", "South America", "one cell"]


def comparison(quantities=("gpp", "npp", "nep")):
    """Three sets, three regions with every quantity and one with the first alone."""
    shape = (len(REGIONS), len(quantities))
    prior = np.full(shape, 2.0)
    prior[-1, 1:] = np.nan
    share = np.array([0.8, 0.5, 0.25])[:, None, None]
    dims = ("region", "quantity")
    data = {
        "prior_sd": (dims, prior),
        "posterior_sd": (("stream_set", *dims), share * prior),
        "uncertainty_reduction": (("stream_set", *dims), 1.0 - share + 0.0 * prior),
        "own_uncertainty_reduction": (("stream_set", *dims), 0.9 - share + 0.0 * prior),
        "degrees_of_freedom": (
            ("stream_set", "stream"),
            np.array([[5.0, np.nan, np.nan], [4.0, 2.0, np.nan], [3.0, 1.0, 6.0]]),
        ),
        "target_unit": ("quantity", np.array(["PgC yr-1"] * len(quantities), dtype=object)),
    }
    coordinates = {"stream_set": SETS, "region": REGIONS, "quantity": list(quantities),
                   "stream": ["co2", "sm", "vod"]}  # fmt: skip
    about = {"title": "A <b> & c", "comment": "synthetic observations",
             "common_point": "optimum of co2+sm+vod"}  # fmt: skip
    return xr.Dataset(data, coords=coordinates, attrs=about)


def test_a_panel_for_each_flux_and_a_colour_for_each_set():
    drawn = added_value.bars(comparison())
    assert [panel.get_title(loc="left") or panel.get_title() for panel in drawn.axes] == [
        "NEP",
        "NPP",
    ]
    bars = drawn.axes[0].containers
    assert len(bars) == len(SETS)
    colours = {bar.patches[0].get_facecolor() for bar in bars}
    assert len(colours) == len(SETS)
    np.testing.assert_allclose([b.patches[0].get_height() for b in bars], [20.0, 50.0, 75.0])
    lines = drawn.axes[0].collections[0].get_segments()
    np.testing.assert_allclose([line[0][1] for line in lines], 10.0)  # at the set's own optimum


def test_regions_without_the_flux_are_left_out_and_the_globe_is_last():
    drawn = added_value.bars(comparison())
    names = [text.get_text().replace("\n", " ") for text in drawn.axes[-1].get_xticklabels()]
    assert names == ["Europe", "South America", "Global"]


def test_other_quantities_are_drawn_where_these_fluxes_are_not():
    drawn = added_value.bars(comparison(("agb", "et", "lai")))
    assert len(drawn.axes) == 2


def test_a_set_without_a_posterior_of_its_own_has_bars_all_the_same():
    data = comparison()
    data["own_uncertainty_reduction"][0] = np.nan
    drawn = added_value.bars(data)
    assert drawn.axes[0].containers[0].patches[0].get_height() == pytest.approx(20.0)


def test_the_page_stands_alone_and_says_what_is_synthetic(tmp_path):
    data = comparison()
    data.to_netcdf(tmp_path / "added_value.nc")
    png, html = added_value.write_figure(tmp_path)
    assert png.read_bytes().startswith(b"\x89PNG")
    page = html.read_text()
    assert all(escape(data.attrs[name]) in page for name in ("title", "comment", "common_point"))
    assert all(address.startswith("data:") for address in re.findall(r'src="([^"]*)"', page))
    assert "href" not in page
    cells = re.findall(r"<td>([^<]*)</td>", page)
    assert {"75 %", *REGIONS} <= set(cells)


def test_a_folder_without_a_comparison_is_refused(tmp_path):
    with raises_finding("missing-file", "added_value.nc", InvalidInput):
        added_value.write_figure(tmp_path)


def test_the_page_links_to_a_comparison_that_is_there(tmp_path):
    comparison().to_netcdf(tmp_path / "added_value.nc")
    _, page = added_value.write_figure(tmp_path)
    assert "comparison.html" not in page.read_text(encoding="utf-8")
    (tmp_path / "comparison.html").touch()
    added_value.write_figure(tmp_path)
    assert 'href="comparison.html"' in page.read_text(encoding="utf-8")
