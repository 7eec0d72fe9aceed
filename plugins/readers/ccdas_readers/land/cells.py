"""Maps at the cells of a forcing file, and the file with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from attrs import field, frozen
from attrs.converters import optional as or_none
from attrs.validators import in_

from ccdas_framework import ImportedData, InvalidInput, ProductReader, ScreenedSeries

from ..forcing.gridded import Axes
from ..lazy_modules import xarray as xr
from ..refusal import refusal
from .plant_types import CellClimate, cell_climate, largest_types
from .soil import CLASSES, METHODS, UNITS, soil_properties

CELLS = ("latitude", "longitude", "latitude_half_width", "longitude_half_width")
PERCENT = (0.0, 100.5)
SINGLE = 1.0  # degrees, half width of a map of one cell that states none; a choice
COLUMNS = ("column_cell", "column_fraction", "column_class")


@frozen
class LandReader(ProductReader):
    """Reader of maps of land that adds them to a forcing file.

    Args:
        weather: forcing file whose cells take the properties.
    """

    weather: Path | None = field(default=None, converter=or_none(Path))


@frozen
class SoilReader(LandReader):
    """Reader of maps of soil texture.

    Args:
        weather: as of `LandReader`.
        pedotransfer: "classes" (table by texture class) or "cosby" (regressions on sand and clay).
    """

    pedotransfer: str = field(default=CLASSES, validator=in_(METHODS))


@frozen(eq=False)
class Weather:
    """A forcing file and the places of its cells.

    Args:
        path: of the file.
        dataset: in memory.
        latitude, longitude, height, width: of the cells (degrees), shape (cell,).
    """

    path: Path
    dataset: Any
    latitude: np.ndarray
    longitude: np.ndarray
    height: np.ndarray
    width: np.ndarray

    def blocks(self, path: Path, axes: Axes) -> list[tuple[np.ndarray, np.ndarray]]:
        """Rows and columns of a map inside each cell, or the nearest ones of a coarser map.

        Raises:
            InvalidInput: a cell lies outside the map.
        """
        reach = [0.5 * abs(float(np.median(np.diff(a)))) if len(a) > 1 else SINGLE
                 for a in (axes.latitude, axes.longitude)]  # fmt: skip
        found = []
        for n in range(len(self.latitude)):
            away = (
                np.abs(axes.latitude - self.latitude[n]),
                np.abs((axes.longitude - self.longitude[n] + 180.0) % 360.0 - 180.0),
            )
            inside = [np.flatnonzero(a <= half + 1e-6) for a, half in
                      zip(away, (self.height[n], self.width[n]), strict=True)]  # fmt: skip
            for axis, distance in enumerate(away):
                if not len(inside[axis]):
                    nearest = int(np.argmin(distance))
                    if distance[nearest] > reach[axis] + 1e-6:
                        raise refusal(
                            path, "wrong-grid", ("latitude", "longitude")[axis],
                            f"the cell at {self.latitude[n]:.2f} N {self.longitude[n]:.2f} E of "
                            f"{self.path.name} lies outside the map.",
                        )  # fmt: skip
                    inside[axis] = np.array([nearest])
            found.append((inside[0], inside[1]))
        return found

    def means(
        self, path: Path, axes: Axes, name: str,
        part: Callable[[np.ndarray, np.ndarray], np.ndarray],
    ) -> np.ndarray:  # fmt: skip
        """Mean of a map (per cent) in each cell, shape (cell,).

        Args:
            path, name: of the map, for messages.
            axes: of the map.
            part: function of rows and columns, which returns the values there, shape (row, column),
                NaN where missing.

        Raises:
            InvalidInput: a cell without a value, or values that are no percentage.
        """
        out = np.full(len(self.latitude), np.nan)
        lowest, highest = np.inf, -np.inf
        for n, (rows, columns) in enumerate(self.blocks(path, axes)):
            values = part(rows, columns)
            values = values[np.isfinite(values)]
            if len(values):
                out[n] = values.mean()
                lowest, highest = min(lowest, values.min()), max(highest, values.max())
        if np.isnan(out).all():
            raise refusal(path, "all-missing", name,
                          f"'{name}' has no value in the cells of {self.path.name}."
                          )  # fmt: skip
        if lowest < PERCENT[0] or highest > PERCENT[1]:
            raise refusal(path, "wrong-units", name,
                          f"'{name}' is {lowest:.4g} to {highest:.4g}; expected per cent."
                          )  # fmt: skip
        if np.isnan(out).any():
            first = int(np.flatnonzero(np.isnan(out))[0])
            raise refusal(
                path, "missing-values", name,
                f"'{name}' is missing in {int(np.isnan(out).sum())} of {len(out)} cells, the first "
                f"at {self.latitude[first]:.2f} N {self.longitude[first]:.2f} E, such as over sea. "
                "Leave these cells out of the weather.",
            )  # fmt: skip
        return out

    def climates(self) -> list[CellClimate]:
        """Climate of each cell.

        Raises:
            InvalidInput: the file lacks temperature or rain, or a calendar month.
        """
        need = ("tasmin", "tasmax", "pr", "time")
        if missing := [n for n in need if n not in self.dataset.variables]:
            raise refusal(self.path, "missing-variable", missing[0],
                          "plant types need tasmin, tasmax and pr of the weather.")  # fmt: skip
        month = self.dataset["time"].dt.month.values
        if len(np.unique(month)) < 12:
            raise refusal(self.path, "missing-days", "time",
                          "plant types need weather of all calendar months.")  # fmt: skip
        mean = 0.5 * (self.dataset["tasmin"].values + self.dataset["tasmax"].values)
        rain = self.dataset["pr"].values
        by_month = [month == m for m in range(1, 13)]
        temperature = np.array([mean[m].mean(axis=0) for m in by_month])
        sums = np.array([rain[m].mean(axis=0) * 30.4 for m in by_month])
        return [cell_climate(temperature[:, n], sums[:, n]) for n in range(mean.shape[1])]


def read_weather(path: Path | None, product: Path) -> Weather:
    """The forcing file of the setting `weather`.

    Raises:
        InvalidInput: no file, or one without cells.
    """
    if path is None or not path.is_file():
        raise InvalidInput(
            f"{product}: a map of land needs the cells of a forcing file, --set weather=FILE"
            + (f"; there is no file {path}." if path else "."),
            code="missing-file", where="weather",
        )  # fmt: skip
    try:
        with xr.open_dataset(path) as file:
            dataset = file.load()
    except Exception as cause:
        raise refusal(path, "unreadable-file", "", f"the file cannot be read ({cause}).") from cause
    if missing := [n for n in CELLS if n not in dataset.variables]:
        raise refusal(path, "missing-variable", missing[0],
                      "the file has no cells; give a forcing file that `ccdas data import` wrote."
                      )  # fmt: skip
    return Weather(path, dataset, *(dataset[n].values.astype(float) for n in CELLS))


def within(values: np.ndarray) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Function of rows and columns that returns the values there of a map in memory."""
    return lambda rows, columns: values[np.ix_(rows, columns)]


