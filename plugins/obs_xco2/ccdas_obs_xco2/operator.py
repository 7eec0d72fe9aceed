"""Column averages of CO2 with averaging kernels, from a transport Jacobian at several heights."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from attrs import evolve, field, fields, frozen
from attrs.converters import optional as or_none
from attrs.validators import in_, optional
from ccdas_obs_co2 import Co2Transport
from ccdas_transport import AnalyticSettings

from ccdas_framework import (
    CcdasWarning,
    Diagonal,
    Domain,
    ObservationOperator,
    Observations,
    Parameter,
    Stream,
    Variable,
    in_range,
    is_flag,
)

from .columns import Columns, even_columns, read_columns

ANALYTIC, TWELVE_BOXES = "analytic", "twelve_boxes"


def _ascending(value: Any) -> tuple[float, ...]:
    """Heights from a list, a tuple or one number."""
    return tuple(float(v) for v in (value if isinstance(value, list | tuple) else [value]))


def _heights(instance: Any, attribute: Any, value: tuple[float, ...]) -> None:
    """Validator of heights.

    Raises:
        ValueError: none, or not ascending.
    """
    if not value or any(b <= a for a, b in pairwise(value)):
        raise ValueError(f"'{attribute.name}' is {value}; expected ascending heights (m)")


@frozen
class Xco2(ObservationOperator, AnalyticSettings):
    """Column average of CO2. The settings are the keys of a configuration.

        X = sum_l h_l [a_l c(z_l) + (1 - a_l) p_l],   c(z) = c_0 + sum_{t', g} J(z, ...) F(g, t')

    c(z) is the mole fraction of the operator `co2` at a height above the place. J is computed at
    `heights`, and c is linear between them. An observation has the Jacobian of its month.

    Args:
        heights: heights of the Jacobian above the sea, ascending (m). Levels above the highest have
            its mole fraction.
        transport: 'analytic' or 'twelve_boxes', closed forms that know two layers.
        jacobian: netCDF file of a transport Jacobian with stations "LABEL@HEIGHT", such as
            "harwell01@1000", for each label and height.
        background, fossil, ocean, land_use, prescribed_errors, offset_ppm: as of the operator co2.
        sd_floor: smallest error of a value, of the transport (ppm), in quadrature.
        further settings: as of `AnalyticSettings`.

    Source: Rodgers and Connor (2003), J. Geophys. Res. 108, 4116, eq. 22; Connor et al. (2008),
        J. Geophys. Res. 113, D05305, eq. 15 (pressure weights).
    """

    heights: tuple[float, ...] = field(
        default=(500.0, 1500.0, 3000.0, 5500.0, 9000.0), converter=_ascending, validator=_heights
    )
    transport: str = field(default=ANALYTIC, validator=in_((ANALYTIC, TWELVE_BOXES)))
    jacobian: Path | None = field(default=None, converter=or_none(Path))
    background: Path | None = field(default=None, converter=or_none(Path))
    fossil: bool = field(default=True, validator=is_flag)
    ocean: bool = field(default=True, validator=is_flag)
    land_use: bool | None = field(default=None, validator=optional(is_flag))
    prescribed_errors: bool = field(default=True, validator=is_flag)
    offset_ppm: float = field(default=380.3, validator=in_range(10.0, 10000.0))
    sd_floor: float = field(default=0.5, validator=in_range(0.0, 1000.0))

    observes = Variable(
        "xco2", "ppm", ("obs",), (200.0, 700.0), long_name="column average of CO2 in dry air",
        observed_range=(300.0, 600.0),
    )  # fmt: skip
    requires = Co2Transport.requires
    scope = "domain"
    unknown_sd = 1.0

    @property
    def stations(self) -> Co2Transport:
        """Operator of the mole fraction at the heights."""
        shared = {f.name for f in fields(Co2Transport)} & {f.name for f in fields(Xco2)}
        return Co2Transport(**{name: getattr(self, name) for name in sorted(shared)})

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Those of the operator co2: the level of the atmosphere, and errors of fluxes."""
        return self.stations.parameters

    @property
    def scalars(self) -> tuple[Variable, ...]:
        """Mean of each prescribed flux over the window."""
        return self.stations.scalars

    def prepare(
        self, observations: Observations, domain: Domain, prior_fields: dict[str, np.ndarray] | None
    ) -> Stream:
        """Compute the sensitivities at the heights, weighted by the kernels, once."""
        columns, used, without = self._columns(observations)
        count = len(self.heights)
        stream = self.stations.prepare(self._at_heights(used), domain, None)
        inside = stream.index[::count] // count
        weight = columns.at_heights(self.heights)[inside]
        at = self.stations.weighted_inputs(stream.at, weight)
        at |= {"kernel": weight.sum(axis=1), "prior": columns.of_prior[inside]}
        index = np.flatnonzero(~without)[inside]
        sd = used.sd[inside]
        sd = np.hypot(self.sd_floor, np.where(np.isnan(sd), self.unknown_sd, sd))
        dropped = {name: number // count for name, number in stream.dropped.items()}
        if without.any():
            dropped["no averaging kernel"] = int(without.sum())
        return Stream(
            values=used.values[inside], covariance=Diagonal(sd), at=at, labels=used.label[inside],
            index=index, dropped=dropped,
        )  # fmt: skip

    def _columns(self, observations: Observations) -> tuple[Columns, Observations, np.ndarray]:
        """Vertical information, observations that have it, and whether one lacks it."""
        columns = read_columns(observations)
        if columns is None:
            if np.isfinite(observations.values).any():
                warning = CcdasWarning(
                    "observations of xco2 have no averaging kernels and are taken as plain means "
                    "of the column. Import the product with its kernels.",
                    code="missing-kernel", where="averaging_kernel",
                )  # fmt: skip
                warnings.warn(warning, stacklevel=2)
            columns = even_columns(len(observations))
        usable = columns.usable
        arrays = {f.name: getattr(columns, f.name)[usable] for f in fields(Columns)}
        return evolve(columns, **arrays), observations.take(usable), ~usable

    def _at_heights(self, observations: Observations) -> Observations:
        """An observation at each height for each observation, (obs * height,)."""
        count = len(self.heights)
        repeated = evolve(observations, extra={}).take(
            np.repeat(np.arange(len(observations)), count)
        )
        heights = np.tile(np.array(self.heights), len(observations))
        labels = [f"{label}@{height:g}" for label, height in
                  zip(repeated.label, heights, strict=True)]  # fmt: skip
        return evolve(repeated, altitude=heights, label=np.array(labels))

    def observe(
        self, fields: dict[str, Any], parameters: dict[str, Any], at: dict[str, Any], xp: Any
    ) -> Any:
        """Contribution of the land of the block (ppm), shape (obs,); blocks add up."""
        return self.stations.observe(fields, parameters, at, xp)

    def complete(
        self, simulated: Any, parameters: dict[str, Any], at: dict[str, Any], xp: Any
    ) -> Any:
        """Column average (ppm), shape (obs,): land, prescribed fluxes, level and prior profile."""
        level = xp.mean(parameters["c_0"])
        total = self.stations.complete(simulated, parameters, at, xp)
        return total + (at["kernel"] - 1.0) * level + at["prior"]

    def quantify(
        self, parameters: dict[str, Any], at: dict[str, Any], xp: Any
    ) -> Mapping[str, Any]:
        """Mean of each prescribed flux over the window (PgC yr-1), scalars."""
        return self.stations.quantify(parameters, at, xp)
