"""Settings of the tracer transport: bounded scalars with units and sources."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from attrs import asdict, field, fields, frozen

from ccdas_framework import InvalidInput, in_range, is_number

from ..constants import PGC_PER_PPM
from ..grid import divides
from ..jacobian_grid import JacobianGrid

LAYER_EDGES = (1.0, 0.95, 0.85, 0.70, 0.50, 0.35, 0.20, 0.10, 0.0)  # shares of surface pressure


def _layer_edges(instance: Any, attribute: Any, value: tuple[Any, ...]) -> None:
    """Edges fall from 1 at the ground to 0 at the top, and leave room for a boundary layer."""
    numbers = all(isinstance(edge, int | float) for edge in value)
    falls = numbers and all(low > high for low, high in pairwise(value))
    if len(value) < 4 or not falls or value[0] != 1.0 or value[-1] != 0.0:
        raise InvalidInput(
            f"transport: 'layer_edges' is {tuple(value)}; expected at least four shares of the "
            "surface pressure that fall from 1.0 (ground) to 0.0 (top). A layer of no or negative "
            "thickness holds no air.",
            code="wrong-value",
            where="layer_edges",
        )


def _as_edges(value: Any) -> tuple[Any, ...]:
    """A list as a tuple. A value alone becomes a tuple, which the validator refuses."""
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _caps_apart(instance: Any, attribute: Any, value: float) -> None:
    """Refuse boxes that leave no row between the polar caps."""
    if value > 60.0:
        raise InvalidInput(
            f"transport: 'latitude_step' is {value:g} degrees; at most 60, so that a row of boxes "
            "lies between the polar caps.",
            code="wrong-value",
            where="latitude_step",
        )


def tuned(default: float, guess: float, low: float, high: float, unit: str, source: str) -> Any:
    """A scalar that tuning may change within published bounds, with its first guess."""

    def within(instance: Any, attribute: Any, value: float) -> None:
        if not low <= value <= high:
            raise InvalidInput(
                f"transport: '{attribute.name}' is {value:g} {unit}; it must lie between {low:g} "
                f"and {high:g}. Source of the bounds: {source}.",
                code="out-of-bounds",
                where=attribute.name,
            )

    metadata = {"guess": guess, "low": low, "high": high, "unit": unit, "source": source}
    return field(default=default, validator=[is_number, within], metadata=metadata)


@frozen
class TransportSettings:
    """Settings of the transport besides the winds. The defaults are the fitted values.

    Args:
        latitude_step, longitude_step: size of the boxes (degrees).
        layer_edges: edges of the layers, as shares of the surface pressure.
        steps_per_month: steps of the splitting, each about a day.
        pgc_per_ppm: PgC in the atmosphere per ppm.
        mountain_altitude: stations above it (m) are sampled at their pressure.
        coastal_land: largest share of land in a cell that a coastal station samples.
        memory: months of emissions in the Jacobian.
        eddy_lower, eddy_upper: horizontal mixing in middle latitudes, near 750 and 350 hPa
            (m2 s-1).
        eddy_tropics: mixing at the equator as a share of that in middle latitudes.
        eddy_edge: latitude from which mixing is that of middle latitudes (degrees).
        eddy_polar: mixing poleward of 65 N and 75 S as a share of that in middle latitudes.
        eddy_zonal: mixing along a latitude over that across it.
        eddy_slope: slope of the surfaces along which eddies mix, over that of isentropes.
        overturning: strength of the mean meridional circulation, 1 as published.
        boundary_mixing: exchange through the top of the boundary layer (hPa d-1).
        sea_mixing: annual mean of that exchange over sea over that over land.
        rectifier: logarithmic amplitude of its season over land.
        free_mixing: exchange through 500 hPa outside the tropics (hPa d-1).
        convection: additional exchange of the tropical free troposphere over `free_mixing`.
        convective_width: e-folding half-width of tropical convection (degrees).
    """

    latitude_step: float = field(default=7.5, validator=[is_number, divides(180.0), _caps_apart])
    longitude_step: float = field(default=10.0, validator=[is_number, divides(360.0)])
    layer_edges: tuple[float, ...] = field(
        default=LAYER_EDGES, converter=_as_edges, validator=_layer_edges
    )
    steps_per_month: int = field(default=30, validator=in_range(1, 100_000, whole=True))
    pgc_per_ppm: float = field(default=PGC_PER_PPM, validator=in_range(0.1, 100.0))
    mountain_altitude: float = field(default=1500.0, validator=is_number)
    coastal_land: float = field(default=0.25, validator=in_range(0.0, 1.0))
    memory: int = field(default=48, validator=in_range(1, 12_000, whole=True))
    eddy_lower: float = tuned(
        3.2e6,
        1.3e6,
        0.3e6,
        4.0e6,
        "m2 s-1",
        "turnover of 116 to 261 d within a hemisphere below 500 hPa",
    )
    eddy_upper: float = tuned(
        3.87e6,
        3.5e6,
        1.0e6,
        8.0e6,
        "m2 s-1",
        "turnover of 29 to 85 d within a hemisphere above 500 hPa",
    )
    eddy_tropics: float = tuned(
        0.083, 0.25, 0.05, 1.0, "1", "turnover between hemispheres of 363 to 712 d and 124 to 178 d"
    )
    eddy_edge: float = tuned(
        25.2, 30.0, 20.0, 60.0, "degrees", "storm tracks lie between 35 and 60 degrees"
    )
    eddy_polar: float = tuned(
        0.25,
        0.4,
        0.1,
        1.0,
        "1",
        "kinetic energy of eddies halves or more from the storm tracks to the poles",
    )
    eddy_zonal: float = tuned(
        3.18, 3.0, 0.5, 6.0, "1", "eddies spread faster along a latitude than across"
    )
    eddy_slope: float = tuned(
        0.96, 0.8, 0.0, 1.5, "1", "eddies mix along isentropes, or at half their slope as they grow"
    )
    overturning: float = tuned(
        0.596, 1.0, 0.5, 1.5, "1", "spread of published mass stream functions of the Hadley cells"
    )
    boundary_mixing: float = tuned(
        58.3, 60.0, 15.0, 200.0, "hPa d-1", "a boundary layer of 150 hPa is renewed in 1 to 10 d"
    )
    sea_mixing: float = tuned(
        0.997, 1.0, 0.2, 4.0, "1", "boundary layers over sea and land are of like depth in the mean"
    )
    rectifier: float = tuned(
        1.04, 1.0, 0.0, 1.6, "1", "boundary layers over land twice to ten times as deep in summer"
    )
    free_mixing: float = tuned(
        7.59,
        7.9,
        3.0,
        30.0,
        "hPa d-1",
        "300 hPa are renewed in 38 d, and half to four times that rate",
    )
    convection: float = tuned(
        1.52, 1.5, 0.0, 4.0, "1", "share of deep convection in tropical vertical exchange"
    )

    convective_width: float = tuned(
        12.0, 12.0, 6.0, 20.0, "degrees", "the belt of tropical rain is 10 to 40 degrees wide"
    )

    @property
    def jacobian_grid(self) -> JacobianGrid:
        """Boxes and months of the sources, and mass of the air."""
        return JacobianGrid(
            self.latitude_step, self.longitude_step, memory_months=self.memory,
            pgc_per_ppm=self.pgc_per_ppm,
        )  # fmt: skip

    def as_dict(self) -> dict[str, Any]:
        """Settings by name."""
        return asdict(self)

    @classmethod
    def tuned_names(cls) -> tuple[str, ...]:
        """Names of the scalars that may be tuned."""
        return tuple(item.name for item in fields(cls) if "low" in item.metadata)

    @classmethod
    def bounds(cls, name: str) -> tuple[float, float]:
        """Bounds of a tuned scalar."""
        metadata = getattr(fields(cls), name).metadata
        return metadata["low"], metadata["high"]

    @classmethod
    def guess(cls, name: str) -> float:
        """First guess of a tuned scalar, from the literature."""
        return getattr(fields(cls), name).metadata["guess"]
