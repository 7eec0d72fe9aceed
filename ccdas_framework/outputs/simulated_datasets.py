"""The contents of `simulated.nc`, `fields.nc` and `draws.nc`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from attrs import evolve, field, frozen

from ..core.domain import Grid
from ..core.observations import Observations
from ..core.variables import Variable
from ..io.netcdf_writer import DAYS, LATITUDE, LONGITUDE, month_bounds
from ..problem.stream_data import StreamData
from .variable_tables import (
    PERIOD_AND_PLACE,
    VariableTable,
    file_attributes,
    named,
    period_and_place,
    pure,
    table_dataset,
)

EXTENT = "half the extent of the cell in"
CELLS: VariableTable = {
    "latitude": ("cell", LATITUDE),
    "longitude": ("cell", LONGITUDE),
    "area": ("cell", {"units": "m2", "standard_name": "cell_area"}),
    "region": ("cell", named("region")),
    "latitude_half_width": ("cell", {"units": "degrees", **named(f"{EXTENT} latitude")}),
    "longitude_half_width": ("cell", {"units": "degrees", **named(f"{EXTENT} longitude")}),
    "run": ("run", named("parameters of the run")),
    "time": ("time", {**DAYS, "bounds": "time_bounds"}),
    "time_bounds": ("time bound", {}),
}
DRAWS: VariableTable = {
    "control": ("control", named("parameter")),
    "control_draw": ("draw control", pure("control vector")),
    "parameter_draw": ("draw control", named("physical value, in the units of parameter_unit")),
    "parameter_unit": ("control", named("unit")),
}


@frozen(eq=False)
class Simulated:
    """A stream as observed and as simulated.

    Args:
        variable: observed quantity, with its units.
        observations: as assimilated (after selection and scaling), shape (obs,).
        prior: simulated with the prior, shape (obs,).
        posterior: simulated with the posterior. None where nothing was optimised.
        place: meaning of the labels, "station" or "cell".
        attributes: of the group (`comment`, `synthetic`, `dropped`).
    """

    variable: Variable
    observations: Observations
    prior: Any
    posterior: Any = None
    place: str = "station"
    attributes: Mapping[str, Any] = field(factory=dict)

    @classmethod
    def of(cls, stream: StreamData, prior: Any, posterior: Any = None, **attributes: Any) -> Self:
        """A stream of a problem, with the values, errors and labels that it assimilates."""
        selected = stream.observations.take(stream.index)
        return cls(
            variable=stream.operator.observes,
            observations=evolve(selected, values=stream.values, sd=stream.sd, label=stream.labels),
            prior=prior,
            posterior=posterior,
            place="station" if stream.domain_scope else "cell",
            attributes=attributes,
        )


def stream_dataset(stream: Simulated) -> Any:
    """The dataset of one group of `simulated.nc`, dimension obs."""
    observations, variable = stream.observations, stream.variable
    quantity, units = variable.long_name or variable.name, {"units": variable.units}
    error = f"standard deviation of the error of observed {quantity}"
    values = {
        **period_and_place(observations),
        stream.place: observations.label,
        "observed": observations.values,
        "observed_sd": observations.sd,
        "prior": stream.prior,
        "posterior": stream.posterior,
    }
    values["time"] = 0.5 * (values["time_start"] + values["time_end"] + 1)
    table: VariableTable = {
        "time": ("obs", {**DAYS, "long_name": "middle of the period"}),
        **PERIOD_AND_PLACE,
        stream.place: ("obs", named(stream.place)),
        "observed": ("obs", {**units, **named(f"observed {quantity}")}),
        "observed_sd": ("obs", {**units, **named(error)}),
        "prior": ("obs", {**units, **named(f"{quantity} simulated with the prior")}),
        "posterior": ("obs", {**units, **named(f"{quantity} simulated with the posterior")}),
    }
    return table_dataset(table, values, {"observes": variable.name, **stream.attributes})


def fields_dataset(
    *,
    fields: Mapping[str, Any],
    variables: Mapping[str, Variable],
    month: Any,
    grid: Grid,
    run: Sequence[str] = ("prior", "posterior"),
    attributes: Mapping[str, Any] | None = None,
) -> Any:
    """The dataset of `fields.nc`: monthly means of every cell.

    Args:
        fields: name -> mean over the area of the cell, shape (run, time, cell).
        variables: unit and long name of each field.
        month: of each time, datetime64 (any day of it), shape (time,).
        grid: cells.
        run: names of the runs.
        attributes: of the file.
    """
    bounds = month_bounds(month)
    cells = {
        **{name: getattr(grid, name) for name in ("latitude", "longitude", "area", "region")},
        "latitude_half_width": grid.half_width[:, 0],
        "longitude_half_width": grid.half_width[:, 1],
        "run": run,
        "time": bounds.mean(axis=1),
    }
    table = dict(CELLS)
    for name in fields:
        variable = variables[name]
        about = {"units": variable.units, **named(variable.long_name or name)}
        table[name] = ("run time cell", {**about, "cell_methods": "time: mean"})
    values = {**cells, "time_bounds": bounds, **fields}
    return table_dataset(table, values, file_attributes(attributes)).set_coords(list(cells))


def draws_dataset(
    *,
    control: Sequence[str],
    parameter_unit: Sequence[str],
    control_draw: Any,
    parameter_draw: Any,
    **maps: Any,
) -> Any:
    """The dataset of `draws.nc`.

    Args:
        control, parameter_unit: names and units, shape (control,).
        control_draw, parameter_draw: x and physical values, shape (draw, control).
        maps: arguments of `fields_dataset` but `run`, fields of shape (draw, time, cell).
    """
    numbers = [str(n) for n in range(1, len(np.asarray(control_draw)) + 1)]
    dataset = fields_dataset(run=numbers, **maps).drop_vars("run").rename_dims(run="draw")
    values = {
        "control": control,
        "control_draw": control_draw,
        "parameter_draw": parameter_draw,
        "parameter_unit": parameter_unit,
    }
    return dataset.merge(table_dataset(DRAWS, values))
