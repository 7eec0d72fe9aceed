"""Types exchanged between recipes of input files and the plugins that add observations."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from attrs import field, frozen
from attrs.validators import instance_of

from ..core.observations import Observations, days, floats


@frozen(eq=False)
class RecipeDomain:
    """Places and days of the input files of a recipe.

    Args:
        latitude, longitude: of the cells (degrees north, degrees east), shape (cell,).
        altitude: of the ground above sea level (m), shape (cell,).
        label: name of each cell, shape (cell,).
        time: every day, datetime64[D], shape (time,).
    """

    latitude: np.ndarray = field(converter=floats)
    longitude: np.ndarray = field(converter=floats)
    altitude: np.ndarray = field(converter=floats)
    label: np.ndarray = field(converter=np.asarray)
    time: np.ndarray = field(converter=days)

    @property
    def months(self) -> np.ndarray:
        """The months that have a day, datetime64[M], shape (month,)."""
        return np.unique(self.time.astype("datetime64[M]"))

    def monthly(self, sd: float = np.nan) -> Observations:
        """Hypothetical monthly means in each cell.

        Args:
            sd: error of each, in the units of the observations; with NaN the operator sets it.
        """
        cell = np.repeat(np.arange(len(self.label)), len(self.months))
        start = np.tile(self.months, len(self.label))
        return self.asked(cell, start, (start + 1).astype("datetime64[D]") - 1, sd)

    def daily(self, every: int = 1, sd: float = np.nan) -> Observations:
        """Hypothetical values each `every` days in each cell, staggered between neighbours."""
        turn = np.arange(len(self.time))[None, :] + np.arange(len(self.label))[:, None]
        cell, day = np.nonzero(turn % every == 0)
        return self.asked(cell, self.time[day], self.time[day], sd)

    def asked(
        self, cell: np.ndarray, start: np.ndarray, end: np.ndarray, sd: float = np.nan
    ) -> Observations:
        """Hypothetical observations in these cells; `cell`, `start` and `end` of shape (obs,)."""
        return Observations(
            values=np.full(len(cell), np.nan),
            sd=np.full(len(cell), sd),
            start=start,
            end=end,
            latitude=self.latitude[cell],
            longitude=self.longitude[cell],
            altitude=self.altitude[cell],
            label=self.label[cell],
        )


@frozen(eq=False)
class ObservationRecord:
    """Observations with the metadata of their file.

    Args:
        observations: values and errors in `units`; NaN for hypothetical values.
        units: UDUNITS text.
        title: observed quantity and places.
        source: authors of the measurement, data set with version, processing.
        synthetic: 'no', or 'yes: ' with the origin of the values.
        credits: required acknowledgement, and the licence.
        long_name: of the observed quantity.
        comment: further remarks.
        substitute_for: product that the values replace, such as "SMOS soil moisture".
    """

    observations: Observations = field(validator=instance_of(Observations))
    units: str = field(validator=instance_of(str))
    title: str = field(validator=instance_of(str))
    source: str = field(validator=instance_of(str))
    synthetic: str = field(validator=instance_of(str))
    credits: str = field(default="", validator=instance_of(str))
    long_name: str = field(default="", validator=instance_of(str))
    comment: str = field(default="", validator=instance_of(str))
    substitute_for: str = field(default="", validator=instance_of(str))


# of the places and the data folder or None
MakeRecord = Callable[[RecipeDomain, Any], ObservationRecord]


@frozen(eq=False)
class RecipeOutput:
    """Result of a recipe: places, days and the observations that it can make.

    Args:
        places: places and days.
        streams: stream -> function without arguments that makes its observations. Only functions
            of the streams of a run are called.
        answers_any: whether other streams have hypothetical observations at these places, because
            a known truth supplies the values of all streams.
    """

    places: RecipeDomain
    streams: Mapping[str, Callable[[], ObservationRecord]] = field(factory=dict)
    answers_any: bool = False
