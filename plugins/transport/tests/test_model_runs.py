"""Column-wise Jacobians of GEOS-Chem and TM5: made-up runs of a known transport."""

import numpy as np
import pytest
import xarray as xr
from attrs import evolve
from ccdas_transport.analytic import PGC_PER_PPM, local_response
from ccdas_transport.converters import ConverterInputs, converted_jacobian
from ccdas_transport.converters.model_output import monthly_at_stations
from ccdas_transport.jacobian import TransportJacobian
from ccdas_transport.jacobian_grid import JacobianGrid
from ccdas_transport.stations import Stations
from ccdas_transport.twelve_boxes import twelve_box_jacobian

WELL_MIXED = 1.0 / (PGC_PER_PPM * 1e12)  # ppm per kgC
STATIONS = Stations(
    ["ALT", "MLO", "SPO"], [82.5, 19.5, -89.98], [-62.3, -155.6, -24.8], [210.0, 3397.0, 2810.0]
)
MODEL = JacobianGrid(60.0, 120.0, half_polar_boxes=True, centred_on_date_line=True)
KGC = 1e11
RUN = 14  # months
# Edges of layers (hPa) at 1013.25 hPa: MLO, at 668 hPa, is in the second
HYAI, HYBI = [0.0, 20.0, 50.0, 1.0], [1.0, 0.8, 0.4, 0.0]
LAYERS = np.array([1.0, 1.5, 3.0])  # what a layer sees, times what the ground sees


def truth(memory=RUN):
    place = STATIONS.latitude, STATIONS.longitude
    boxes = twelve_box_jacobian(
        STATIONS.id, place[0], STATIONS.altitude, evolve(MODEL, memory_months=memory)
    )
    near = local_response(*place, MODEL.boxes, np.arange(memory)) / 1e12
    return TransportJacobian(
        STATIONS.id, MODEL.boxes, boxes.response + near[:, None], boxes.well_mixed
    )


def box_of(latitude, longitude):
    row = int(np.searchsorted(MODEL.boxes.latitude_edges, latitude)) - 1
    east = MODEL.boxes.longitude_edges
    return row, int(np.searchsorted(east, (longitude - east[0]) % 360.0 + east[0])) - 1


def field(response, first):
    """Mole fraction (time, layer, latitude, longitude) that has the stations' values in their box.

    Args:
        response: of a pulse (ppm), shape (month, station).
        first: months before the pulse, without it.
    """
    out = np.full((first + len(response), 3, *MODEL.boxes.area.shape), 123.0)
    for station, place in enumerate(zip(STATIONS.latitude, STATIONS.longitude, strict=True)):
        row, column = box_of(*place)
        out[:first, :, row, column] = 0.0
        out[first:, :, row, column] = response[:, station, None] * LAYERS
    return out


def write_run(path, values, kind="geoschem", names=None, level=0.0):
    """Monthly output from January 2013 in the form of GEOS-Chem or TM5 (from the top, in Pa)."""
    time = np.arange(np.datetime64("2013-01"), np.datetime64("2013-01") + len(values[0]))
    coords = {"time": time.astype("datetime64[ns]")}
    if kind == "geoschem":
        dims, factor = ("time", "lev", "lat", "lon"), {"units": "mol mol-1 dry"}
        coords |= {"lat": MODEL.boxes.latitude, "lon": MODEL.boxes.longitude}
        extra = {"hyai": ("ilev", HYAI, {"units": "hPa"}), "hybi": ("ilev", HYBI)}
        fields = [1e-6 * (v + level) for v in values]
        names = names or ["SpeciesConcVV_CO2"]
    else:
        dims, factor = ("time", "level", "latitude", "longitude"), {"units": "micromol mol-1"}
        coords |= {"latitude": MODEL.boxes.latitude, "longitude": MODEL.boxes.longitude}
        pressure = 100.0 * (np.array(HYAI) + 1013.25 * np.array(HYBI))[::-1]
        extra = {"at": ("boundary", pressure, {"units": "Pa"}), "bt": ("boundary", np.zeros(4))}
        fields = [(v + level)[:, ::-1] for v in values]
        names = names or ["co2"]
    data = {n: (dims, f, factor) for n, f in zip(names, fields, strict=True)}
    xr.Dataset(data | extra, coords=coords).to_netcdf(path)


def table(path, rows, columns=("file", "month", "latitude", "longitude", "kgc", "variable")):
    lines = [",".join(columns), *(",".join(str(row.get(c, "")) for c in columns) for row in rows)]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module")
