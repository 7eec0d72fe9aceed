"""Pulses of other transport models: what goes in comes out, and mass is kept."""

import numpy as np
import pytest
import xarray as xr
from attrs import evolve
from ccdas_transport.analytic import PGC_PER_PPM, local_response
from ccdas_transport.converters import ConverterInputs, converted_jacobian
from ccdas_transport.converters.region_patterns import read_patterns
from ccdas_transport.jacobian import DAYS_OF_MONTH, TransportJacobian
from ccdas_transport.jacobian_file import read_jacobian, write_jacobian
from ccdas_transport.jacobian_grid import JacobianGrid
from ccdas_transport.stations import Stations
from ccdas_transport.twelve_boxes import twelve_box_jacobian

from ccdas_framework.grids import grid_area

WELL_MIXED = 1.0 / (PGC_PER_PPM * 1e12)  # ppm per kgC
STATIONS = Stations(
    ["alt482n1", "mlo519n0", "spo789s0"], [82.5, 19.5, -89.98], [-62.3, -155.6, -24.8],
    [210.0, 3397.0, 2810.0],
)  # fmt: skip
GRID = JacobianGrid(30.0, 60.0)


def sources(memory_months):
    """The grid of the tests with some months of emissions."""
    return evolve(GRID, memory_months=memory_months)


def truth(grid, memory=36):
    """A transport with a season (the 12 boxes) that also knows longitudes (the local term)."""
    place = STATIONS.latitude, STATIONS.longitude
    boxes = twelve_box_jacobian(
        STATIONS.id, place[0], STATIONS.altitude, evolve(grid, memory_months=memory)
    )
    near = local_response(*place, grid.boxes, np.arange(memory)) / 1e12
    response = boxes.response + near[:, None]
    return TransportJacobian(STATIONS.id, grid.boxes, response, boxes.well_mixed)


def months(first, count):
    return np.datetime64(first, "M") + np.arange(count)


# -- TransCom -------------------------------------------------------------------------------------

FINE = JacobianGrid(10.0, 20.0)


def regions():
    """Patterns of four regions on a fine grid that share boxes of 30 by 60 degrees."""
    lat, lon = np.meshgrid(FINE.boxes.latitude, FINE.boxes.longitude, indexing="ij")
    land = np.stack([(lat > 20.0) & (lon < 30.0), (lat > 20.0) & (lon > 30.0),
                     (np.abs(lat) < 20.0), (lat < -20.0) & (lat > -60.0)])  # fmt: skip
    weight = 1.0 + 0.3 * np.cos(np.deg2rad(3.0 * lat + lon))
    return land * weight


def write_patterns(path, flux):
    xr.Dataset(
        {"pattern": (("region", "lat", "lon"), flux, {"units": "kgC m-2 s-1"})},
        coords={"lat": FINE.boxes.latitude, "lon": FINE.boxes.longitude},
    ).to_netcdf(path)
    return path


def transcom_table(flux, transport, run=36, rate=1.0, level=350.0):
    """tracer_data_month(month of the run, month of the pulse, region, station) of a transport."""
    mass = flux * grid_area(FINE.boxes.latitude_edges, FINE.boxes.longitude_edges)
    share = mass / mass.sum(axis=(1, 2), keepdims=True)
    responses = np.einsum("rij,smlij->smlr", share, transport.response)
    table = np.full((run, 12, len(flux), len(STATIONS)), level)
    for month in range(run):
        for pulse in range(min(12, month + 1)):
            emitted = rate * 1e12 * DAYS_OF_MONTH[pulse] / 365.0
            table[month, pulse] += emitted * responses[:, month % 12, month - pulse].T
    return table, responses


def write_transcom(path, table, names=("ALT482N1", "SPO789S0", "MLO519N0"), order=(0, 2, 1)):
    dims = ("elapm", "monperyr", "nreg", "nstat")
    variable = (dims, table[..., list(order)], {"units": "ppm"})
    data = xr.Dataset({"tracer_data_month": variable})
    if names is not None:
        data["site_name"] = ("nstat", np.array(names, dtype="S8"))
    data.to_netcdf(path)
    return path


@pytest.fixture
def transcom(tmp_path):
    """A response file and its patterns, and what stations see of each region."""
    flux = regions()
    table, responses = transcom_table(flux, truth(FINE))
    files = write_transcom(tmp_path / "r.nc", table), write_patterns(tmp_path / "p.nc", flux)
    return *files, responses, flux


def region_responses(jacobian, flux):
    """What a Jacobian says stations see of a unit of each region's pattern."""
    from ccdas_transport.grid import regridded

    mass = flux * grid_area(FINE.boxes.latitude_edges, FINE.boxes.longitude_edges)
    share = mass / mass.sum(axis=(1, 2), keepdims=True)
    boxes = regridded(share, FINE.boxes.latitude_edges, FINE.boxes.longitude_edges, jacobian.grid)
    return np.einsum("rij,smlij->smlr", boxes, jacobian.response)


