"""Carbon and water fluxes of towers as means over the columns of a cell."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from attrs import evolve, field, frozen
from attrs.validators import in_, optional

from ccdas_framework import (
    Array,
    Diagonal,
    Domain,
    Fields,
    InvalidInput,
    Namespace,
    ObservationOperator,
    Observations,
    Parameters,
    Stream,
    Variable,
    apply_masks,
    area_mean,
    cell_stream,
    in_range,
)

from .quantities import MILD, QUALITY_FLAGS, QUANTITIES, factor, measured_share


def _names(values: str | Iterable[str]) -> tuple[str, ...]:
    return (values,) if isinstance(values, str) else tuple(values)


def _of_one_unit(instance: object, attribute: Any, names: tuple[str, ...]) -> None:
    """Refuse an empty list, unknown or repeated names, and quantities of several units."""
    unknown = [name for name in names if name not in QUANTITIES]
    if unknown or not names or len(set(names)) < len(names):
        raise ValueError(
            f"'quantities' is {list(names)}; expected some of {', '.join(QUANTITIES)}, each once."
        )
    units = {QUANTITIES[name].units: name for name in names}
    if len(units) > 1:
        apart = names[-1]
        raise ValueError(
            f"'quantities' {list(names)} have the units {' and '.join(units)}, but a stream has "
            f'one. Give them streams of their own: [streams.{apart}] with operator = "flux" and '
            f'quantities = ["{apart}"].'
        )


@frozen
class TowerFlux(ObservationOperator):
    """Daily or monthly fluxes of a tower; the settings are the keys of a configuration.

        GPP = gpp,  NEE = -nep,  LE = lambda(T) evapotranspiration

    each the mean over the columns of the cell and the days of the observation.

    Args:
        quantities: "gpp", "nee" or both, or "evapotranspiration", or "latent_heat". Observations
            of several quantities need the column `quantity`.
        minimum_quality: smallest measured share of a day or month (1), for observations with the
            column `quality`.
        quality_flags: product whose flags the column `quality` holds, "fluxnet", "oneflux",
            "plumber2" or "la_thuile" (net exchange and gross production of that release). By
            default it holds the measured share, or flags with CF attributes.
        representation: factor of the representation error (1).
        correlation_days: days over which the error of a place stays the same (d). All values of a
            quantity at a place together count as one at least.

    Source: Hollinger and Richardson (2005), Tree Physiol. 25, 873-885; Richardson et al. (2006),
    Agric. For. Meteorol. 136, 1-18 (errors that grow with the flux).
    """

    quantities: tuple[str, ...] = field(default=("gpp",), converter=_names, validator=_of_one_unit)
    minimum_quality: float = field(default=0.8, validator=in_range(0.0, 1.0))
    quality_flags: str | None = field(default=None, validator=optional(in_(tuple(QUALITY_FLAGS))))
    representation: float = field(default=1.0, validator=in_range(0.0, 1000.0))
    correlation_days: float = field(default=10.0, validator=in_range(1.0, 36600.0))

    scope = "cell"
    requires_once = (Variable("air_temperature", "degC", ("time", "column"), optional=True),)

    @property
    def observes(self) -> Variable:
        """The first of the quantities."""
        first = QUANTITIES[self.quantities[0]]
        words = "; ".join(QUANTITIES[name].long_name for name in self.quantities)
        directions = {QUANTITIES[name].direction for name in self.quantities}
        ranges = [QUANTITIES[name].observed_range for name in self.quantities]
        return Variable(
            self.quantities[0], first.units, ("obs",), (-1000.0, 2000.0), long_name=words,
            direction=directions.pop() if len(directions) == 1 else "several",
            observed_range=(min(lower for lower, _ in ranges), max(upper for _, upper in ranges)),
        )  # fmt: skip

    @property
    def columns(self) -> tuple[Variable, ...]:
        """Measured share of each observation, or its flag."""
        flags = QUALITY_FLAGS.get(str(self.quality_flags), ((0,), (1,)))
        numbers = [number for kind in flags for number in kind]
        return (Variable("quality", "1", ("obs",), (0.0, float(max(numbers)))),)

    @property
    def requires(self) -> tuple[Variable, ...]:
        """Fields behind the quantities."""
        fields = {}
        for name in self.quantities:
            of = QUANTITIES[name]
            fields[of.field] = Variable(
                of.field, of.field_units, ("time", "column"), of.field_range
            )
        return tuple(fields.values())

    @property
    def unknown_sd(self) -> float:
        """Error of a missing value of the first quantity."""
        return QUANTITIES[self.quantities[0]].unknown

    def prepare(
        self,
        observations: Observations,
        domain: Domain,
        prior_fields: Callable[[], Mapping[str, np.ndarray]],
    ) -> Stream:
        """Stream of the quantities with masks, errors and the factors of the fields."""
        of = self.quantity_of(observations)
        stream = cell_stream(observations, domain)
        quantity = of[stream.index]
        masks = {"other quantities": ~np.isin(quantity, self.quantities)}
        for name in self.quantities:
            (lower, upper), units = QUANTITIES[name].observed_range, QUANTITIES[name].units
            outside = (stream.values < lower) | (stream.values > upper)
            reason = f"{name} outside {lower:g} to {upper:g} {units}"
            masks[reason] = (quantity == name) & outside
        if "quality" in observations.extra:
            quality = observations.numbers("quality")[stream.index]
            if self.quality_flags is not None:
                of_stream = ~masks["other quantities"]
                quality[of_stream] = measured_share(quality[of_stream], self.quality_flags)
            masks["gap-filled"] = ~(quality >= self.minimum_quality)
        stream = apply_masks(stream, masks)
        quantity = of[stream.index]
        days = stream.at["last_day"] - stream.at["first_day"] + 1
        keys = [stream.labels.astype(str), quantity]
        _, series, count = np.unique(keys, axis=1, return_inverse=True, return_counts=True)
        sd = stream.covariance.sd
        error = self.error(stream.values, sd, quantity, days, count[series.ravel()])
        temperature = self.temperature(stream, prior_fields)
        arrays = {name: stream.at[name] for name in ("first_day", "last_day", "columns", "weights")}
        factors = {
            f"of_{name}": np.where(quantity == name, factor(name, temperature), 0.0)
            for name in self.quantities
        }
        labels = stream.labels
        if len(self.quantities) > 1:  # a place has a series of each
            pairs = zip(labels, quantity, strict=True)
            labels = np.array([f"{place} {name}" for place, name in pairs])
        return evolve(stream, covariance=Diagonal(error), at=arrays | factors, labels=labels)

    def quantity_of(self, observations: Observations) -> np.ndarray:
        """Name of the quantity of each observation, shape (obs,).

        Raises:
            InvalidInput: several quantities, and no column `quantity`.
        """
        if "quantity" in observations.extra:
            return np.asarray(observations.extra["quantity"]).astype(str)
        if len(self.quantities) > 1 and np.any(np.isfinite(observations.values)):
            raise InvalidInput(
                f"the observations have no column 'quantity', but the stream has several "
                f"quantities: {', '.join(self.quantities)}. Add the column, a text for each value, "
                "or set 'quantities' to the one quantity of the observations.",
                code="missing-variable",
                where="quantity",
            )
        return np.full(len(observations), self.quantities[0])

    def temperature(
        self, stream: Stream, prior_fields: Callable[[], Mapping[str, np.ndarray]]
    ) -> np.ndarray:
        """Air temperature of each observation (degC), shape (obs,), for the heat of its water."""
        mild = np.full(len(stream.values), MILD)
        if "latent_heat" not in self.quantities or not len(mild):
            return mild
        simulated = prior_fields().get("air_temperature")
        return mild if simulated is None else area_mean(np.asarray(simulated), stream.at, np)

    def error(
        self,
        values: np.ndarray,
        sd: np.ndarray,
        of: np.ndarray,
        days: np.ndarray,
        count: np.ndarray,
    ) -> np.ndarray:
        """Error of each value in its unit, shape (obs,).

            sd^2 = (m^2 + r^2) max(1, min(correlation_days / days, count))

        m is the observed sd, else base + growth |F|. r is the representation error. Values that
        share an error count as one.

        Args:
            values, sd: in the unit of the stream; NaN where missing.
            of: name of the quantity of each.
            days: length of each.
            count: values of the same quantity at its place.
        """
        base, growth, represented, unknown = (
            np.array([getattr(QUANTITIES[name], what) for name in of], dtype=float)
            for what in ("base", "growth", "representation", "unknown")
        )
        measured = np.where(np.isnan(sd), base + growth * np.abs(values), sd)
        error = np.sqrt(measured**2 + (self.representation * represented) ** 2)
        error = np.where(np.isnan(values) & np.isnan(sd), unknown, error)
        shared = np.minimum(self.correlation_days / days, count)
        return error * np.sqrt(np.maximum(1.0, shared))

    def observe(
        self, fields: Fields, parameters: Parameters, at: Mapping[str, Array], xp: Namespace
    ) -> Array:
        """Simulated fluxes in the unit of the stream, shape (obs,)."""
        total = 0.0
        for name in self.quantities:
            mean = area_mean(fields[QUANTITIES[name].field], at, xp)
            total = total + at[f"of_{name}"] * mean
        return total
