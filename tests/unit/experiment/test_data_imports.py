"""`ccdas data import`, `kinds` and `plot` with a reader of a stranger."""

from types import SimpleNamespace

import numpy as np
import pytest
import xarray as xr
from attrs import field, frozen

from ccdas_framework import ImportedData, ProductReader, ScreenedSeries, builtin_plugins, installed
from ccdas_framework.core.errors import CcdasWarning
from ccdas_framework.registry.loading import load_registry


@frozen
class Gauge(ProductReader):
    """Rain of a gauge, one number a line."""

    least: float = field(default=0.0)

    title = "Rain gauges"
    gives = {"rain": "rain, mm d-1"}  # noqa: RUF012
    aliases = ("gauges",)

    @classmethod
    def recognise(cls, path):
        return "rain gauge" if path.read_bytes().startswith(b"rain") else ""

    def read(self, paths, stream):
        values = [float(line) for path in paths for line in path.read_text().split()[1:]]
        kept = np.array([v for v in values if v >= self.least])
        days = np.datetime64("2020-01-01", "ns") + np.arange(len(kept)) * np.timedelta64(1, "D")
        dropped = {"below the least": len(values) - len(kept)}
        dataset = xr.Dataset({
            "observed": ("obs", kept, {"units": "mm d-1"}),
            "observed_sd": ("obs", np.full(len(kept), np.nan), {"units": "mm d-1"}),
            "time_start": ("obs", days), "time_end": ("obs", days),
            "latitude": ("obs", np.zeros(len(kept)), {"units": "degrees_north"}),
            "longitude": ("obs", np.zeros(len(kept)), {"units": "degrees_east"}),
            "label": ("obs", np.array(["here"] * len(kept), dtype=object)),
        })  # fmt: skip
        return ImportedData(dataset, "Gauge", "2", (ScreenedSeries("rain", len(kept), dropped),),
                            ("days are local",))  # fmt: skip


@frozen
class Snow(Gauge):
    """Another kind."""

    title = "Snow stakes"
    aliases = ()

    @classmethod
    def recognise(cls, path):
        return "snow stake" if path.read_bytes().startswith(b"snow") else ""


@pytest.fixture
def readers(entry_point_of, monkeypatch):
    registry = load_registry([builtin_plugins], entry_point_of({"gauge": Gauge, "snow": Snow}))
    monkeypatch.setattr(installed, "_REGISTRY", [registry])


@pytest.fixture
def entry_point_of():
    def entries(classes):
        module = SimpleNamespace(readers=lambda: classes)
        return [SimpleNamespace(name="gauges", dist=None, load=lambda: module)]

    return entries


@pytest.fixture
def rain(tmp_path):
    path = tmp_path / "rain.txt"
    path.write_text("rain\n1.5\n0.5\n2.0\n")
    return path


def test_a_file_is_written_with_origin_and_counts(readers, ccdas, rain, tmp_path):
    out = tmp_path / "rain.nc"
    code, said, error = ccdas("data", "import", "gauge", rain, "--out", out, "--set", "least=1")
    assert code == 0, error
    assert "below the least" in said and "days are local" in said and str(out) in said
    with xr.open_dataset(out) as file:
        assert list(file.observed.values) == [1.5, 2.0]
        assert file.attrs["source_files"] == "rain.txt" and len(file.attrs["source_sha256"]) == 64
        assert file.attrs["reader_settings"] == "least = 1" and file.attrs["stream"] == "rain"
        assert file.attrs["product_version"] == "2" and file.attrs["data_kind"] == "measured"
        assert file.attrs["screening"] == "rain: 2 kept, 1 dropped: below the least"


def test_an_alias_names_the_kind_and_a_folder_its_files(readers, ccdas, rain, tmp_path):
    (tmp_path / "note.txt").write_text("none")
    out = tmp_path.parent / "alias.nc"
    code, _, error = ccdas("data", "import", "gauges", tmp_path, "--out", out)
    assert code == 0, error


@pytest.mark.parametrize(
    ("kind", "content", "expected"),
    [
        ("gauge", "snow\n3\n", ("other-kind", "file.txt")),
        ("gauge", "text", ("unrecognised-file", "file.txt")),
        ("gauge", "\x89HDF\r\n\x1a\n", ("unrecognised-file", "file.txt")),
        ("gauge", "", ("empty-file", "file.txt")),
        ("gauge", None, ("missing-file", "file.txt")),
        ("guage", "rain\n1\n", ("unknown-component", "reader 'guage'")),
    ],
)
def test_a_file_that_is_not_of_the_kind_is_refused(
    readers, ccdas, tmp_path, kind, content, expected
):
    path, out = tmp_path / "file.txt", tmp_path / "out.nc"
    if content is not None:
        path.write_bytes(content.encode("latin-1"))
    code, _, error = ccdas("data", "import", kind, path, "--out", out)
    assert code == 2 and ccdas.findings == [expected] and not out.exists()
    if expected[0] == "other-kind":
        assert "snow" in error


def test_an_unknown_setting_and_stream_are_refused(readers, ccdas, rain, tmp_path):
    call = ("data", "import", "gauge", rain, "--out", tmp_path / "x.nc")
    code, _, _ = ccdas(*call, "--set", "lest=1")
    assert code == 2 and ccdas.findings == [("unknown-key", "lest")]
    code, _, _ = ccdas(*call, "--stream", "snow")
    assert code == 2 and ccdas.findings == [("unknown-stream", "--stream")]