def boxes(tmp_path_factory):
    """Every box and month of the model in one file of tagged tracers, and what they show."""
    folder = tmp_path_factory.mktemp("boxes")
    jacobian, rows, fields, names = truth(), [], [], []
    for month in range(12):
        lags = np.arange(RUN)
        for row in range(len(MODEL.boxes.latitude)):
            for column in range(len(MODEL.boxes.longitude)):
                of_year = (month + lags) % 12
                response = KGC * jacobian.response[:, of_year, lags, row, column].T
                all_boxes = np.zeros((12 + RUN, 3))
                all_boxes[month:] = KGC * WELL_MIXED
                all_boxes[month : month + RUN] = response
                name = f"SpeciesConcVV_CO2_{month}_{row}_{column}"
                fields.append(field(all_boxes, 0))
                names.append(name)
                place = {
                    "latitude": MODEL.boxes.latitude[row],
                    "longitude": MODEL.boxes.longitude[column],
                }
                rows.append(
                    {"file": "tagged.nc4", "month": f"2013-{month + 1:02d}", "kgc": KGC,
                     "variable": name, **place}
                )  # fmt: skip
    write_run(folder / "tagged.nc4", fields, names=names)
    table(folder / "runs.csv", rows)
    return folder, jacobian


LAYER_OF_STATION = np.array([1.0, 1.5, 1.0])  # SPO stands on ice: the ground of its air


def test_columns_of_every_box_give_the_jacobian_of_the_model(boxes):
    """On the model's own grid; MLO is in the second layer, SPO on the ice."""
    folder, jacobian = boxes
    result = converted_jacobian("geoschem", folder, STATIONS, evolve(MODEL, memory_months=RUN))
    assert result.response.shape == (3, 12, RUN, *MODEL.boxes.area.shape)
    expected = jacobian.response * LAYER_OF_STATION[:, None, None, None, None]
    np.testing.assert_allclose(result.response, expected, rtol=1e-9, atol=1e-22)


def test_columns_move_to_another_grid_by_area_and_keep_an_even_flux(boxes):
    folder, jacobian = boxes
    grid = JacobianGrid(15.0, 30.0)
    result = converted_jacobian("geoschem", folder, STATIONS, evolve(grid, memory_months=3))
    even = [
        np.einsum("smlij,ij->sml", j.response[:, :, :3], j.grid.area) for j in (result, jacobian)
    ]
    np.testing.assert_allclose(even[0], even[1] * LAYER_OF_STATION[:, None, None], rtol=1e-9)
    inside = result.response[:, :, :, 6, 5]  # 0 to 15 N, 30 to 0 W: wholly in one of the model's
    one = jacobian.response[:, :, :3][..., 1 + 1, :][..., box_of(7.5, -15.0)[1]]
    assert box_of(7.5, -15.0)[0] == 2
    np.testing.assert_allclose(inside, one * LAYER_OF_STATION[:, None, None], rtol=1e-9)


# -- runs of regions with a reference -------------------------------------------------------------


def region_runs(folder, kind, level=390.0, months=range(12), kgc=KGC):
    """Two regions, north and south; 24 runs and a reference."""
    xr.Dataset(
        {"region": (("lat", "lon"), np.repeat([[2], [2], [1], [1]], 3, axis=1))},
        coords={"lat": [-67.5, -22.5, 22.5, 67.5], "lon": [-120.0, 0.0, 120.0]},
    ).to_netcdf(folder / "regions.nc")
    jacobian, responses, rows = truth(), [], []
    area = MODEL.boxes.area / MODEL.boxes.area.sum()
    north = area * (np.array([0.0, 0.0, 1.0, 1.0])[:, None])
    for name, share in (("1", 2 * north), ("2", 2 * (area - north))):
        of_region = np.einsum("ij,smlij->sml", share, jacobian.response)
        responses.append(of_region)
        for month in months:
            lags = np.arange(13)
            response = KGC * of_region[:, (month + lags) % 12, lags].T
            write_run(
                folder / f"run_{name}_{month}.nc", [field(response, month)], kind, level=level
            )
            rows.append(
                {"file": f"run_{name}_{month}.nc", "month": f"2013-{month + 1:02d}", "kgc": kgc,
                 "region": name}
            )  # fmt: skip
    write_run(
        folder / "reference.nc", [np.zeros((26, 3, *MODEL.boxes.area.shape))], kind, level=level
    )
    rows.append({"file": "reference.nc", "month": "reference"})
    table(folder / "runs.csv", rows, ("file", "month", "region", "kgc"))
    return responses


@pytest.mark.parametrize("kind", ["geoschem", "tm5"])
def test_runs_of_regions_give_back_their_responses(tmp_path, kind):
    """390 ppm are taken off by the reference run: 1e-13 of it remain, 1e-8 of a response."""
    responses = region_runs(tmp_path, kind)
    grid = JacobianGrid(90.0, 120.0)
    inputs = ConverterInputs(patterns=tmp_path / "regions.nc")
    result = converted_jacobian(
        kind, tmp_path, STATIONS, evolve(grid, memory_months=13), inputs=inputs
    )
    for row, of_region in ((1, responses[0]), (0, responses[1])):
        expected = of_region[:, :, :13] * LAYER_OF_STATION[:, None, None]
        for column in range(3):
            np.testing.assert_allclose(result.response[..., row, column], expected, rtol=1e-6)


