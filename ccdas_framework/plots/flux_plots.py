"""Plots of fields and targets: maps, seasonal cycles and regional budgets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..core.errors import InvalidInput
from ..report import cell_maps, tables
from ..report.budget_figure import budgets
from ..report.cycle_figure import cycle as drawn_cycle
from ..report.gridded_fields import on_cells
from ..report.opened_run import OpenedRun, monthly_fields
from .plotted_data import Plotted, known, plot, the_part
from .product_cells import is_product, product_cells, product_fields

FIELD = "nep"  # of a run, where none is named
FIELDS = "Give the folder of a run, an opened run or its fields; for maps, also a product."


@plot
def map(run: Plotted, field: str = "", *, month: str = "", regions: str = "") -> Any:
    """Maps of a field with prior and posterior, their difference and, where known, their sd.

    The sd is that of the draws of `ccdas run --draws`, or of a product. A flux in gC m-2 d-1 is
    drawn in gC m-2 yr-1, and any other field in its own unit.

    Args:
        run: folder of a run, opened run, its `fields` or a part of them such as
            `run.fields["gpp"].isel(time=6)`, or product of `ccdas product`.
        field: name of the field; "" for "nep", or for the field that is given, such as
            `run.fields["gpp"]`.
        month: such as "2010-07"; "" for the mean of all months. The sd of a mean of months needs
            draws. A product has that of single months, and their root mean square is drawn.
        regions: borders to draw, "cells" (regions of the cells), "continents", or "".
    """
    if is_product(run):
        field = field or FIELD
        known(field, product_fields(run), "field")
        cells, values, sd = product_cells(run, field, month)
        factor, units = cell_maps.by_year(np.ones(1), run[field])
        return cell_maps.with_sd(
            cells, field, [factor * v for v in values], [factor * s for s in sd], units, regions,
            of_single_months=not month and run.sizes.get("time", 1) > 1,
        )  # fmt: skip
    fields = _fields(run)
    field = _chosen(run, field, fields)
    chosen = _of_month(fields, month)
    draws = run.draws if isinstance(run, OpenedRun) else None
    if draws is None or field not in draws or fields.sizes["run"] < 2:
        return cell_maps.means(chosen, field, regions)
    values = chosen[field].transpose("run", "time", "cell").mean("time").values
    spread = _of_month(draws, month)[field].mean("time").std("draw", ddof=1).values
    factor, units = cell_maps.by_year(np.ones(1), fields[field])
    return cell_maps.with_sd(
        fields, field, list(factor * values), [factor * spread], units, regions
    )


@plot
def cycle(run: Plotted, field: str = "") -> Any:
    """Mean seasonal cycle of a field over the area of each region, prior and posterior.

    Args:
        run: folder of a run, opened run, its `fields` or a part of them.
        field: name of the field; "" for "nep", or for the field that is given, such as
            `run.fields["gpp"]`.

    Raises:
        InvalidInput: fields without dates, such as means over time.
    """
    fields = _fields(run)
    return drawn_cycle(_dated(fields), _chosen(run, field, fields))


@plot
def targets(run: Plotted, quantity: str = "", *, period: str = "") -> Any:
    """Regional budgets, prior and posterior with one sd, a panel for each quantity.

    Args:
        run: folder of a run, opened run, or dataset of `targets.nc`.
        quantity: such as "nep"; "" for all of them.
        period: name of a group of `targets.nc`, such as "DJF"; "" for the window.
    """
    if isinstance(run, OpenedRun) and period:
        data = run.files.targets[known(period, list(run.periods), "period")]
    else:
        data = the_part(run, "targets", "prior", "targets.nc of `ccdas run` has it.")
    rows = tables.targets(data)
    quantities = list(dict.fromkeys(row["quantity"] for row in rows))
    if quantity:
        known(quantity, quantities, "quantity of the targets")
    return budgets([row for row in rows if quantity in ("", row["quantity"])])


def _fields(run: Plotted) -> Any:
    """Dataset of `fields.nc`, over cells."""
    if isinstance(run, OpenedRun):
        return the_part(run.files.fields, "", "area", FIELDS)
    return on_cells(run)


def _chosen(run: Plotted, field: str, fields: Any) -> str:
    """Name of a field; where none is named, that of a single field, or `FIELD`."""
    names = monthly_fields(fields)
    default = next(iter(names), "") if hasattr(run, "to_dataset") else FIELD
    return known(field or default, names, "field")


def _dated(fields: Any) -> Any:
    """The fields, where their months have dates."""
    if "time" not in fields.coords:
        raise InvalidInput(
            "the fields have no dates, which this plot needs. Draw them before a mean over time.",
            code="missing-field",
            where="time",
        )
    return fields


def _of_month(data: Any, month: str) -> Any:
    """One month of a dataset, or all of them."""
    if not month:
        return data
    data = _dated(data)
    months: Sequence[str] = data["time"].values.astype("datetime64[M]").astype(str).tolist()
    known(month, months, "month")
    return data.isel(time=[n for n, name in enumerate(months) if name == month])
