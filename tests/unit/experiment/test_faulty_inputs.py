"""Faulty input files against their sound twins: the same result, or a refusal with its place.

The experiment has two cells of DALEC over a year, with monthly fluxes and CO2, in `tiny/`. Its
values are synthetic. Each test writes one file with a fault, of a kind that users of such software
report, and computes the prior with it.
"""

import itertools
import shutil
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from findings import codes

from ccdas_framework import load_experiment
from ccdas_framework.core.errors import CcdasError, CcdasWarning

TINY = Path(__file__).with_name("tiny")
SETTINGS = """
[inputs]
folder = "tiny"
[model]
name = "dalec"
[time]
spin_up_years = 1
"""
MONTHS = np.datetime64("2010-01", "M") + np.arange(13)
FIRST = MONTHS.astype("datetime64[D]").astype(int)  # first day of each month, days since 1970
DAYS = {"units": "days since 1970-01-01", "calendar": "standard"}


FLUX = "flux.nc: "
CO2 = "co2.nc: "
FORCING = "forcing.nc: "


def sound(name):
    """A file of the experiment in memory, times as numbers."""
    with xr.open_dataset(TINY / f"{name}.nc", decode_times=False) as dataset:
        return dataset.load()


@pytest.fixture
def tiny(tmp_path):
    """Experiment file beside the folder of its input."""
    shutil.copytree(TINY, tmp_path / "tiny")
    path = tmp_path / "tiny.toml"
    path.write_text(SETTINGS, encoding="utf-8")
    return path


@pytest.fixture
def prior_of(tiny):
    """Computes the prior with one of the files changed: (values by name, findings of warnings)."""

    def prior(name, dataset, stream=None, **settings):
        path = tiny.with_name("tiny") / f"{name}.nc"
        path.unlink()
        dataset.to_netcdf(path)
        stream = stream or name
        keys = {key.replace("__", "."): value for key, value in settings.items()}
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            experiment = load_experiment(
                tiny, observations=[stream], engine="autograd", settings=keys
            )
            problem = experiment.build()
        x, data = np.zeros(len(problem.control)), problem.streams[stream]
        values = {
            "cost": problem.cost(x),
            "simulated": problem.simulate(x)[stream],
            "observed": data.values,
            "sd": data.sd,
            "area": np.sum(experiment.forcing.domain.grid.area),
        }
        ours = [w.message for w in caught if isinstance(w.message, CcdasWarning)]
        return values, {(warning.code, warning.where) for warning in ours}

    return prior


def assert_equal(values, expected):
    """Every value is that of the sound twin within 1e-12."""
    assert values.keys() == expected.keys()
    for name, value in values.items():
        np.testing.assert_allclose(value, expected[name], rtol=1e-12, atol=0, err_msg=name)


# --- coordinates


LATITUDES = np.array([10.0, 20.0, 30.0])
WEATHER = ("tasmin", "tasmax", "pr", "rsds")
STATIC = ("elevation", "theta_sat", "theta_fc", "theta_wp", "campbell_b", "saturated_conductivity")


def grid_forcing(
    longitudes, order=slice(None), *, units=("degrees_north", "degrees_east"), scale=1
):
    """Weather of the first cell on a grid of 3 latitudes, warmer to the east.

    Args:
        longitudes: of the cells from west to east, in any turn.
        order: of the longitudes in the file.
        units: of latitude and longitude.
        scale: of these units for one degree.
    """
    cells, shape = sound("forcing"), (len(LATITUDES), len(longitudes))
    data = {}
    for name in WEATHER:
        values = np.broadcast_to(cells[name].values[:, :1, None], (365, *shape)).copy()
        if name in ("tasmin", "tasmax"):
            values += np.arange(shape[1])
        data[name] = (("time", "latitude", "longitude"), values[..., order], cells[name].attrs)
    for name in STATIC:
        values = np.full(shape, cells[name].values[0])
        data[name] = (("latitude", "longitude"), values, cells[name].attrs)
    fraction = np.broadcast_to(np.array([0.4, 0.3, 0.1])[:, None, None], (3, *shape))
    data["class_fraction"] = (("class", "latitude", "longitude"), fraction, {"units": "1"})
    places = zip((LATITUDES, np.asarray(longitudes)[order]), units, strict=True)
    axes = {
        name: (name, values * scale, {"units": unit})
        for name, (values, unit) in zip(("latitude", "longitude"), places, strict=True)
    }
    return xr.Dataset(data, coords={**axes, "time": cells["time"], "class": [1, 5, 9]})


