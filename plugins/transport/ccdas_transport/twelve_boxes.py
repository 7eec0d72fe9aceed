"""The 12 boxes of AGAGE as a transport of CO2 from zonal fluxes to stations, for comparison.

Four bands of latitude (30-90 N, 0-30 N, 0-30 S, 30-90 S), numbered from the north, in three layers:
boxes 1-4 from 1000 to 500 hPa, 5-8 to 200 hPa, 9-12 above. Exchange times by calendar month are
those of py12box (https://github.com/mrghg/py12box; copyright Matt Rigby, MIT licence), in
`twelve_boxes.csv` in days.

Source: Cunnold et al. (1983), J. Geophys. Res. 88(C13), 8379-8400; Cunnold et al. (1994), J.
    Geophys. Res. 99(D1), 1107-1126; Rigby et al. (2013), Atmos. Chem. Phys. 13, 2691-2702.
"""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files

import numpy as np

from ccdas_framework.grids import overlap_by_area, share_of_overlap

from .constants import DAYS_OF_MONTH, KG_PER_PGC, PGC_PER_PPM
from .jacobian import TransportJacobian
from .jacobian_grid import JacobianGrid

# Share of the mass of the air in each box: layers of 500, 300 and 200 hPa, bands of equal area
AIR_SHARE = np.repeat([0.5, 0.3, 0.2], 4) / 4.0
BAND_EDGES = np.array([-90.0, -30.0, 0.0, 30.0, 90.0])  # degrees; box 4, 3, 2, 1
UPPER_TROPOSPHERE = 5574.0  # m, 500 hPa in the standard atmosphere, ISO 2533: box 5-8 above it


@cache
def exchange_times() -> dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """Exchange times of all pairs of boxes.

    Returns:
        name ('mixing', 'flow') -> (to, from, days): positions of the boxes from 0, shape (pair,),
        and times, shape (pair, 12). A flow is from the second box to the first where its time is
        positive, the other way where it is negative.
    """
    with files(__package__).joinpath("twelve_boxes.csv").open(encoding="utf-8") as table:
        rows = list(csv.reader(table))[1:]
    out = {}
    for kind in ("mixing", "flow"):
        chosen = [row for row in rows if row[0] == kind]
        pairs = np.array([[int(row[1]), int(row[2])] for row in chosen]) - 1
        out[kind] = pairs[:, 0], pairs[:, 1], np.array([[float(v) for v in r[3:]] for r in chosen])
    return out


def flows(month: int) -> np.ndarray:
    """Flow of air from the second box of each pair to the first, without divergence.

    The published times are rounded, with a divergence of up to 2e-4 of a box a day. These flows are
    the nearest to them (least squares) without divergence, so that a well-mixed tracer stays so.

    Args:
        month: 0..11.

    Returns:
        Share of the mass of the air per day, shape (pair,).
    """
    to, fro, days = exchange_times()["flow"]
    published = AIR_SHARE[0] / days[:, month]
    gain = np.zeros((len(AIR_SHARE), len(to)))
    gain[to, np.arange(len(to))] += 1.0
    gain[fro, np.arange(len(to))] -= 1.0
    return published - np.linalg.pinv(gain) @ (gain @ published)


def transport_matrix(month: int) -> np.ndarray:
    """F of d(mole fraction)/dt = F (mole fraction) in a calendar month (d-1), shape (12, 12).

        M_a dx_a/dt = sum_b (M_b / t_ab)(x_b - x_a) + sum_b U_ab (x_a + x_b)/2

    M: mass of air in a box; t: time of mixing, with M of the lower box of the two; U: flow of air
    from b to a. Central differences, as published: beside a strong source a box may lose more than
    it has.

    Args:
        month: 0..11.

    Source: Cunnold et al. (1983), as collected in py12box.
    """
    matrix = np.zeros((len(AIR_SHARE), len(AIR_SHARE)))
    to, fro, days = exchange_times()["mixing"]
    for a, b, rate in zip(to, fro, AIR_SHARE[fro] / days[:, month], strict=True):
        matrix[[a, b, a, b], [b, a, a, b]] += rate * np.array([1.0, 1.0, -1.0, -1.0])
    to, fro, _ = exchange_times()["flow"]
    for a, b, rate in zip(to, fro, flows(month), strict=True):
        matrix[[a, a, b, b], [a, b, a, b]] += 0.5 * rate * np.array([1.0, 1.0, -1.0, -1.0])
    return matrix / AIR_SHARE[:, None]