def test_kinds_say_that_a_reader_saw_no_real_file(readers, ccdas):
    code, said, _ = ccdas("data", "kinds")
    assert code == 0 and "gauge: Rain gauges" in said and "not tried on a real file" in said


def test_a_kind_of_two_packages_belongs_to_neither(ccdas, rain, tmp_path, monkeypatch):
    def entry(name):
        module = SimpleNamespace(readers=lambda: {"gauge": Gauge})
        return SimpleNamespace(name=name, dist=None, load=lambda: module)

    with pytest.warns(CcdasWarning):
        registry = load_registry([builtin_plugins], [entry("one"), entry("two")])
    monkeypatch.setattr(installed, "_REGISTRY", [registry])
    code, _, _ = ccdas("data", "import", "gauge", rain, "--out", tmp_path / "x.nc")
    assert code == 2 and ccdas.findings == [("contested-name", "reader 'gauge'")]


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_a_plot_of_an_imported_file_is_drawn(readers, ccdas, rain, tmp_path, suffix):
    pytest.importorskip("matplotlib")
    out, figure = tmp_path / "rain.nc", tmp_path / f"figure{suffix}"
    ccdas("data", "import", "gauge", rain, "--out", out)
    code, said, error = ccdas("data", "plot", out, "--out", figure)
    assert code == 0, error
    assert str(figure) in said and figure.stat().st_size > 1000


def test_several_files_are_drawn_in_rows(readers, ccdas, rain, tmp_path):
    pytest.importorskip("matplotlib")
    out, figure = tmp_path / "rain.nc", tmp_path / "rows.svg"
    ccdas("data", "import", "gauge", rain, "--out", out)
    with xr.open_dataset(out) as file:
        file.assign_attrs(title="the other gauge").to_netcdf(tmp_path / "other.nc")
    code, _, error = ccdas("data", "plot", out, tmp_path / "other.nc", "--out", figure)
    assert code == 0, error
    drawn = figure.read_text()
    assert drawn.count("mean of months and places") == 2 and "the other gauge" in drawn
    code, _, _ = ccdas("data", "plot", out, tmp_path / "none.nc", "--out", figure)
    assert code == 2 and len(ccdas.findings) == 1


def test_rows_of_one_quantity_share_their_limits_and_colours(
    readers, ccdas, rain, tmp_path, monkeypatch
):
    pytest.importorskip("matplotlib")
    from ccdas_framework.report import observation_figure

    files = [tmp_path / f"{name}.nc" for name in ("rain", "snow", "more")]
    ccdas("data", "import", "gauge", rain, "--out", files[0])
    with xr.open_dataset(files[0]) as file:
        larger = file["observed"] * 40.0
        file.assign_attrs(stream="snow").to_netcdf(files[1])
        file.assign(observed=larger.assign_attrs(file["observed"].attrs)).to_netcdf(files[2])
    kept = []
    monkeypatch.setattr(observation_figure, "save", lambda drawn, out: kept.append(drawn))
    observation_figure.draw_observations(files, tmp_path / "rows.png")
    rows = [axes for axes in kept[0].axes if axes.get_title()]
    first, other, more = (axes.get_ylim() for axes in rows)
    assert first == more and first[1] >= float(larger.max()) > other[1]
    assert len({axes.get_xlim() for axes in rows}) == 1
    maps = [axes for axes in kept[0].axes if axes.get_xlabel().startswith("longitude")]
    first, other, more = (axes.collections[0].get_clim() for axes in maps)
    assert first == more != other


def test_rows_of_two_quantities_have_their_own_limits_and_many_are_cut(
    readers, ccdas, rain, tmp_path, monkeypatch
):
    pytest.importorskip("matplotlib")
    from ccdas_framework.report import observation_figure

    files = [tmp_path / f"{n}.nc" for n in range(9)]
    ccdas("data", "import", "gauge", rain, "--out", files[0])
    with xr.open_dataset(files[0]) as file:
        count = file.sizes["obs"]
        large = np.arange(count) >= count - 1
        both = file.assign(quantity=("obs", np.where(large, "large", "small")))
        values = file["observed"].copy(data=np.where(large, 1e4, 1.0) + np.arange(count) % 2)
        both.assign(observed=values).to_netcdf(files[1])
        for path in files[2:]:
            file.to_netcdf(path)
    kept = []
    monkeypatch.setattr(observation_figure, "save", lambda drawn, out: kept.append(drawn))
    observation_figure.draw_observations(files[:2], tmp_path / "rows.png")
    other, big, small = (axes.get_ylim() for axes in kept[0].axes if axes.get_title())
    assert big[0] > 100.0 > small[1] and other not in (big, small)
    observation_figure.draw_observations(files, tmp_path / "rows.png")
    assert kept[1].get_figheight() <= 18.0 and "6 of 10 rows" in kept[1].get_suptitle()


def test_a_plot_of_another_file_is_refused(ccdas, tmp_path):
    xr.Dataset({"x": ("time", [1.0])}).to_netcdf(tmp_path / "x.nc")
    code, _, _ = ccdas("data", "plot", tmp_path / "x.nc")
    assert code == 2 and ("missing-variable", "x.nc: observed") in ccdas.findings


def test_times_of_day_are_written_to_the_second(tmp_path):
    from ccdas_framework import write_netcdf

    moments = np.array(["2020-01-01T00:30", "2020-01-02"], dtype="datetime64[ns]")
    write_netcdf(tmp_path / "x.nc", {"time_start": ("obs", moments)}, {}, {})
    with xr.open_dataset(tmp_path / "x.nc") as file:
        np.testing.assert_array_equal(file.time_start.values, moments)