@pytest.fixture
def grid_prior(prior_of, tmp_path):
    """The prior of a grid, with a tower inside it and one 60 degrees farther east."""

    def prior(forcing, inside):
        towers = sound("flux")
        first = np.arange(24) < 12
        towers["latitude"] = ("obs", np.full(24, 20.0), {"units": "degrees_north"})
        east = np.where(first, inside, inside + 60.0)
        towers["longitude"] = ("obs", east, {"units": "degrees_east"})
        towers["label"] = ("obs", np.where(first, "inside", "far east").astype(object))
        towers.to_netcdf(tmp_path / "towers.nc")
        settings = {"streams__flux__observations": str(tmp_path / "towers.nc")}
        return prior_of("forcing", forcing, "flux", **settings)

    return prior


GREENWICH, DATE_LINE = (-20.0, -10.0, 0.0, 10.0), (160.0, 170.0, 180.0, 190.0)


@pytest.mark.parametrize(
    ("region", "written", "order"),
    [
        (GREENWICH, (340.0, 350.0, 0.0, 10.0), slice(None)),
        (GREENWICH, (340.0, 350.0, 0.0, 10.0), [2, 3, 0, 1]),
        (DATE_LINE, (160.0, 170.0, 180.0, -170.0), slice(None)),
        (DATE_LINE, (160.0, 170.0, -180.0, -170.0), [2, 3, 0, 1]),
        (DATE_LINE, (-200.0, -190.0, -180.0, -170.0), slice(None, None, -1)),
    ],
)
def test_a_region_is_the_same_however_its_longitudes_are_written(
    grid_prior, region, written, order
):
    inside = written[2]
    values, findings = grid_prior(grid_forcing(written, order), inside)
    expected, none = grid_prior(grid_forcing(region), inside)
    assert_equal(values, expected)
    assert findings == none == set()
    assert len(values["observed"]) == 12  # the other tower is outside the grid
    box = 6371.0e3**2 * np.radians(10.0) * np.diff(np.sin(np.radians([5.0, 35.0])))[0]
    assert values["area"] == pytest.approx(4 * box, rel=2e-3)  # the radius has four digits


def test_a_grid_in_radians_is_the_same(grid_prior):
    in_radians = grid_forcing(GREENWICH, units=("radians", "radians"), scale=float(np.radians(1.0)))
    values, _ = grid_prior(in_radians, 0.0)
    expected, _ = grid_prior(grid_forcing(GREENWICH), 0.0)
    assert_equal(values, expected)


def test_degrees_west_and_south_are_the_same(prior_of):
    turned = sound("flux")
    for name, units in (("latitude", "degrees_south"), ("longitude", "degrees_west")):
        turned[name] = ("obs", -turned[name].values, {"units": units})
    assert_equal(prior_of("flux", turned)[0], prior_of("flux", sound("flux"))[0])


@pytest.mark.parametrize("longitudes", [(0.0, 10.0, 30.0, 40.0), (0.0, 10.0, 10.0, 20.0)])
def test_a_missing_or_doubled_column_is_refused(grid_prior, longitudes):
    with pytest.raises(CcdasError) as refused:
        grid_prior(grid_forcing(longitudes), 0.0)
    ((code, where),) = codes(refused)
    assert code in ("uneven-grid", "overlapping-cells")
    assert where == f"{FORCING}longitude"


