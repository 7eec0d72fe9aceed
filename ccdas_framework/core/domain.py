"""Grid, domain and forcing, as plain arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import field, frozen

Array = Any  # numpy, or traced by an engine


@frozen(eq=False)
class Grid:
    """Cells, and the columns in them.

    Args:
        latitude, longitude: cell centres (degrees north, degrees east in -180..180), shape (cell,).
        area: of the cell (m2), shape (cell,); 0 marks a padded cell.
        region: label of each cell, shape (cell,).
        half_width: half the extent of a cell in latitude and longitude (degrees), shape (cell, 2);
            an observation within it belongs to the cell.
        column_cell: index of the cell of each column, shape (column,), ascending.
        column_fraction: share of the cell's area, shape (column,); 0 marks a padded column.
        column_class: class of each column, shape (column,).
        label: name of each cell, shape (cell,); empty where they have none.
    """

    latitude: np.ndarray = field(converter=np.asarray)
    longitude: np.ndarray = field(converter=np.asarray)
    area: np.ndarray = field(converter=np.asarray)
    region: np.ndarray = field(converter=np.asarray)
    half_width: np.ndarray = field(converter=np.asarray)
    column_cell: np.ndarray = field(converter=np.asarray)
    column_fraction: np.ndarray = field(converter=np.asarray)
    column_class: np.ndarray = field(converter=np.asarray)
    label: np.ndarray = field(default=(), converter=np.asarray)

    @property
    def cells(self) -> int:
        """Number of cells."""
        return len(self.latitude)

    @property
    def columns(self) -> int:
        """Number of columns."""
        return len(self.column_cell)

    @property
    def column_slot(self) -> np.ndarray:
        """Position of each column inside its cell, shape (column,)."""
        first = np.searchsorted(self.column_cell, self.column_cell, side="left")
        return np.arange(self.columns) - first

    def locate(self, latitude: np.ndarray, longitude: np.ndarray) -> np.ndarray:
        """Index of the cell that contains each place, -1 if none; shape of the arguments."""
        latitude, longitude = np.atleast_1d(latitude), np.atleast_1d(longitude)
        real = self.area > 0
        places, number = np.unique(latitude + 1j * longitude, return_inverse=True)
        cell = np.full(places.shape, -1)
        for n, place in enumerate(places):
            north = np.abs(place.real - self.latitude)
            east = np.abs((place.imag - self.longitude + 180.0) % 360.0 - 180.0)
            inside = real & (north <= self.half_width[:, 0]) & (east <= self.half_width[:, 1])
            if inside.any():
                distance = np.where(inside, north**2 + east**2, np.inf)
                cell[n] = int(np.argmin(distance))
        return cell[number]

    def columns_by_cell(self) -> tuple[np.ndarray, np.ndarray]:
        """Columns of each cell and their area fractions, both (cell, slot).

        Cells with fewer columns than slots repeat column 0 with fraction 0.
        """
        slot = self.column_slot
        shape = (self.cells, int(np.max(slot, initial=0)) + 1)
        index, fraction = np.zeros(shape, dtype=int), np.zeros(shape)
        index[self.column_cell, slot] = np.arange(self.columns)
        fraction[self.column_cell, slot] = self.column_fraction
        return index, fraction


@frozen(eq=False)
class Domain:
    """A grid and the days a model runs over: the lead, then the window.

    The reader of the forcing computes the calendar arrays, so that components need no calendar.

    Args:
        grid: cells and columns.
        time: datetime64[D], one a day, lead included.
        lead: number of days before the window; they repeat the first year of forcing.
        day_of_year: 1..365 of each day's forcing (29 February counts as 59), shape (time,).
        month: index of the month of each day, 0 for the window's first, negative in the lead.
        month_of_year: 1..12 of each day, shape (time,).
        year: index of the year of each day, 0 for the window's first, negative in the lead.
        year_number: calendar year of each day, shape (time,).
    """

    grid: Grid
    time: np.ndarray = field(converter=np.asarray)
    lead: int
    day_of_year: np.ndarray = field(converter=np.asarray)
    month: np.ndarray = field(converter=np.asarray)
    month_of_year: np.ndarray = field(converter=np.asarray)
    year: np.ndarray = field(converter=np.asarray)
    year_number: np.ndarray = field(converter=np.asarray)

    @property
    def days(self) -> int:
        """Days of lead and window together."""
        return len(self.time)

    @property
    def window(self) -> slice:
        """The days of the window."""
        return slice(self.lead, self.days)

    @property
    def months(self) -> int:
        """Number of months of the window."""
        return int(self.month[-1]) + 1

    def day_index(self, date: np.ndarray) -> np.ndarray:
        """Position of each date on the time axis; it may lie outside 0..days-1."""
        return np.asarray((np.asarray(date, "datetime64[D]") - self.time[0]).astype(int))


@frozen(eq=False)
class Forcing:
    """Input that drives a model.

    Args:
        domain: grid and days.
        fields: name -> values over lead and window, shape (time, cell).
        static: name -> values, shape (cell,) or (column,).
        column_static: names of those over columns. With None, their lengths decide.
        filled: names of fields that the file lacks, and that come from a record.
    """

    domain: Domain
    fields: dict[str, np.ndarray]
    static: dict[str, np.ndarray]
    column_static: frozenset[str] | None = None
    filled: frozenset[str] = frozenset()
