"""Sums by latitude of two runs and two references: random numbers of the right shape."""

import numpy as np

from ccdas_framework.outputs.evaluation_datasets import COMPARED, SUMS, zonal_dataset

MONTHS = np.arange("2010-01", "2011-01", dtype="datetime64[M]")
SIZES = {"time": 12, "latitude": 4, "month": 12, "band": 3}


def zonal(seed=1, **attributes):
    """Two runs and two references on four rows and two bands."""
    generator = np.random.default_rng(seed)
    values = {
        f"{first}_{name}": generator.normal(size=(2, *(SIZES[dim] for dim in dims)))
        for first in ("simulated", "reference")
        for name, (dims, _) in SUMS.items()
    }
    return zonal_dataset(
        quantity="land flux, positive into the atmosphere", units="PgC yr-1",
        run=("prior", "posterior"), reference=("one", "two"), months=MONTHS,
        rows=np.linspace(-90.0, 90.0, 5), band_edges=(-90.0, 0.0, 90.0),
        band=("90S-0", "0-90N", "all"), area=np.full(4, 1e13),
        values=values | {name: generator.normal(size=(2, 2, 3)) for name in COMPARED},
        attributes=attributes,
    )  # fmt: skip
