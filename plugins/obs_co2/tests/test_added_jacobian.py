"""Stations of a further file beside those of a transport."""

import numpy as np
import pytest
from ccdas_obs_co2.operator import Co2Transport
from ccdas_transport import JacobianGrid, StationLocations, TransportJacobian, write_jacobian

GRID = JacobianGrid()
ATTO = (-2.14, -59.0, 130.0)


@pytest.fixture
def added(tmp_path):
    """A file with a station that no transport ships, and with Mauna Loa."""
    boxes = GRID.boxes
    shape = 2, 12, 48, len(boxes.latitude), len(boxes.longitude)
    response = np.full(shape, GRID.well_mixed) * np.array([2.0, 3.0]).reshape(2, 1, 1, 1, 1)
    path = tmp_path / "att.nc"
    write_jacobian(path, TransportJacobian(("ATT", "MLO"), boxes, response, GRID.well_mixed),
                   np.array([ATTO[0], 19.54]), np.array([ATTO[1], -155.58]),
                   altitude=np.array([ATTO[2], 3397.0]))  # fmt: skip
    return path


def locations(*names):
    places = {"ALT": (82.45, -62.51, 185.0), "ATT": ATTO, "MLO": (19.54, -155.58, 3397.0)}
    return StationLocations(names, *np.array([places[n] for n in names]).T)


@pytest.mark.parametrize("transport", ["analytic", "winds"])
def test_further_stations_come_beside_those_of_the_transport(added, transport):
    operator = Co2Transport(transport=transport, added_jacobian=added)
    found = operator.responses(locations("ALT", "ATT", "MLO"))
    assert found.stations == ("ALT", "ATT", "MLO")
    alone = Co2Transport(transport=transport).responses(locations("ALT"))
    np.testing.assert_array_equal(found.response[0], alone.response[0])
    np.testing.assert_allclose(found.response[1], 2.0 * GRID.well_mixed, rtol=1e-6)
    np.testing.assert_allclose(found.response[2], 3.0 * GRID.well_mixed, rtol=1e-6)  # replaced


def test_stations_of_the_file_alone_need_no_transport(added):
    found = Co2Transport(transport="winds", added_jacobian=added).responses(locations("ATT"))
    np.testing.assert_allclose(found.response[0], 2.0 * GRID.well_mixed, rtol=1e-6)


def test_a_station_that_neither_has_is_refused(added, refusal):
    operator = Co2Transport(transport="winds", added_jacobian=added)
    unknown = StationLocations(("ZZZ",), [10.0], [10.0], [10.0])
    with refusal("unknown-station", "station 'ZZZ'"):
        operator.responses(unknown)


def test_a_station_elsewhere_than_in_the_file_is_refused(added, refusal):
    operator = Co2Transport(added_jacobian=added)
    with refusal("location-differs", "station 'ATT'"):
        operator.responses(StationLocations(("ATT",), [40.0], [-59.0], [130.0]))
