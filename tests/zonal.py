"""Sums by latitude of two runs and two references: random numbers of the right shape."""

import numpy as np

from ccdas_framework.evaluation import ZonalEvaluation
from ccdas_framework.evaluation.groups import zonal_group

MONTHS = np.arange("2010-01", "2011-01", dtype="datetime64[M]")


def zonal(seed=1, note="", **attributes):
    """Two runs and two references on four rows and two bands."""
    generator = np.random.default_rng(seed)
    rows, bands = generator.normal(size=(2, 2, 12, 4)), generator.normal(size=(2, 2, 12, 3))
    return zonal_group(
        ZonalEvaluation(
            quantity="land flux, positive into the atmosphere", units="PgC yr-1",
            names=("one", "two"), months=MONTHS, rows=np.linspace(-90.0, 90.0, 5),
            bands=np.array([-90.0, 0.0, 90.0]), simulated=rows[0], reference=rows[1],
            simulated_band=bands[0], reference_band=bands[1], area=np.full(4, 1e13), note=note,
            attributes=tuple(attributes.items()),
        )
    )  # fmt: skip
