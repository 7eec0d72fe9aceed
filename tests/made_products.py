"""Made-up products."""

from pathlib import Path

import numpy as np

from ccdas_framework import Grid, Variable
from ccdas_framework.products.output_name import history_line
from ccdas_framework.products.product_dataset import product_dataset, write_dataset
from ccdas_framework.products.product_grid import product_grid

MONTHS = np.arange("2010-01", "2010-04", dtype="M8[M]")
FLUX = Variable("gpp", "gC m-2 d-1", long_name="gross primary production, uptake > 0")
EXCHANGE = Variable("nep", "gC m-2 d-1", long_name="net ecosystem production, uptake > 0")
DEPTH = Variable("vod", "1", long_name="nadir L-band optical depth")


def three_cells():
    """Cells of two degrees, two side by side and one apart."""
    return Grid(
        latitude=[2.0, 2.0, 6.0], longitude=[2.0, 6.0, 2.0], area=[4e10, 4e10, 3e10],
        region=["here"] * 3, half_width=np.ones((3, 2)), column_cell=[0, 1, 2],
        column_fraction=np.ones(3), column_class=np.ones(3, dtype=int),
    )  # fmt: skip


def product_file(path, members=0):
    """A file of three fields, one without a standard name."""
    variables = {v.name: v for v in (FLUX, EXCHANGE, DEPTH)}
    values = np.arange(1.0, 4.0)[:, None] * np.ones(3)
    of_field = {"": values, "_sd": 0.1 * values, "_prior": 1.2 * values, "_prior_sd": 0.3 * values}
    if members:
        of_field["_member"] = np.stack([values + n for n in range(members)])
    fields = dict.fromkeys(variables, of_field)
    about = {
        "title": "A made-up product", "history": history_line(Path("runs/demo")), "comment": "",
    }  # fmt: skip
    dataset = product_dataset(fields, variables, MONTHS, product_grid(three_cells()), about)
    write_dataset(path, dataset)
    return path