@pytest.mark.filterwarnings("ignore:.*lies in no element")
def test_the_pattern_of_a_region_gives_the_response_of_that_region(transcom):
    """Also where a box holds parts of two: to rounding of the file (double precision)."""
    path, patterns, responses, flux = transcom
    result = converted_jacobian(
        "transcom",
        path,
        STATIONS,
        sources(36),
        inputs=ConverterInputs(patterns=patterns),
    )
    again = region_responses(result, flux)
    for month in range(12):
        for lag in range(25):  # 36 months from January hold 25 lags of every pulse
            np.testing.assert_allclose(
                again[:, month, lag], responses[:, month, lag], rtol=1e-9, atol=1e-22
            )


@pytest.mark.filterwarnings("ignore:.*lies in no element")
def test_lags_after_the_end_of_a_run_are_well_mixed(transcom):
    path, patterns, *_ = transcom
    result = converted_jacobian(
        "transcom",
        path,
        STATIONS,
        sources(48),
        inputs=ConverterInputs(patterns=patterns),
    )
    np.testing.assert_allclose(result.response[:, :, 36:], WELL_MIXED, rtol=1e-12)
    # a pulse of December has 25 months in a run of 36: observed in January, lag 25 is not there
    np.testing.assert_allclose(result.response[:, 0, 25], WELL_MIXED, rtol=1e-12)
    assert result.well_mixed == WELL_MIXED


@pytest.mark.filterwarnings("ignore:.*lies in no element")
def test_a_well_mixed_response_stays_well_mixed(tmp_path):
    flux = regions()
    even = TransportJacobian(
        STATIONS.id, FINE.boxes, np.full((3, 12, 36, 18, 18), WELL_MIXED), WELL_MIXED
    )
    table, _ = transcom_table(flux, even)
    path = write_transcom(tmp_path / "r.nc", table)
    patterns = write_patterns(tmp_path / "p.nc", flux)
    result = converted_jacobian(
        "transcom",
        path,
        STATIONS,
        sources(40),
        inputs=ConverterInputs(patterns=patterns),
    )
    np.testing.assert_allclose(result.response, WELL_MIXED, rtol=1e-9)


def test_boxes_in_no_region_take_the_nearest_and_their_share_is_told(transcom):
    path, patterns, _, flux = transcom
    covered = flux.sum(axis=0).reshape(6, 3, 6, 3).sum(axis=(1, 3)) > 0
    with pytest.warns(UserWarning):
        result = converted_jacobian(
            "transcom",
            path,
            STATIONS,
            sources(3),
            inputs=ConverterInputs(patterns=patterns),
        )
    assert not covered[0].any()  # south of 60 S by area: (1 - sin 60) / 2 = 6.7 %
    np.testing.assert_array_equal(result.response[..., 0, :], result.response[..., 1, :])


@pytest.mark.filterwarnings("ignore:.*lies in no element")
def test_stations_are_found_by_name_in_any_case(transcom):
    path, patterns, responses, flux = transcom
    one = STATIONS.take(["spo789s0"])
    result = converted_jacobian(
        "transcom",
        path,
        one,
        sources(3),
        inputs=ConverterInputs(patterns=patterns),
    )
    np.testing.assert_allclose(
        region_responses(result, flux)[0], responses[2, :, :3], rtol=1e-9, atol=1e-22
    )


@pytest.mark.filterwarnings("ignore:.*lies in no element")
def test_a_map_of_regions_that_emit_evenly_is_a_pattern(tmp_path):
    number = (regions() > 0).astype(int)
    number = (number * np.arange(1, 5)[:, None, None]).sum(axis=0)
    xr.Dataset(
        {"region": (("lat", "lon"), number.astype("int8"))},
        coords={"lat": FINE.boxes.latitude, "lon": FINE.boxes.longitude},
    ).to_netcdf(tmp_path / "m.nc")
    result = read_patterns(tmp_path / "m.nc")
    assert result.name == ("1", "2", "3", "4")
    area = grid_area(FINE.boxes.latitude_edges, FINE.boxes.longitude_edges)
    np.testing.assert_allclose(result.mass[2].sum(), area[number == 3].sum(), rtol=1e-12)


