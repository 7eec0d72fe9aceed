"""Background stations of atmospheric CO2: selection, errors, and withheld stations."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from attrs import frozen

from ccdas_framework import InvalidInput, Observations, data_file, did_you_mean
from ccdas_framework.grids import great_circle_distance

from . import cell_grid, maps
from .ten_stations import last_day

COAST_RADIUS = 3e5  # m, within which the shares of sea and of plants count
LEAST_SEA = 0.4  # share of sea (1) around a station of the coast
MOST_PLANTS = 0.25  # share of the ground (1) under plants around one, which else stands on a shore
FREE_AIR = 2500.0  # m above sea level; higher stations stand above the boundary layer at night
REMOTE, NEAR_PLANTS = 0.5, 2.0  # ppm, error of a mean far from plants, and among them; own choice
LEAST_MONTHS = 0.5  # share of the months of the window
FEWEST_COMPARED = 24  # months outside the window that tell how a full model fits a station
# measured continuously at a coast with land air included, as the contributors give them
ALL_WINDS = ("AMY", "CGO", "DDR", "HKG", "RYO", "YON")
ENCLOSED = ("BAL", "LMP")  # seas smaller than a box of a coarse transport model

# Withheld stations, named before anything was run. Of the stations with at least 20 of the 24
# months of 2010 and 2011, the ten of the demonstration apart, every fifth from north to south, the
# third first. A sixth, THD, stands on a shore and is no longer among the stations.
WITHHELD = ("CBA", "MID", "KUM", "ASC", "MQA")


@frozen
class Station:
    """A station of the World Data Centre for Greenhouse Gases.

    Args:
        name: of its file, unique.
        code: three letters, and the place where several records have them.
        latitude, longitude: degrees north, degrees east.
        altitude: m above sea level.
        months: that have a value in the window.
        sea: share of sea within 300 km (1).
        plants: share of the ground that plants cover, likewise.
        misfit: of a full transport model there, outside the window (ppm).
    """

    name: str
    code: str
    latitude: float
    longitude: float
    altitude: float
    months: int
    sea: float
    plants: float
    misfit: float = 0.0

    @property
    def representation_error(self) -> float:
        """Error of a monthly mean as that of its box of a coarse model (ppm).

            max(0.5 + 1.5 f, misfit), f the share of plants within 300 km

        The first has usual values for a record without spread: 0.5 at remote stations, 1 to 2 at
        continental ones. The misfit is that of a full model with fluxes fitted to CO2, because a
        coarse model cannot represent the station better.
        """
        return max(REMOTE + (NEAR_PLANTS - REMOTE) * self.plants, self.misfit)

    def omitted(self, months: int) -> str:
        """Reason against a background station in a window of `months`, or ''."""
        if self.months < LEAST_MONTHS * months:
            return "fewer than half of the months"
        if self.code in ALL_WINDS:
            return "coast, all winds"
        if self.code in ENCLOSED:
            return "enclosed sea"
        if self.altitude >= FREE_AIR or self.plants == 0.0:
            return ""
        if self.sea < LEAST_SEA:
            return "continental"
        return "shore" if self.plants > MOST_PLANTS else ""


def stations(data: Path | None, months: np.ndarray, vegetated: np.ndarray) -> list[Station]:
    """All stations of the data folder from north to south.

    Args:
        data: folder of published data.
        months: of the window, datetime64[M].
        vegetated: area under plants of the 0.5 degree cells (m2), shape (360, 720).
    """
    counted: dict[str, int] = {}
    for row in monthly_rows(data, months):
        counted[row["id"]] = counted.get(row["id"], 0) + 1
    missed = misfits(data, months)
    land = maps.field(data_file(data, "land/global_land_1deg.nc"), "land_fraction")
    plants = vegetated / cell_grid.fine_area()
    table = []
    with data_file(data, "co2/wdcgg_stations.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
        codes = [row["code"] for row in rows]
        for row in rows:
            latitude, longitude = float(row["lat"]), float(row["lon"])
            several = codes.count(row["code"]) > 1  # a ship at several nominal places
            table.append(Station(
                name=row["id"], code=row["id"][:-1].upper() if several else row["code"],
                latitude=latitude, longitude=longitude, altitude=float(row["alt_m"]),
                months=counted.get(row["id"], 0), sea=1.0 - share_around(land, latitude, longitude),
                plants=share_around(plants, latitude, longitude),
                misfit=missed.get(row["id"], 0.0),
            ))  # fmt: skip
    return sorted(table, key=lambda station: (-station.latitude, station.name))


def misfits(data: Path | None, window: np.ndarray) -> dict[str, float]:
    """Root mean square of full model less observed (ppm), by record.

    Months of the window are left out, so that nothing of what is assimilated tells how far it is
    to be trusted; records with fewer than 24 others are left out too.

    Source: CarbonTracker Europe 2018, van der Laan-Luijkx et al. (2017), Geosci. Model Dev. 10,
    2785-2800.
    """
    observed, simulated = (
        month_values(data, name) for name in ("wdcgg_monthly_co2", "cte2018_at_wdcgg_stations")
    )
    inside = {str(month) for month in window}
    apart: dict[str, list[float]] = {}
    for (name, month), value in observed.items():
        if month not in inside and (name, month) in simulated:
            apart.setdefault(name, []).append(simulated[name, month] - value)
    return {
        name: float(np.sqrt(np.mean(np.square(values))))
        for name, values in apart.items() if len(values) >= FEWEST_COMPARED
    }  # fmt: skip


def month_values(data: Path | None, name: str) -> dict[tuple[str, str], float]:
    """Values (ppm) of a table of stations by record and month, as in ("mid528n0", "2010-01")."""
    with data_file(data, f"co2/{name}.csv").open(encoding="utf-8") as file:
        return {(row["id"], month_of(row)): float(row["co2_ppm"]) for row in csv.DictReader(file)}


def share_around(shares: np.ndarray, latitude: float, longitude: float) -> float:
    """Mean of shares of the 0.5 degree cells (1) within 300 km of a place; NaN counts as zero."""
    cells = cell_grid.FINE_LATITUDES[:, None], cell_grid.FINE_LONGITUDES
    near = great_circle_distance(*cells, latitude, longitude) < COAST_RADIUS
    area = cell_grid.fine_area()[near]
    return float(np.sum(np.nan_to_num(shares)[near] * area) / np.sum(area))


def select_background(
    candidates: Sequence[Station], months: int
) -> tuple[list[Station], dict[str, list[str]]]:
    """Background stations of a window of so many months; the files of the others by reason."""
    background, omitted = [], dict[str, list[str]]()
    for station in candidates:
        if reason := station.omitted(months):
            omitted.setdefault(reason, []).append(station.name)
        else:
            background.append(station)
    return background, omitted


def split_withheld(
    background: Sequence[Station], held_out: Sequence[str], candidates: Sequence[Station]
) -> tuple[list[Station], list[Station]]:
    """Stations to assimilate, and withheld stations for evaluation.

    A withheld code whose station is no background station of the window is in neither list.

    Args:
        background: stations of the window.
        held_out: codes.
        candidates: all stations of the data folder.

    Raises:
        InvalidInput: a code that no station has, or nothing left to assimilate.
    """
    if isinstance(held_out, str) or not all(isinstance(code, str) for code in held_out):
        raise InvalidInput(
            f'held_out = {held_out!r}; expected a list of stations such as ["CBA", "MQA"].',
            code="wrong-value",
            where="inputs.settings.held_out",
        )
    codes = list(dict.fromkeys(station.code for station in candidates))
    for code in held_out:
        if code not in codes:
            raise InvalidInput(
                f"held_out names '{code}', which is no station.{did_you_mean(code, codes)} There "
                f"are: {', '.join(codes)}.",
                code="unknown-station",
                where="inputs.settings.held_out",
            )
    assimilated = [station for station in background if station.code not in held_out]
    if not assimilated:
        raise InvalidInput(
            f"held_out keeps all {len(background)} background stations of the window aside; leave "
            "some to assimilate.",
            code="all-withheld",
            where="inputs.settings.held_out",
        )
    return assimilated, [station for station in background if station.code in held_out]


def monthly_rows(data: Path | None, months: np.ndarray) -> list[dict[str, str]]:
    """Rows of the table of monthly means that lie in these months."""
    selected = {str(month) for month in months}
    with data_file(data, "co2/wdcgg_monthly_co2.csv").open(encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if month_of(row) in selected]


def month_of(row: Mapping[str, str]) -> str:
    """Month of a row of a table of monthly means, as in '2010-01'."""
    return f"{row['year']}-{int(row['month']):02d}"


def monthly_means(
    data: Path | None, months: np.ndarray, selection: Sequence[Station]
) -> Observations:
    """Monthly means at stations, from north to south; months without a value are left out.

    The error is the representation error of the station and, for a record with spread and number,
    that of the mean, in quadrature. The operator adds the error of transport.
    """
    order = {station.name: number for number, station in enumerate(selection)}
    rows = []
    for row in monthly_rows(data, months):
        if row["id"] in order:
            spread, count = (float(row[name] or 0.0) for name in ("sd_ppm", "n_data"))
            sigma = spread / count**0.5 if spread > 0.0 and count > 0.0 else 0.0
            date = f"{row['year']}-{int(row['month']):02d}"
            rows.append((order[row["id"]], date, float(row["co2_ppm"]), sigma))
    if not rows:
        raise InvalidInput(
            f"co2/wdcgg_monthly_co2.csv has no value at these stations between {months[0]} "
            f"and {months[-1]}. Choose months that were measured.",
            code="no-observations",
            where="co2/wdcgg_monthly_co2.csv",
        )
    rows.sort()
    number, month, value, sigma = (np.array(column) for column in zip(*rows, strict=True))
    places = [selection[n] for n in number]
    start = month.astype("datetime64[M]")
    return Observations(
        values=value,
        sd=np.hypot(sigma, [station.representation_error for station in places]),
        start=start,
        end=last_day(start),
        latitude=[station.latitude for station in places],
        longitude=[station.longitude for station in places],
        altitude=[station.altitude for station in places],
        label=np.array([station.code for station in places]),
    )
