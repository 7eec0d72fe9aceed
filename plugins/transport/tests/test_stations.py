"""Where stations are sampled: at their pressure, on the ice, in the seaward cell."""

import numpy as np
import pytest
from ccdas_transport.grid import TransportGrid
from ccdas_transport.land_cover import land_share
from ccdas_transport.standard_atmosphere import pressure_share
from ccdas_transport.stations import Stations
from ccdas_transport.tracer import Transport
from ccdas_transport.tracer.station_sampling import box_weights, layer_weights

GRID = TransportGrid()
LAND = land_share(GRID)


@pytest.fixture(scope="module")
def transport():
    return Transport.from_files()


def levels(transport, name, latitude, longitude, altitude):
    """Share of each layer in what a station sees."""
    station = Stations([name], [latitude], [longitude], [altitude])
    air = transport.atmosphere
    weights = transport.sampling(station).toarray().reshape(air.shape) / air.ppm_per_kg
    return weights.sum(axis=1)


def test_pressure_follows_the_standard_atmosphere():
    """ISO 2533: 898.75 hPa at 1000 m, 540.2 hPa at 5000 m, of 1013.25."""
    np.testing.assert_allclose(
        pressure_share([0.0, 1000.0, 5000.0]), [1.0, 898.75 / 1013.25, 540.2 / 1013.25], rtol=1e-4
    )


def test_mauna_loa_is_sampled_at_its_pressure(transport):
    """3397 m is 0.66 of the surface pressure, between the layers of 0.775 and 0.60."""
    weights = levels(transport, "MLO", 19.54, -155.58, 3397.0)
    middle = transport.atmosphere.layer_middle
    assert weights @ middle == pytest.approx(float(pressure_share(3397.0)), rel=1e-9)
    assert set(np.flatnonzero(weights > 1e-12)) == {2, 3}


@pytest.mark.parametrize(
    ("name", "latitude", "longitude", "altitude"),
    [("SPO", -89.98, -24.8, 2810.0), ("SUM", 72.6, -38.42, 3210.0), ("CRZ", -46.4, 51.8, 197.0)],
)
def test_the_ice_sheets_and_the_shore_are_the_ground(
    transport, name, latitude, longitude, altitude
):
    np.testing.assert_allclose(
        levels(transport, name, latitude, longitude, altitude), np.eye(8)[0], atol=1e-12
    )


def test_a_uniform_atmosphere_is_seen_uniform_everywhere(transport):
    stations = Stations(
        list("abcd"), [-90.0, 90.0, 0.0, 46.5], [0.0, 200.0, 359.0, 8.0], [0.0, 0.0, 4000.0, 3580.0]
    )
    state = transport.atmosphere.well_mixed(400.0).ravel()
    np.testing.assert_allclose(transport.sampling(stations) @ state, 400.0, rtol=1e-12)


def test_a_coastal_station_sees_the_sea_alone():
    """Mace Head lies where Ireland's box meets three of the Atlantic."""
    weights = box_weights(53.33, -9.9, GRID, LAND, 0.25)
    assert weights.sum() == pytest.approx(1.0)
    assert np.all(LAND[weights > 0.0] < 0.25)
    assert np.all(GRID.longitude[np.any(weights > 0.0, axis=0)] < -9.9)


def test_an_inland_station_keeps_all_four_boxes():
    weights = box_weights(50.0, 107.0, GRID, LAND, 0.25)
    assert np.count_nonzero(weights) == 4
    assert weights.sum(axis=1) @ GRID.latitude == pytest.approx(50.0)


def test_weights_go_around_the_date_line():
    weights = box_weights(0.0, 179.0, GRID, np.zeros_like(LAND), 0.25)
    assert weights[:, 0].sum() == pytest.approx(0.4) and weights[:, -1].sum() == pytest.approx(0.6)


def test_layer_weights_sum_to_one_above_the_highest_and_below_the_lowest():
    middle = np.array([0.9, 0.6, 0.2])
    for altitude in (0.0, 3000.0, 12000.0):
        assert layer_weights(altitude, middle, False).sum() == pytest.approx(1.0)


def test_stations_are_read(tmp_path):
    path = tmp_path / "stations.csv"
    path.write_text("id,name,lat,lon,alt_m\nMLO,Mauna Loa,19.54,-155.58,3397\n")
    read = Stations.read(path)
    assert read.id == ("MLO",) and read.altitude[0] == 3397.0


def test_a_file_of_a_spreadsheet_is_read(tmp_path):
    """With the mark that spreadsheets begin UTF-8 with, their ends of lines, and a space."""
    path = tmp_path / "stations.csv"
    path.write_bytes("\ufeffid, lat, lon, alt_m\r\nMLO, 19.54, -155.58, 3397\r\n".encode())
    assert Stations.read(path).id == ("MLO",)


def test_a_file_in_another_encoding_is_refused(tmp_path, refusal):
    path = tmp_path / "stations.csv"
    path.write_bytes("id,lat,lon,alt_m\nZürich,47,8,500\n".encode("latin-1"))
    with refusal("unreadable-file", "stations.csv"):
        Stations.read(path)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("id,lat,lon\nMLO,19,3\n", ("missing-column", "stations.csv: alt_m")),
        ("id,lat,lon,alt_m\nMLO,north,3,0\n", ("not-a-number", "stations.csv: line 2")),
        ("id,lat,lon,alt_m\nMLO,95,3,0\n", ("location-out-of-range", "station 'MLO'")),
        ("id,lat,lon,alt_m\nMLO,5,3,0\nMLO,6,3,0\n", ("duplicate-station", "station 'MLO'")),
        ("id,lat,lon,alt_m\nMLO,5,3,0\n,6,3,0\n", ("missing-name", "station number 2")),
        ("id;lat;lon;alt_m\nMLO;5;3;0\n", ("missing-column", "stations.csv: id")),
        ("id,lat,lon,alt_m\n", ("no-station", "stations.csv")),
        ("", ("missing-column", "stations.csv: id")),
    ],
)
def test_a_bad_file_of_stations_is_a_sentence(tmp_path, text, expected, refusal):
    path = tmp_path / "stations.csv"
    path.write_text(text)
    with refusal(*expected):
        Stations.read(path)


def test_an_absent_file_of_stations_is_named(tmp_path, refusal):
    with refusal("missing-file", "none.csv"):
        Stations.read(tmp_path / "none.csv")


def test_a_station_outside_the_list_is_named(refusal):
    with refusal("unknown-station", "station 'XXX'"):
        Stations(["MLO"], [1.0], [1.0], [1.0]).take(["XXX"])
    with refusal("no-station", "stations"):
        Stations(["MLO"], [1.0], [1.0], [1.0]).take([])
