"""The settings that define the sources, months and mass of air of a Jacobian."""

from __future__ import annotations

from attrs import field, frozen

from ccdas_framework import in_range, is_flag, is_number

from .constants import KG_PER_PGC, PGC_PER_PPM
from .grid import TransportGrid, divides


@frozen
class JacobianGrid:
    """Boxes and months of the sources of a Jacobian, and the mass of the air.

    The operator `co2` and `ccdas transport` share these settings.

    Args:
        latitude_step, longitude_step: size of the boxes (degrees).
        half_polar_boxes: the boxes at the poles are half as tall, as on the grids of GEOS-Chem.
        centred_on_date_line: the first box has its centre at 180 W, as on the grids of GEOS-Chem.
        memory_months: months of emissions, the month of the observation included.
        pgc_per_ppm: carbon in the atmosphere per mole fraction (PgC ppm-1). The CCDAS V2 source
            has 2.123.
    """

    latitude_step: float = field(default=7.5, validator=[is_number, divides(180.0)])
    longitude_step: float = field(default=10.0, validator=[is_number, divides(360.0)])
    half_polar_boxes: bool = field(default=False, validator=is_flag)
    centred_on_date_line: bool = field(default=False, validator=is_flag)
    memory_months: int = field(default=48, validator=in_range(1, 12_000, whole=True))
    pgc_per_ppm: float = field(default=PGC_PER_PPM, validator=in_range(0.1, 100.0))

    @property
    def boxes(self) -> TransportGrid:
        """Boxes of the sources."""
        return TransportGrid(
            self.latitude_step, self.longitude_step, self.half_polar_boxes,
            self.centred_on_date_line,
        )  # fmt: skip

    @property
    def well_mixed(self) -> float:
        """Mole fraction after the even spread of one kilogram of carbon (ppm kgC-1)."""
        return 1.0 / (self.pgc_per_ppm * KG_PER_PGC)