# -- runs sampled at stations ---------------------------------------------------------------------


def write_obspack(path, ppm, first, places=STATIONS):
    """The ObsPack diagnostic of GEOS-Chem: two samples a month of each station, around `ppm`."""
    rows = [
        (month, station, change)
        for month in range(len(ppm))
        for station in range(len(places))
        for change in (-0.25, 0.25)
    ]
    month, station, change = (np.array(column) for column in zip(*rows, strict=True))
    start = (np.datetime64(first, "M") + month).astype("datetime64[s]") + 86400 * (
        10 + 10 * (change > 0)
    )
    xr.Dataset(
        {
            "CO2": ("obs", 1e-6 * (ppm[month, station] * (1.0 + change)), {"units": "mol mol-1"}),
            "lat": ("obs", places.latitude[station]),
            "lon": ("obs", places.longitude[station]),
            "averaging_interval_start": ("obs", start.astype("datetime64[ns]")),
            "averaging_interval_end": ("obs", (start + 3600).astype("datetime64[ns]")),
        }
    ).to_netcdf(path)


def write_series(path, ppm, first, names=("spo", "mlo", "alt"), order=(2, 1, 0)):
    """Monthly time series with names of stations as letters, in another order."""
    time = (np.datetime64(first, "M") + np.arange(len(ppm))).astype("datetime64[ns]")
    xr.Dataset(
        {
            "co2": (("station", "time"), ppm[:, list(order)].T, {"units": "ppm"}),
            "station_id": ("station", np.array(names, dtype="S3")),
        },
        coords={"time": time},
    ).to_netcdf(path)


@pytest.mark.parametrize(("kind", "write"), [("geoschem", write_obspack), ("tm5", write_series)])
def test_runs_sampled_at_stations_give_the_same_as_fields(tmp_path, kind, write):
    """Tagged tracers that begin at zero: no reference; heights are those of the samples."""
    xr.Dataset(
        {"region": (("lat", "lon"), np.repeat([[2], [2], [1], [1]], 3, axis=1))},
        coords={"lat": [-67.5, -22.5, 22.5, 67.5], "lon": [-120.0, 0.0, 120.0]},
    ).to_netcdf(tmp_path / "regions.nc")
    random = np.random.default_rng(8).random((2, 12, 3, 3))
    rows = []
    for region in (0, 1):
        for month in range(12):
            write(
                tmp_path / f"{region}_{month}.nc",
                KGC * 1e-12 * random[region, month],
                f"2013-{month + 1:02d}",
            )
            rows.append({"file": f"{region}_{month}.nc", "month": f"2013-{month + 1:02d}",
                         "kgc": KGC, "region": region + 1})  # fmt: skip
    table(tmp_path / "runs.csv", rows, ("file", "month", "region", "kgc"))
    inputs = ConverterInputs(patterns=tmp_path / "regions.nc")
    result = converted_jacobian(
        kind, tmp_path, STATIONS, JacobianGrid(90.0, 120.0, memory_months=3), inputs=inputs
    )
    for row, region in ((1, 0), (0, 1)):
        for lag in range(3):
            source = np.roll(random[region, :, lag], lag, axis=0)  # by month of observation
            np.testing.assert_allclose(
                result.response[:, :, lag, row, 0], 1e-12 * source.T, rtol=1e-9
            )


def test_samples_need_regions_because_they_tell_no_grid(tmp_path, refusal):
    write_obspack(tmp_path / "a.nc", np.ones((2, 3)), "2013-01")
    row = {"file": "a.nc", "month": "2013-01", "latitude": 10, "longitude": 0, "kgc": 1e9}
    table(tmp_path / "runs.csv", [row])
    with refusal("unknown-grid", "runs.csv: latitude"):
        converted_jacobian("geoschem", tmp_path, STATIONS)


def test_a_station_that_is_not_sampled_is_named(tmp_path, refusal):
    region_map = {"region": (("lat", "lon"), np.ones((2, 2), int))}
    xr.Dataset(region_map, coords={"lat": [-45.0, 45.0], "lon": [-90.0, 90.0]}).to_netcdf(
        tmp_path / "regions.nc"
    )
    write_obspack(tmp_path / "a.nc", np.ones((12, 2)), "2013-01", STATIONS.take(["ALT", "SPO"]))
    rows = [
        {"file": "a.nc", "month": f"2013-{m + 1:02d}", "kgc": 1e12, "region": 1} for m in range(12)
    ]
    table(tmp_path / "runs.csv", rows[:1], ("file", "month", "region", "kgc"))
    with refusal("months-missing", "runs.csv: '1'"):
        converted_jacobian(
            "geoschem", tmp_path, STATIONS, inputs=ConverterInputs(patterns=tmp_path / "regions.nc")
        )
    write_series(tmp_path / "s.nc", np.ones((2, 3)), "2013-01")
    with refusal("unknown-station", "station 'KUM'"):
        kum = Stations(["KUM"], [19.5], [-154.9], [8.0])
        monthly_at_stations([tmp_path / "s.nc"], [("co2",)], kum)