# --- values and quality


SENTINELS = (-9999.0, -999.99, -999.0, -99.99, 1e20, 9.969209968386869e36)


@pytest.mark.parametrize(
    ("name", "bad"),
    [*itertools.product(["flux", "co2"], SENTINELS), ("co2", -9.99), ("co2", 0.0), ("flux", 500.0)],
)
def test_values_outside_the_range_are_dropped(prior_of, name, bad):
    faulty = sound(name)
    positions = [3, 17]
    faulty["observed"][positions] = bad
    values, _ = prior_of(name, faulty)
    without = sound(name).drop_isel(obs=positions)
    assert_equal(values, prior_of(name, without)[0])


@pytest.mark.parametrize("name", ["flux", "co2"])
def test_a_file_of_bad_values_is_refused(prior_of, name):
    faulty = sound(name)
    faulty["observed"][: faulty.sizes["obs"] // 2 + 1] = -9999.0
    with pytest.raises(CcdasError) as refused:
        prior_of(name, faulty)
    assert {where for _, where in codes(refused)} == {f"{name}.nc: observed"}


def test_gap_filled_fluxes_are_told_from_measured_ones(prior_of):
    flags = np.tile([0, 2], 12)  # FLUXNET: 0 is measured, 1 to 3 are filled
    attributes = {
        "flag_values": np.array([0, 1, 2, 3]),
        "flag_meanings": "measured good_filled medium_filled poor_filled",
    }
    faulty = sound("flux").assign(quality=("obs", flags, attributes))
    values, _ = prior_of("flux", faulty)
    assert_equal(values, prior_of("flux", sound("flux").isel(obs=flags == 0))[0])


def test_flags_without_meanings_are_no_share(prior_of):
    faulty = sound("flux").assign(quality=("obs", np.tile([0, 2], 12)))
    with pytest.raises(CcdasError) as refused:
        prior_of("flux", faulty)
    assert {where for _, where in codes(refused)} == {f"{FLUX}quality"}


# --- time


def in_days(dataset, **times):
    """The dataset with other variables of time, in days since 1970, for two cells and a year."""
    dataset = dataset.drop_vars(["time_start", "time_end"])
    cells = dataset.sizes["obs"] // 12
    for name, days in times.items():
        values = np.tile(days, (cells, *[1] * (np.ndim(days) - 1)))
        dataset[name] = (("obs", "bnds")[: values.ndim], values, DAYS)
    if "time_bnds" in times:
        dataset["time"].attrs["bounds"] = "time_bnds"
    return dataset


BOUNDS = np.stack([FIRST[:-1], FIRST[1:]], axis=1).astype(float)


@pytest.mark.parametrize("name", ["flux", "co2"])
@pytest.mark.parametrize("stamp", ["start", "middle", "end"])
def test_bounds_of_time_are_the_period(prior_of, name, stamp):
    stamps = {"start": BOUNDS[:, 0], "middle": BOUNDS.mean(axis=1), "end": BOUNDS[:, 1]}
    faulty = in_days(sound(name), time=stamps[stamp], time_bnds=BOUNDS)
    values, _ = prior_of(name, faulty)
    assert_equal(values, prior_of(name, sound(name))[0])


@pytest.mark.parametrize("name", ["flux", "co2"])
def test_exclusive_ends_are_recognised_with_a_warning(prior_of, name):
    faulty = in_days(sound(name), time_start=FIRST[:-1], time_end=FIRST[1:])
    values, findings = prior_of(name, faulty)
    assert_equal(values, prior_of(name, sound(name))[0])
    assert ("exclusive-ends", f"{name}.nc: time_end") in findings


def test_days_a_rounding_error_before_midnight_are_these_days(prior_of):
    days = FIRST[:-1] + 14.0
    values, _ = prior_of("flux", in_days(sound("flux"), time=days - 1e-9))
    assert_equal(values, prior_of("flux", in_days(sound("flux"), time=days))[0])


def test_weekly_values_of_a_monthly_operator_are_refused_or_averaged(prior_of):
    weekly = xr.concat(
        [in_days(sound("co2"), time=FIRST[:-1] + day) for day in (3.0, 10.0, 17.0, 24.0)], "obs"
    )
    with pytest.raises(CcdasError) as refused:
        prior_of("co2", weekly)
    ((code, _),) = codes(refused)
    assert code == "several-in-interval"
    values, _ = prior_of("co2", weekly, streams__co2__average=True)
    expected, _ = prior_of("co2", sound("co2"))
    np.testing.assert_allclose(np.sort(values["observed"]), np.sort(expected["observed"]))


# --- errors, labels and units


def test_blanks_around_labels_do_not_count(prior_of):
    labels = np.array([f"{label:<10}" for label in sound("co2")["label"].values], "S")
    values, _ = prior_of("co2", sound("co2").assign(label=("obs", labels)))
    assert_equal(values, prior_of("co2", sound("co2"))[0])


def test_labels_that_are_not_utf_8_are_refused(prior_of):
    faulty = sound("co2").assign(label=("obs", np.array([b"Z\xfcrich"] * 120)))
    with pytest.raises(CcdasError) as refused:
        prior_of("co2", faulty)
    assert codes(refused) == [("wrong-encoding", f"{CO2}label")]


def test_ragged_arrays_are_refused(prior_of):
    faulty = sound("co2")
    faulty["altitude"] = ("station", faulty["altitude"].values[::12], {"units": "m"})
    with pytest.raises(CcdasError) as refused:
        prior_of("co2", faulty)
    assert codes(refused) == [("wrong-dimensions", f"{CO2}altitude")]


@pytest.mark.parametrize("units", ["mg m-3", "kg kg-1"])
def test_masses_of_co2_are_refused(prior_of, units):
    faulty = sound("co2")
    for name in ("observed", "observed_sd"):
        faulty[name].attrs["units"] = units
    with pytest.raises(CcdasError) as refused:
        prior_of("co2", faulty)
    assert ("wrong-units", f"{CO2}observed") in codes(refused)


@pytest.mark.parametrize(("units", "factor"), [("PPM", 1.0), ("ppb", 1e3), ("umol mol-1", 1.0)])
def test_other_units_of_co2_are_the_same(prior_of, units, factor):
    other = sound("co2")
    for name in ("observed", "observed_sd"):
        other[name] = ("obs", other[name].values * factor, {"units": units})
    assert_equal(prior_of("co2", other)[0], prior_of("co2", sound("co2"))[0])


def test_stations_without_altitude_are_named_in_a_warning(prior_of):
    _, findings = prior_of("co2", sound("co2").drop_vars("altitude"))
    assert findings == {("missing-altitude", "altitude")}


# --- threads


def test_experiments_run_in_threads(tiny, tmp_path, monkeypatch):
    monkeypatch.setattr("ccdas_framework.report.write_report", lambda folder: None)  # slow figures
    control = load_experiment(tiny, observations=["flux"], engine="autograd").control
    names = {f"{e.owner}.{e.parameter.name}" for e in control.elements} - {"dalec.f_auto"}
    settings = {f'parameters."{name}".active': False for name in names}
    settings |= {"optimiser.iterations": 1, "time.days": 31, "time.spin_up_years": 0}

    def cost(number):
        experiment = load_experiment(
            tiny, observations=["flux"], engine="autograd", settings=settings
        )
        return experiment.run(out=tmp_path / f"run{number}").optimisation.cost

    with ThreadPoolExecutor(3) as threads:
        costs = list(threads.map(cost, range(3)))
    assert costs == [cost(3)] * 3
    assert {len(list((tmp_path / f"run{n}").glob("*.nc"))) for n in range(4)} == {5}