def month_matrices(month: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Exact effect of a month on mole fractions; each of shape (12, 12).

        E = e^(F d),   S = phi_1(F d),   B = phi_2(F d),   phi_k(z) = sum_n z^n / (n + k)!

    E takes the first moment of the month to its last. S takes it to the month's mean, and an even
    emission of the month to its last moment; B takes that emission to the month's mean.

    Args:
        month: 0..11.
    """
    from scipy.linalg import expm  # slow to import

    boxes = len(AIR_SHARE)
    unit = np.eye(boxes)
    nil = np.zeros((boxes, boxes))
    exponent = transport_matrix(month) * DAYS_OF_MONTH[month]
    exponential = expm(np.block([[exponent, unit, nil], [nil, nil, unit], [nil, nil, nil]]))
    return tuple(exponential[:boxes, n * boxes : (n + 1) * boxes] for n in range(3))


def band_response(memory: int, pgc_per_ppm: float = PGC_PER_PPM) -> np.ndarray:
    """Mole fraction in each box per emission near the ground of each band (ppm kgC-1).

    Args:
        memory: months of emissions.
        pgc_per_ppm: PgC ppm-1.

    Returns:
        shape (12, lag, box, band): calendar month of the observation, whole months since the
        emission; bands from the north, as boxes 1-4.
    """
    step, mean, within = zip(*(month_matrices(month) for month in range(12)), strict=True)
    emitted = np.eye(len(AIR_SHARE))[:, :4] / (AIR_SHARE[:4] * pgc_per_ppm * KG_PER_PGC)
    out = np.zeros((12, memory, len(AIR_SHARE), 4))
    for source in range(12):
        out[source, 0] = within[source] @ emitted
        state = mean[source] @ emitted  # at the end of the month of emission
        for lag in range(1, memory):
            month = (source + lag) % 12
            out[month, lag] = mean[month] @ state
            state = step[month] @ state
    return out


def box_of(latitude: np.ndarray, altitude: np.ndarray) -> np.ndarray:
    """Position of the box around a station, shape (station,), by its band and its layer.

    Args:
        latitude: degrees.
        altitude: m. A station above 5574 m (500 hPa) is in the upper troposphere.
    """
    band = 3 - np.clip(np.searchsorted(BAND_EDGES, latitude, side="right") - 1, 0, 3)
    return band + np.where(np.asarray(altitude, float) > UPPER_TROPOSPHERE, 4, 0)


def twelve_box_jacobian(
    stations: list[str] | tuple[str, ...],
    latitude: np.ndarray,
    altitude: np.ndarray,
    grid: JacobianGrid | None = None,
) -> TransportJacobian:
    """The Jacobian of the 12 boxes, the same for all longitudes of a source.

    Args:
        stations: names, shape (station,).
        latitude, altitude: location of the stations (degrees, m), shape (station,).
        grid: boxes and months of the sources, and mass of the air. A box across two bands emits
            into both, by area.
    """
    grid = grid or JacobianGrid()
    boxes = grid.boxes
    edges = boxes.latitude_edges
    overlap = overlap_by_area(edges[:-1], edges[1:], BAND_EDGES[:-1], BAND_EDGES[1:])
    share = share_of_overlap(overlap)[:, ::-1]  # from the north
    in_boxes = band_response(grid.memory_months, grid.pgc_per_ppm)
    at_station = in_boxes[:, :, box_of(latitude, altitude)]
    zonal = np.einsum("mlsb,gb->smlg", at_station, share)
    response = np.broadcast_to(zonal[..., None], (*zonal.shape, len(boxes.longitude)))
    return TransportJacobian(stations, boxes, response, grid.well_mixed)