# -- what is refused ------------------------------------------------------------------------------


def test_a_calendar_month_without_a_pulse_is_refused(tmp_path, refusal):
    region_runs(tmp_path, "tm5", months=range(1, 12))
    with refusal("months-missing", "runs.csv: '1'"):
        converted_jacobian(
            "tm5", tmp_path, STATIONS, inputs=ConverterInputs(patterns=tmp_path / "regions.nc")
        )


def test_a_run_without_its_reference_is_refused(tmp_path, refusal):
    """Stations see 390 ppm before the pulse of February."""
    region_runs(tmp_path, "tm5")
    rows = (tmp_path / "runs.csv").read_text().splitlines()
    (tmp_path / "runs.csv").write_text("\n".join(rows[:-1]) + "\n")
    with refusal("response-before-pulse", "runs.csv: '1'"):
        converted_jacobian(
            "tm5", tmp_path, STATIONS, inputs=ConverterInputs(patterns=tmp_path / "regions.nc")
        )


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"file": "absent.nc"}, ("missing-file", "runs.csv, line 2: file")),
        ({"kgc": "a lot"}, ("not-a-number", "runs.csv, line 2: kgc")),
        ({"kgc": "0"}, ("wrong-value", "runs.csv, line 2: kgc")),
        ({"month": "June"}, ("wrong-value", "runs.csv, line 2: month")),
        ({"latitude": "95"}, ("outside-grid", "runs.csv, line 2: latitude, longitude")),
        ({"variable": "CO3"}, ("missing-variable", "a.nc: CO3")),
    ],
)
def test_a_row_of_the_table_that_cannot_be_is_refused(tmp_path, row, expected, refusal):
    write_run(tmp_path / "a.nc", [field(np.ones((2, 3)), 0)], "tm5")
    good = {"file": "a.nc", "month": "2013-01", "latitude": 10, "longitude": 0, "kgc": 1e9}
    table(tmp_path / "runs.csv", [{**good, **row}])
    with refusal(*expected):
        converted_jacobian("tm5", tmp_path, STATIONS)


def test_a_table_without_its_columns_is_refused(tmp_path, refusal):
    (tmp_path / "runs.csv").write_text("file,month\na.nc,2013-01\n")
    with refusal("missing-column", "runs.csv: kgc"):
        converted_jacobian("geoschem", tmp_path, STATIONS)
    with refusal("missing-file", "absent.csv"):
        converted_jacobian("geoschem", tmp_path / "absent.csv", STATIONS)


def sampled(tmp_path, change, stations=STATIONS):
    write_run(tmp_path / "a.nc", [field(np.ones((2, 3)), 0)], "tm5")
    with xr.open_dataset(tmp_path / "a.nc") as data:
        change(data.load()).to_netcdf(tmp_path / "b.nc")
    row = {"file": "b.nc", "month": "2013-01", "latitude": 10, "longitude": 0, "kgc": 1e9}
    table(tmp_path / "runs.csv", [row])
    return converted_jacobian("tm5", tmp_path, stations)


def test_layers_that_are_turned_over_are_refused(tmp_path, refusal):
    def change(data):
        data["at"][1] = 2 * float(data["at"][2])
        return data

    with refusal("pressures-not-falling", "b.nc: pressure"):
        sampled(tmp_path, change)


def test_layers_without_pressures_are_refused(tmp_path, refusal):
    with refusal("missing-variable", "b.nc: pressure"):
        sampled(tmp_path, lambda data: data.drop_vars("at"))


def test_a_station_above_the_top_is_refused(tmp_path, refusal):
    high = Stations(["HIGH"], [0.0], [0.0], [8900.0])

    def change(data):
        data["at"][0] = 40000.0
        return data

    with refusal("outside-grid", "station 'HIGH'"):
        sampled(tmp_path, change, high)


def test_a_station_outside_a_nested_grid_is_refused(tmp_path, refusal):
    with refusal("outside-grid", "station 'SPO'"):
        sampled(tmp_path, lambda data: data.isel(latitude=slice(1, 4)))


def test_a_run_without_times_is_refused(tmp_path, refusal):
    with refusal("missing-time-axis", "b.nc: time"):
        sampled(tmp_path, lambda data: data.isel(time=0, drop=True))
