"""Units of targets: what a field becomes as a total or a mean of an area."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from ..core.units import same_units
from ..core.variables import Variable

DAYS_PER_YEAR = 365.25  # d yr-1
PG_PER_G = 1e-15
KM3_PER_MM_M2 = 1e-12  # a layer of 1 mm over 1 m2 is 1e-3 m3
G_M2_PER_MG_HA = 100.0  # 1 Mg on 1e4 m2


@frozen
class Conversion:
    """A field of some unit as total and as mean.

    Args:
        mean, total: factor and unit of each; no total where a sum over an area means nothing.
        usual: which of the two is meant where nothing is said.
    """

    mean: tuple[float, str]
    total: tuple[float, str] | None
    usual: str = "mean"


# daily rates become yearly ones; the total of a field per m2 is its sum over the area in m2
CONVERSIONS: Mapping[str, Conversion] = {
    "gC m-2 d-1": Conversion(
        (DAYS_PER_YEAR, "gC m-2 yr-1"), (DAYS_PER_YEAR * PG_PER_G, "PgC yr-1"), "total"
    ),
    "mm d-1": Conversion((DAYS_PER_YEAR, "mm yr-1"), (DAYS_PER_YEAR * KM3_PER_MM_M2, "km3 yr-1")),
    "mm": Conversion((1.0, "mm"), (KM3_PER_MM_M2, "km3")),
    "gC m-2": Conversion((1.0, "gC m-2"), (PG_PER_G, "PgC")),
    "Mg ha-1": Conversion((1.0, "Mg ha-1"), (G_M2_PER_MG_HA * PG_PER_G, "Pg")),
}


def conversion(variable: Variable) -> Conversion:
    """That of a field; one of another unit has a mean in its own."""
    for units, of_units in CONVERSIONS.items():
        if same_units(variable.units, units):
            return of_units
    return Conversion((1.0, variable.units), None)
