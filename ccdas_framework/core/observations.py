"""Observations, and the stream that an operator prepares from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import evolve, field, fields, frozen

from .covariance import Covariance, Diagonal
from .domain import Domain
from .errors import InvalidInput


def floats(values: Any) -> np.ndarray:
    return np.asarray(values, dtype=float)


def days(values: Any) -> np.ndarray:
    return np.asarray(values, dtype="datetime64[D]")


@frozen(eq=False)
class Observations:
    """One set of observations; every array has shape (obs,), columns of `extra` (obs, ...).

    Args:
        values: in the units of the stream's variable; NaN for hypothetical ones.
        sd: standard deviation of the error, same units; NaN if unknown.
        start, end: first and last day the value stands for (both included), datetime64[D].
        latitude, longitude: of the place (degrees).
        altitude: above sea level (m); NaN where it does not matter.
        label: station or cell name.
        extra: further columns by name, such as averaging kernels of shape (obs, level).
        dropped: number of observations of the file that are left out, by reason.
    """

    values: np.ndarray = field(converter=floats)
    sd: np.ndarray = field(converter=floats)
    start: np.ndarray = field(converter=days)
    end: np.ndarray = field(converter=days)
    latitude: np.ndarray = field(converter=floats)
    longitude: np.ndarray = field(converter=floats)
    altitude: np.ndarray = field(converter=floats)
    label: np.ndarray = field(converter=np.asarray)
    extra: dict[str, np.ndarray] = field(factory=dict)
    dropped: Mapping[str, int] = field(factory=dict)

    def __len__(self) -> int:
        return len(self.values)

    def take(self, index: np.ndarray) -> Observations:
        """Observations at these positions, or where a mask is true."""
        arrays = {f.name: getattr(self, f.name)[index] for f in fields(Observations)[:-2]}
        extra = {name: column[index] for name, column in self.extra.items()}
        return evolve(self, **arrays, extra=extra)

    @property
    def quantity(self) -> np.ndarray | None:
        """Name of the quantity of each observation, shape (obs,); None without such a column."""
        column = np.asarray(self.extra.get("quantity"))
        return column.astype(str) if column.ndim == 1 else None

    def numbers(self, name: str) -> np.ndarray:
        """A further column as numbers, shape (obs,); all NaN where the column is missing.

        Raises:
            InvalidInput: the column holds no numbers, or several for each observation.
        """
        if name not in self.extra:
            return np.full(len(self), np.nan)
        if np.ndim(self.extra[name]) != 1:
            raise InvalidInput(
                f"column '{name}' of the observations has the shape {np.shape(self.extra[name])}; "
                "expected one number for each observation. Give one, or rename the column.",
                code="wrong-dimensions",
                where=name,
            )
        try:
            return floats(self.extra[name])
        except (TypeError, ValueError) as error:
            raise InvalidInput(
                f"column '{name}' of the observations holds no numbers; expected one for each "
                "observation. Correct the column, or leave it out of the file.",
                code="wrong-column",
                where=name,
            ) from error

    def with_values(self, values: np.ndarray) -> Observations:
        """The same places and times with other values."""
        return evolve(self, values=values)


@frozen(eq=False)
class Stream:
    """Result of `ObservationOperator.prepare`.

    Args:
        values: y after scaling, of the selected observations, shape (obs,).
        covariance: R after scaling.
        at: arrays that `observe` and `complete` need; their argument `at`.
        labels: name of the place of each value, shape (obs,).
        index: position of each value among the observations that `prepare` receives, shape (obs,).
            Those that reading leaves out are not among them.
        dropped: number of excluded observations by reason.
    """

    values: np.ndarray
    covariance: Covariance
    at: Mapping[str, np.ndarray]
    labels: np.ndarray
    index: np.ndarray
    dropped: Mapping[str, int] = field(factory=dict)


def apply_masks(stream: Stream, masks: Mapping[str, np.ndarray]) -> Stream:
    """The stream without masked values; each counts under the first mask that hides it.

    Args:
        stream: of n values with independent errors; every array of its `at` is of shape (n, ...).
        masks: reason -> true where a value is excluded, shape (n,).
    """
    keep, dropped = _selected(len(stream.values), masks, stream.dropped)
    return Stream(
        values=stream.values[keep],
        covariance=Diagonal(stream.covariance.sd[keep]),
        at={name: array[keep] for name, array in stream.at.items()},
        labels=stream.labels[keep],
        index=stream.index[keep],
        dropped=dropped,
    )


def _selected(
    size: int, masks: Mapping[str, np.ndarray], dropped: Mapping[str, int]
) -> tuple[np.ndarray, dict[str, int]]:
    """True where no mask is, shape (size,), and `dropped` with the counts of the masks."""
    keep, counts = np.ones(size, dtype=bool), dict(dropped)
    for reason, mask in masks.items():
        if count := int(np.sum(mask & keep)):
            counts[reason] = counts.get(reason, 0) + count
        keep &= ~mask
    return keep, counts


def cell_stream(
    observations: Observations,
    domain: Domain,
    *,
    lag: int = 0,
    covariance: Covariance | None = None,
    dropped: Mapping[str, int] | None = None,
) -> Stream:
    """A stream of observations that represent the mean of their cell over their days.

    `at` holds the arrays of `area_mean`: `first_day`, `last_day` (obs,) on the time axis, and
    `columns`, `weights` (obs, slot), the weights of an observation summing to one.

    Args:
        observations: each inside a cell of the grid; others are dropped and counted.
        domain: grid and days.
        lag: days by which the days of the model precede those of the observation (d).
        covariance: of the selected observations; by default diagonal from their sd.
        dropped: counts of values dropped before, by reason.
    """
    cell = domain.grid.locate(observations.latitude, observations.longitude)
    first = domain.day_index(observations.start) - lag
    last = domain.day_index(observations.end) - lag
    in_period = (first >= 0) & (last < domain.days) & (last >= first)
    in_period &= (last + lag) >= domain.lead  # the lead is a repeated year
    masks = {"outside the grid": cell < 0, "outside the period": ~in_period}
    keep, counts = _selected(len(observations), masks, dropped or {})
    index, fraction = domain.grid.columns_by_cell()
    share = fraction / np.maximum(fraction.sum(axis=1, keepdims=True), 1e-300)
    selected = observations.take(keep)
    return Stream(
        values=selected.values,
        covariance=Diagonal(selected.sd) if covariance is None else covariance,
        at={
            "first_day": first[keep],
            "last_day": last[keep],
            "columns": index[cell[keep]],
            "weights": share[cell[keep]],
            "cell": cell[keep],
        },
        labels=selected.label,
        index=np.flatnonzero(keep),
        dropped=counts,
    )
