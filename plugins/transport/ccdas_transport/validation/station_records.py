"""Station records for the validation: observed, simulated by a full model, and their selection."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
from attrs import frozen

from ..stations import Stations, on_ice
from ..tracer import Transport
from ..tracer.station_sampling import box_weights
from .zonal_fluxes import published_file

# In-situ records on sea coasts whose files hold the baseline air alone, by the contributor's note.
SELECTED_IN_SITU = ("AMS", "BHD", "CPT", "MNM")
# Flasks taken on the shore of a continent: their box of a model is often the land behind them.
SHORES = ("ABP", "CFA", "CRI", "ESP", "GSN", "KEY", "NAT", "PTA", "TER", "THD", "TIK")
# Nearer than 100 km to another station of the list, whose record is longer.
DUPLICATES = ("BME",)
# High stations on islands or far from forests and towns; the rest stand in continental air.
REMOTE_SUMMITS = ("ASK", "IZO", "LLN", "MLO", "WLG")
FIRST_YEAR = 2000


@frozen(eq=False)
class StationRecords:
    """Monthly series at stations.

    Args:
        stations: location of the stations.
        code: code of the station, for a ship with its latitude, shape (station,).
        kind: 'marine', 'ice', 'summit' (remote) or 'other', shape (station,).
        observed, full_model: ppm, NaN where there is none, shape (month, station).
        months: datetime64[M].
    """

    stations: Stations
    code: np.ndarray
    kind: np.ndarray
    observed: np.ndarray
    full_model: np.ndarray
    months: np.ndarray

    @property
    def background(self) -> np.ndarray:
        """Stations of the validation, by a rule set before any tuning (bool), shape (station,)."""
        return self.kind != "other"

    @property
    def tuning(self) -> np.ndarray:
        """Every second background station from south to north (bool), shape (station,)."""
        order = np.argsort(self.stations.latitude, kind="stable")
        order = order[self.background[order]]
        chosen = np.zeros(len(self.kind), dtype=bool)
        chosen[order[::2]] = True
        return chosen

    @property
    def region(self) -> np.ndarray:
        """'northern', 'southern' of each station, shape (station,)."""
        return np.where(self.stations.latitude >= 0.0, "northern", "southern")


def read_records(
    data: Path, transport: Transport, model: str = "cte2018_at_wdcgg_stations.csv"
) -> StationRecords:
    """Records of the stations of `co2/wdcgg_stations.csv`.

    Args:
        data: folder of published data.
        transport: its grid determines which stations lie in cells of the sea.
        model: file of the full model's series.
    """
    with published_file(data, "co2/wdcgg_stations.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    coordinates = [[float(row[key]) for row in rows] for key in ("lat", "lon", "alt_m")]
    stations = Stations([row["id"] for row in rows], *coordinates)
    kind = [
        _kind(row, location, transport)
        for row, location in zip(rows, zip(*coordinates, strict=True), strict=True)
    ]
    observed, months = _series(published_file(data, "co2/wdcgg_monthly_co2.csv"), stations.id)
    full_model, _ = _series(published_file(data, f"co2/{model}"), stations.id)
    codes = [row["code"] for row in rows]
    several = [codes.count(code) > 1 for code in codes]  # a ship at its nominal places
    code = [r["id"][:-1].upper() if s else r["code"] for r, s in zip(rows, several, strict=True)]
    return StationRecords(stations, np.array(code), np.array(kind), observed, full_model, months)


def _kind(row: dict[str, str], location: tuple[float, float, float], transport: Transport) -> str:
    """Kind of air that a station samples, from its location, sampling and code alone."""
    latitude, longitude, altitude = location
    mountain = transport.settings.mountain_altitude
    if on_ice(latitude, longitude, altitude, mountain):
        return "ice"
    if altitude > mountain:
        return "summit" if row["code"] in REMOTE_SUMMITS else "other"
    limit = transport.settings.coastal_land
    boxes = box_weights(latitude, longitude, transport.grid, transport.land, limit)
    unselected = "insitu" in row["sampling"] and row["code"] not in SELECTED_IN_SITU
    shore = row["code"] in SHORES + DUPLICATES or unselected
    return "marine" if np.sum(boxes * transport.land) < limit and not shore else "other"


def _series(path: Path, names: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Monthly values by station (ppm), shape (month, station), and their months, from 2000."""
    row_of = {name: index for index, name in enumerate(names)}
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["id"] in row_of]
    month = np.array([(int(r["year"]) - FIRST_YEAR) * 12 + int(r["month"]) - 1 for r in rows])
    table = np.full((month.max() + 1, len(names)), np.nan)
    table[month, [row_of[r["id"]] for r in rows]] = [float(r["co2_ppm"]) for r in rows]
    first = np.datetime64(f"{FIRST_YEAR}-01", "M")
    return table, first + np.arange(len(table))