def bad_transcom(tmp_path, change, flux=None, **written):
    flux = regions() if flux is None else flux
    table, _ = transcom_table(regions(), truth(FINE))
    path = write_transcom(tmp_path / "r.nc", change(table), **written)
    patterns = write_patterns(tmp_path / "p.nc", flux)
    return converted_jacobian(
        "transcom",
        path,
        STATIONS,
        sources(36),
        inputs=ConverterInputs(patterns=patterns),
    )


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda t: t[:, :11], ("wrong-dimensions", "tracer_data_month")),
        (lambda t: t[:, :, :3], ("wrong-length", "--patterns")),
        (lambda t: 350.0 + 12.0 * (t - 350.0), ("not-well-mixed", "r.nc")),
        (
            lambda t: np.concatenate([t[11:], t[:11]]),
            ("wrong-dimensions", "tracer_data_month"),
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:.*lies in no element")
def test_another_table_is_refused_in_a_sentence(tmp_path, change, expected, refusal):
    with refusal(*expected):
        bad_transcom(tmp_path, change)


@pytest.mark.filterwarnings("ignore:.*lies in no element")
def test_pulses_of_another_rate_are_declared(tmp_path):
    flux = regions()
    table, responses = transcom_table(flux, truth(FINE), rate=12.0)
    path = write_transcom(tmp_path / "r.nc", table)
    inputs = ConverterInputs(patterns=write_patterns(tmp_path / "p.nc", flux), pulse_rate=12.0)
    result = converted_jacobian("transcom", path, STATIONS, sources(2), inputs=inputs)
    again = region_responses(result, flux)
    np.testing.assert_allclose(again, responses[:, :, :2], rtol=1e-9, atol=1e-22)


def test_stations_the_file_does_not_know_are_refused(tmp_path, refusal):
    with refusal("unknown-station", "station 'mlo519n0'"):
        bad_transcom(tmp_path, lambda t: t, names=("ALT482N1", "SPO789S0", "KUM519N0"))


def test_a_file_without_names_needs_all_its_stations(tmp_path, refusal):
    with refusal("wrong-length", "--stations"):
        bad_transcom(tmp_path, lambda t: t, names=None, order=(0, 1))


def test_a_grid_that_cannot_tell_regions_apart_is_refused(tmp_path, refusal):
    with refusal("grid-too-coarse", "latitude_step, longitude_step"):
        flux = regions()
        table, _ = transcom_table(flux, truth(FINE))
        converted_jacobian(
            "transcom", write_transcom(tmp_path / "r.nc", table), STATIONS,
            JacobianGrid(180.0, 360.0, memory_months=3),
            inputs=ConverterInputs(patterns=write_patterns(tmp_path / "p.nc", flux)),
        )  # fmt: skip


def test_a_region_that_takes_up_is_no_pattern(tmp_path, refusal):
    flux = regions()
    flux[1] *= -1.0
    with refusal("wrong-pattern", "p.nc: region 2"):
        read_patterns(write_patterns(tmp_path / "p.nc", flux))


def test_responses_region_responses_need_their_patterns(tmp_path, refusal):
    with refusal("missing-option", "--patterns"):
        converted_jacobian("transcom", tmp_path / "r.nc", STATIONS, GRID)


# -- the operator's own form ----------------------------------------------------------------------


def test_a_jacobian_moves_to_another_grid_with_its_mass(tmp_path):
    """An even flux of the globe gives the same; from GEOS-Chem's kind of grid, single precision."""
    theirs = JacobianGrid(20.0, 30.0, half_polar_boxes=True, centred_on_date_line=True)
    original = truth(theirs, 12)
    write_jacobian(tmp_path / "j.nc", original, STATIONS.latitude, STATIONS.longitude)
    result = converted_jacobian(
        "jacobian", tmp_path / "j.nc", None, JacobianGrid(15.0, 20.0, memory_months=14)
    )
    assert result.stations == STATIONS.id
    share = [g.area / g.area.sum() for g in (theirs.boxes, result.grid)]
    before = np.einsum("smlij,ij->sml", original.response, share[0])
    after = np.einsum("smlij,ij->sml", result.response, share[1])
    np.testing.assert_allclose(after[:, :, :12], before, rtol=1e-6)
    np.testing.assert_allclose(result.response[:, :, 12:], WELL_MIXED, rtol=1e-12)


def test_a_jacobian_on_its_own_grid_does_not_change(tmp_path):
    original = truth(GRID, 12)
    write_jacobian(tmp_path / "j.nc", original, STATIONS.latitude, STATIONS.longitude)
    result = converted_jacobian(
        "jacobian", tmp_path / "j.nc", STATIONS.take(["spo789s0"]), sources(12)
    )
    np.testing.assert_allclose(result.response[0], original.response[2], rtol=1e-6, atol=1e-20)


def test_a_jacobian_of_a_part_of_the_globe_is_refused(tmp_path, refusal):
    original = truth(GRID, 12)
    write_jacobian(tmp_path / "j.nc", original, STATIONS.latitude, STATIONS.longitude)
    with xr.open_dataset(tmp_path / "j.nc") as data:
        data.isel(latitude=slice(2, 6)).to_netcdf(tmp_path / "north.nc")
    with refusal("partial-globe", "north.nc"):
        converted_jacobian("jacobian", tmp_path / "north.nc", None, sources(12))


def test_an_unknown_kind_is_told_with_those_known(tmp_path, refusal):
    with refusal("unknown-kind", "--kind"):
        converted_jacobian("stlit", tmp_path, STATIONS)


def test_a_converted_jacobian_is_what_the_operator_reads(transcom, tmp_path):
    path, patterns, *_ = transcom
    with pytest.warns(UserWarning):
        result = converted_jacobian(
            "transcom",
            path,
            STATIONS,
            sources(48),
            inputs=ConverterInputs(patterns=patterns),
        )
    write_jacobian(tmp_path / "j.nc", result, STATIONS.latitude, STATIONS.longitude)
    again = read_jacobian(tmp_path / "j.nc", ["mlo519n0"], GRID)
    np.testing.assert_allclose(again.response[0], result.response[1], rtol=1e-6, atol=1e-20)
