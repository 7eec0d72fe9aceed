"""Plots of odd but valid data: names with dollar signs, single rows, streams of two quantities."""

import numpy as np
import pytest
import xarray as xr
from findings import raises_finding

from ccdas_framework import plots
from ccdas_framework.core.errors import InvalidInput
from ccdas_framework.report import tables

pytest.importorskip("matplotlib", reason="the extra `report` is not installed")
STEP = 2.5  # degrees, half width of the cells of a product


def titles(figure):
    return [axes.get_title(loc="left") for axes in figure.axes if axes.get_title(loc="left")]


def product(rows, columns, bounds=True):
    """A product of one month."""
    shape, dims = (1, rows, columns), ("time", "lat", "lon")
    names = ("gpp", "gpp_prior", "gpp_sd", "gpp_prior_sd")
    data = xr.Dataset(
        {name: (dims, np.ones(shape), {"units": "g m-2 d-1"}) for name in names},
        coords={
            "time": np.array(["2010-01-15"], dtype="datetime64[ns]"),
            "lat": 10.0 * np.arange(rows),
            "lon": 20.0 + 10.0 * np.arange(columns),
        },
    )
    if bounds:
        for axis in ("lat", "lon"):
            centre = data[axis].values
            edges = np.stack([centre - STEP, centre + STEP], axis=1)
            data[f"{axis}_bnds"] = ((axis, "bnds"), edges)
    return data


def stream(observed, **more):
    """Observations whose prior is twice the observed, at two places in turn."""
    observed = np.asarray(observed, dtype=float)
    count = len(observed)
    days = np.datetime64("2010-01-15", "ns") + np.arange(count) * np.timedelta64(30, "D")
    return xr.Dataset({
        "observed": ("obs", observed), "prior": ("obs", 2.0 * observed),
        "observed_sd": ("obs", np.ones(count)), "cell": ("obs", np.resize(["a", "b"], count)),
        "time": ("obs", days), "time_start": ("obs", days),
        "latitude": ("obs", np.resize([40.0, 45.0], count)),
        "longitude": ("obs", np.resize([-90.0, -100.0], count)),
        **{name: ("obs", values) for name, values in more.items()},
    })  # fmt: skip


def test_a_name_with_two_dollar_signs_is_drawn_as_it_is(tmp_path):
    names = np.array(["cost $^ of $x", "b"])
    data = stream([1.0, 2.0, 3.0, 4.0]).assign(cell=("obs", np.resize(names, 4)))
    plots.series(data).savefig(tmp_path / "figure.png")


def test_powers_of_ten_on_an_axis_remain_powers(tmp_path):
    norm = 10.0 ** -np.arange(8.0)
    result = xr.Dataset({
        "cost": ("iteration", norm), "gradient_norm": ("iteration", norm),
        "iteration": np.arange(8),
    })  # fmt: skip
    figure = plots.cost(result)
    figure.savefig(tmp_path / "figure.png")
    labels = [t for t in figure.axes[0].get_yticklabels() if "$" in t.get_text()]
    assert labels and all(label.get_parse_math() for label in labels)


@pytest.mark.parametrize(("rows", "columns"), [(1, 3), (3, 1), (1, 1)])
@pytest.mark.parametrize("bounds", [True, False])
def test_a_product_of_one_row_or_column_has_cells_of_its_bounds(rows, columns, bounds):
    figure = plots.map(product(rows, columns, bounds), "gpp", month="2010-01")
    cells = figure.axes[0].collections[0]
    assert len(cells.get_array()) == rows * columns
    if bounds:
        width = cells.get_paths()[0].get_extents()
        assert (width.width, width.height) == (2.0 * STEP, 2.0 * STEP)


def test_quantities_of_a_stream_are_not_pooled():
    observed = np.array([1.0, 2.0, 4.0, -1.0, -3.0, -4.0])
    flux = stream(observed, quantity=["gpp"] * 3 + ["nep"] * 3).assign_attrs(observes="flux")
    labels = {line.get_label() for line in plots.taylor(flux).axes[0].lines}
    assert {"flux: gpp", "flux: nep"} <= labels
    figure = plots.scatter(flux)
    assert titles(figure) == ["gpp, prior", "nep, prior"]
    np.testing.assert_array_equal(
        figure.axes[1].collections[0].get_offsets()[:, 0], observed[observed < 0.0]
    )


def test_seasons_without_classes_are_those_of_bands_of_latitude():
    data = stream(np.arange(12.0))
    assert len(plots.seasons(data).axes) == len(plots.seasons(data, by="latitude").axes)


def test_places_of_one_latitude_are_in_alphabetical_order():
    names = ["d", "a", "c", "b"]
    data = stream(np.ones(4)).assign(cell=("obs", names), latitude=("obs", np.full(4, 40.0)))
    assert [row["name"] for row in tables.fit_by_place(data)] == sorted(names)