def soil_variables(
    path: Path, sand: np.ndarray, clay: np.ndarray, method: str
) -> dict[str, Any]:  # fmt: skip
    """Variables of a forcing file from sand and clay (per cent), shape (cell,).

    Raises:
        InvalidInput: neither sand nor clay is above 1 per cent in any cell.
    """
    if (highest := max(sand.max(), clay.max())) <= 1.0:
        raise refusal(path, "wrong-units", "sand",
                      f"sand and clay are at most {highest:.4g}; expected per cent.")  # fmt: skip
    properties = soil_properties(sand, clay, method)
    return {n: ("cell", v, {"units": UNITS[n]}) for n, v in properties.items()}


def column_variables(shares: Sequence[np.ndarray]) -> dict[str, Any]:
    """Columns of a forcing file from the shares of the types of each cell, (13,) each."""
    rows = [(n, share, kind) for n, cell in enumerate(shares)
            for kind, share in largest_types(cell)]  # fmt: skip
    cell, fraction, kind = (np.array(part) for part in zip(*rows, strict=True)) if rows else (
        np.zeros(0, dtype=int), np.zeros(0), np.zeros(0, dtype=int))  # fmt: skip
    return {
        "column_cell": ("column", cell, {"long_name": "index of the cell, from 0"}),
        "column_fraction": ("column", fraction, {"units": "1"}),
        "column_class": ("column", kind, {"long_name": "plant functional type, 1 to 13"}),
    }


def land_data(
    weather: Weather, variables: Mapping[str, Any], *, product: str, version: str,
    notes: Sequence[str], credits: str,
) -> ImportedData:  # fmt: skip
    """The forcing file with further variables.

    Args:
        weather: the file.
        variables: name -> (dimension, values, attributes).
        product, version, notes, credits: as of `ImportedData`.
    """
    old = [n for n in variables if n in weather.dataset]
    notes = [*notes, *([f"{', '.join(old)} of {weather.path.name} are replaced"] if old else [])]
    dataset = weather.dataset.drop_vars([*old, *(c for c in COLUMNS if c in weather.dataset
                                                 and "column_class" in variables)],
                                        errors="ignore")  # fmt: skip
    kept = {k: v for k, v in dataset.attrs.items() if k in ("data_kind", "substitute_for")}
    origin = weather.dataset.attrs.get("source", weather.path.name)
    dataset.attrs = {**kept, "source": f"{origin}; {product} {version}".strip()}
    dataset = dataset.assign(variables)
    counts = [ScreenedSeries(n, len(v[1]), {}) for n, v in variables.items() if v[0] == "cell"]
    if "column_class" in variables:
        counts.append(ScreenedSeries("columns", len(variables["column_class"][1]), {}))
    return ImportedData(dataset, product, version, tuple(counts), tuple(notes), credits)
