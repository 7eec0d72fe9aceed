"""`ccdas product`: monthly fields of a run as a CF file, with their uncertainty."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .display import progress, show
from .options import DATA, RUN_FOLDER, SET, names, settings

FIELDS = Annotated[str, typer.Option("--fields", help="Fields, separated by commas: gpp,nep,vod.")]
FILE = Annotated[Path, typer.Option("--out", help="netCDF file, or zarr folder F.zarr.")]
GRID = Annotated[
    float | None,
    typer.Option(
        "--grid", help="Spacing of another grid in degrees; that of the model by default."
    ),
]
MEMBERS = Annotated[
    int, typer.Option("--members", help="Draws from the posterior whose fields are added.")
]
REGIONS = Annotated[
    Path | None, typer.Option("--regions", help="CSV file of the regional targets of the run.")
]


def product(
    folder: RUN_FOLDER,
    out: FILE,
    fields: FIELDS = "gpp,npp,nep",
    grid: GRID = None,
    members: MEMBERS = 0,
    regions: REGIONS = None,
    data: DATA = None,
    set_: SET = None,
) -> None:
    """Write monthly fields of a run on (time, lat, lon) with their posterior uncertainty."""
    from ..products.product import write_product
    from ..products.region_table import region_lines, write_regions

    if regions is not None:
        region_lines(folder, regions)  # its errors come before the product
    made = write_product(
        folder, out, names(fields) or (), grid=grid, members=members, data=data,
        settings=settings(set_), monitor=progress(),
    )  # fmt: skip
    written = [] if regions is None else [write_regions(folder, regions)]
    sizes = ", ".join(f"{name} {size}" for name, size in made.dataset.sizes.items())
    files = [str(path) for path in (made.path, *written)]
    show(
        "\n".join([*filter(None, made.notes), sizes, *files]),
        lambda: {"files": files, "sizes": dict(made.dataset.sizes), "notes": list(made.notes)},
    )
