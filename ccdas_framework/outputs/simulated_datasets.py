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
from .cell_raster import Raster, raster_of
from .class_fields import class_fraction, classes_of
from .variable_tables import (
    DatasetVariable,
    dataset_of,
    file_attributes,
    named,
    period_and_place,
    pure,
)

EXTENT = "half the extent of the cell in"
TIME = {"standard_name": "time", "long_name": "middle of the month"}


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
        unscaled: values before scaling, shape (obs,). None where nothing was scaled.
    """

    variable: Variable
    observations: Observations
    prior: Any
    posterior: Any = None
    place: str = "station"
    attributes: Mapping[str, Any] = field(factory=dict)
    unscaled: Any = None

    @classmethod
    def of(cls, stream: StreamData, prior: Any, posterior: Any = None, **attributes: Any) -> Self:
        """A stream of a problem, with the values, errors and labels that it assimilates."""
        selected = stream.unscaled
        scaled = not np.array_equal(selected.values, stream.values, equal_nan=True)
        if stream.gross_errors:
            units = stream.operator.observes.units
            lines = [error.text(units) for error in stream.gross_errors]
            attributes = {**attributes, "gross_errors": "\n".join(lines)}
        if stream.robust is not None:
            attributes = {**attributes, "robust": str(stream.robust)}
        return cls(
            variable=stream.operator.observes,
            observations=evolve(selected, values=stream.values, sd=stream.sd, label=stream.labels),
            prior=prior,
            posterior=posterior,
            place="station" if stream.domain_scope else "cell",
            attributes=attributes,
            unscaled=selected.values if scaled else None,
        )


def stream_dataset(stream: Simulated) -> Any:
    """The dataset of one group of `simulated.nc`, dimension obs."""
    observations, variable = stream.observations, stream.variable
    quantity, units = variable.long_name or variable.name, {"units": variable.units}
    error = f"standard deviation of the error of observed {quantity}"
    variables: dict[str, DatasetVariable] = {
        **period_and_place(observations),
        stream.place: ("obs", observations.label, named(stream.place)),
        "observed": ("obs", observations.values, {**units, **named(f"observed {quantity}")}),
        "observed_sd": ("obs", observations.sd, {**units, **named(error)}),
    }
    variables["quantity"] = ("obs", observations.quantity, named("quantity"))
    place_class = observations.extra.get("place_class")
    variables["place_class"] = ("obs", place_class, named("class of the place"))
    before = {**units, **named(f"observed {quantity} before scaling")}
    variables["observed_unscaled"] = ("obs", stream.unscaled, before)
    for run in ("prior", "posterior"):
        about = {**units, **named(f"{quantity} simulated with the {run}")}
        variables[run] = ("obs", getattr(stream, run), about)
    middle = 0.5 * (variables["time_start"][1] + variables["time_end"][1] + 1)
    variables["time"] = ("obs", middle, {**DAYS, "long_name": "middle of the period"})
    return dataset_of(variables, {"observes": variable.name, **stream.attributes})


def fields_dataset(
    *,
    fields: Mapping[str, Any],
    variables: Mapping[str, Variable],
    month: Any,
    grid: Grid,
    run: Sequence[str] = ("prior", "posterior"),
    attributes: Mapping[str, Any] | None = None,
    by_class: Mapping[str, Any] | None = None,
    class_names: Mapping[int, str] | None = None,
) -> Any:
    """The dataset of `fields.nc`: monthly means of every cell.

    Args:
        fields: name -> mean over the area of the cell, shape (run, time, cell).
        variables: unit and long name of each field.
        month: of each time, datetime64 (any day of it), shape (time,).
        grid: cells.
        run: names of the runs.
        attributes: of the file.
        by_class: name -> mean over the ground of each class, shape (run, time, cell, class), the
            classes those of `classes_of`.
        class_names: name of each class in words, where the model has them.
    """
    bounds = month_bounds(month)
    cells: dict[str, DatasetVariable] = {
        "latitude": ("cell", grid.latitude, LATITUDE),
        "longitude": ("cell", grid.longitude, LONGITUDE),
        "area": ("cell", grid.area, {"units": "m2", "standard_name": "cell_area"}),
        "region": ("cell", grid.region, named("region")),
        "latitude_half_width": (
            "cell", grid.half_width[:, 0], {"units": "degrees", **named(f"{EXTENT} latitude")},
        ),
        "longitude_half_width": (
            "cell", grid.half_width[:, 1], {"units": "degrees", **named(f"{EXTENT} longitude")},
        ),
        "run": ("run", run, named("parameters of the run")),
        "time": ("time", bounds.mean(axis=1), {**DAYS, **TIME, "bounds": "time_bounds"}),
    }  # fmt: skip
    contents = {**cells, "time_bounds": ("time bound", bounds, {})}
    for name, values in fields.items():
        variable = variables[name]
        about = {"units": variable.units, **named(variable.long_name or name)}
        contents[name] = ("run time cell", values, {**about, "cell_methods": "time: mean"})
    raster = raster_of(grid)
    if raster is not None:
        gathered = _gathering(raster)
        contents |= gathered
        cells |= gathered
    if by_class:
        contents |= _class_variables(by_class, variables, grid)
        cells["class"] = contents["class"]
        if class_names:
            words = [class_names.get(number, str(number)) for number in classes_of(grid)]
            cells["class_name"] = contents["class_name"] = (
                "class", words, named("class of the columns in words"),
            )  # fmt: skip
    return dataset_of(contents, file_attributes(attributes)).set_coords(list(cells))


def _gathering(raster: Raster) -> dict[str, DatasetVariable]:
    """Axes of the grid of the cells, and the place of each cell in it: CF compression."""
    about = {"compress": "lat lon", **named("position of the cell in the flattened grid")}
    return {
        "cell": ("cell", raster.position.astype("int32"), about),
        "lat": ("lat", raster.latitude, LATITUDE),
        "lon": ("lon", raster.longitude, LONGITUDE),
    }


def _class_variables(
    by_class: Mapping[str, Any], variables: Mapping[str, Variable], grid: Grid
) -> dict[str, DatasetVariable]:
    """Variables of `fields.nc` over the classes of the cells."""
    classes = classes_of(grid)
    contents: dict[str, DatasetVariable] = {
        "class": ("class", classes, named("class of the columns")),
        "class_fraction": (
            "cell class", class_fraction(grid, classes), pure("share of the cell under the class"),
        ),
    }  # fmt: skip
    for name, values in by_class.items():
        variable = variables[name]
        about = {
            "units": variable.units,
            **named(f"{variable.long_name or name}, over the ground of the class"),
            "cell_methods": "time: mean",
        }
        contents[f"{name}_by_class"] = ("run time cell class", values, about)
    return contents


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
    of_units = named("physical value, in the units of parameter_unit")
    draws: dict[str, DatasetVariable] = {
        "control": ("control", control, named("parameter")),
        "control_draw": ("draw control", control_draw, pure("control vector")),
        "parameter_draw": ("draw control", parameter_draw, of_units),
        "parameter_unit": ("control", parameter_unit, named("unit")),
    }
    return dataset.merge(dataset_of(draws))