@pytest.mark.parametrize("draw", [plots.series, plots.scatter, plots.misfits])
def test_an_empty_stream_is_refused(draw):
    with raises_finding("missing-field", "observations", InvalidInput):
        draw(stream([1.0, 2.0]).isel(obs=slice(0)))


@pytest.mark.parametrize("most", [1, -3])
def test_correlations_of_fewer_than_two_parameters_are_refused(most):
    with raises_finding("wrong-option", "most", InvalidInput):
        plots.correlations(xr.Dataset(), most=most)


def test_longitudes_east_of_180_lie_on_the_map():
    data = stream([1.0, 2.0]).assign(longitude=("obs", [10.0, 350.0]))
    axes = plots.misfits(data).axes[0]
    offsets = axes.collections[0].get_offsets()
    assert sorted(offsets[:, 0]) == [-10.0, 10.0]


def test_parameters_whose_words_are_equal_are_told_apart_by_their_names():
    """Words are cut to the length of a label, and their ends and beginnings may agree."""
    names = ["bethy.a", "bethy.b", "bethy.c"]
    words = [f"{'a long name ' * 4}of the {part} {'in the same place ' * 3}" for part in "xy"]
    result = xr.Dataset(
        {
            "control_prior": ("control", np.zeros(3)),
            "control_posterior": ("control", [0.1, 0.5, 0.9]),
            "parameter_name": ("control", [*words, "short"]),
            "parameter_process": ("control", ["growth"] * 3),
        },
        coords={"control": names},
    )
    axes = plots.processes(result).axes[0]
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assert len(labels) == len(set(labels)) == 4
    assert labels[0] == "bethy: growth" and labels[3] == "short"
    for name, label, height in zip(names[:2], labels[1:], axes.get_yticks()[1:], strict=False):
        assert label.endswith(name)
        shift = float(result["control_posterior"].sel(control=name))
        assert [shift, height] in axes.lines[1].get_xydata().tolist()


@pytest.mark.parametrize(("quantities", "regions", "few"), [(3, 149, True), (7, 149, True),
                                                          (3, 20, False)])  # fmt: skip
def test_targets_of_many_regions_are_the_largest_ones(tmp_path, quantities, regions, few):
    names = [f"site {n}" for n in range(regions - 1)] + ["Global"]
    values = np.arange(regions, 0.0, -1.0)[:, None] * 10.0 ** np.arange(quantities)
    values[-1] = 0.0
    values[7] *= -1.0
    data = xr.Dataset(
        {n: (("region", "quantity"), v) for n, v in (("prior", values), ("posterior", values))},
        coords={"region": names, "quantity": [f"q{n}" for n in range(quantities)]},
        attrs={"units": "gC m-2 yr-1"},
    )
    figure = plots.targets(data)
    assert figure.get_figheight() <= 18.0
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert labels == ([*names[: len(labels) - 1], "Global"] if few else names)
    assert len(labels) > 10
    sentence = figure.get_suptitle()
    assert sentence.startswith(f"{len(labels)} of 149 regions") if few else not sentence
    figure.savefig(tmp_path / "figure.png", dpi=40)


@pytest.mark.parametrize(("quantities", "own_regions"), [(40, False), (15, True)])
def test_targets_of_many_quantities_have_no_empty_panel(quantities, own_regions):
    """Quantities of all regions, and each with a region of its own."""
    regions = quantities if own_regions else 9
    values = np.ones((regions, quantities))
    if own_regions:
        values[~np.eye(quantities, dtype=bool)] = np.nan
    data = xr.Dataset(
        dict.fromkeys(("prior", "posterior"), (("region", "quantity"), values)),
        coords={"region": [f"r{n}" for n in range(regions)],
                "quantity": [f"q{n}" for n in range(quantities)]},
        attrs={"units": "gC m-2 yr-1"},
    )  # fmt: skip
    figure = plots.targets(data)
    panels = [axes for axes in figure.axes if axes.axison]
    assert figure.get_figheight() <= 18.0 and all(axes.collections for axes in panels)
    assert f"{len(panels)} of {quantities} quantities" in figure.get_suptitle()


def test_parameters_of_many_processes_are_the_best_constrained_ones():
    count = 300
    reduction = np.linspace(0.0, 0.9, count)
    result = xr.Dataset(
        {
            "control_prior": ("control", np.zeros(count)),
            "control_posterior": ("control", np.ones(count)),
            "uncertainty_reduction": ("control", reduction),
            "parameter_name": ("control", [f"word {n}" for n in range(count)]),
            "parameter_process": ("control", [f"process {n // 2}" for n in range(count)]),
        },
        coords={"control": [f"bethy.p{n}" for n in range(count)]},
    )
    figure = plots.processes(result)
    labels = [label.get_text() for label in figure.axes[0].get_yticklabels()]
    assert figure.get_figheight() <= 18.0 and "word 299" in labels and "word 0" not in labels
    shown = sum(label.startswith("word") for label in labels)
    sentence = figure.get_suptitle()
    assert sentence.startswith(f"{shown} of 300 parameters of {len(labels) - shown} of 150")
