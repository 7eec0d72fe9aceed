"""The contents of a run's netCDF files: names, units and attributes that other tools rely on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from attrs import field, frozen

from ..core.domain import Grid
from ..core.observations import Observations
from ..core.variables import Variable
from ..io.netcdf import texts
from ..io.observation_files import CONVENTIONS, EPOCH, days_since_epoch

LATITUDE = {"units": "degrees_north", "standard_name": "latitude"}
LONGITUDE = {"units": "degrees_east", "standard_name": "longitude"}
SIGN = "gpp and npp gained by plants, nep positive into the land"
TARGETS = {
    "prior": "mean of the period, prior",
    "prior_sd": "standard deviation of the mean of the period, prior",
    "posterior": "mean of the period, posterior",
    "posterior_sd": "standard deviation of the mean of the period, posterior",
}
REDUCTION = "1 - posterior / prior standard deviation"
DAYS = {"units": EPOCH, "calendar": "standard"}


@frozen(eq=False)
class Simulated:
    """A stream before and after.

    Args:
        variable: what is observed, with its units.
        observations: as assimilated (after selection and scaling), shape (obs,).
        prior: simulated with the prior, shape (obs,).
        posterior: simulated with the posterior; None where nothing was optimised.
        place: what a label names, "station" or "cell".
        attributes: of the group (`comment`: what is synthetic, what was dropped).
    """

    variable: Variable
    observations: Observations
    prior: Any
    posterior: Any = None
    place: str = "station"
    attributes: Mapping[str, Any] = field(factory=dict)


def global_attributes(attributes: Mapping[str, Any] | None = None) -> Any:
    """An empty dataset that carries the attributes of a file."""
    import xarray as xr  # slow to import

    return xr.Dataset(attrs=_attributes(attributes))


def result_dataset(
    *,
    control: Sequence[str],
    control_prior: Any,
    parameter_prior: Any,
    parameter_prior_sd: Any,
    parameter_unit: Sequence[str],
    control_scale_mean: Any = None,
    control_scale_sd: Any = None,
    control_posterior: Any = None,
    parameter_posterior: Any = None,
    parameter_posterior_sd: Any = None,
    uncertainty_reduction: Any = None,
    posterior_covariance: Any = None,
    cost: Any = None,
    gradient_norm: Any = None,
    cost_term: Any = None,
    term: Sequence[str] = (),
    status: str = "",
    message: str = "",
    attributes: Mapping[str, Any] | None = None,
) -> Any:
    """The dataset of `result.nc`; what is None is left out.

    Args:
        control: names, shape (control,).
        control_prior, control_posterior: control vector, 0 at `control_scale_mean`, 1 at one
            `control_scale_sd` from it.
        parameter_prior, parameter_prior_sd, parameter_posterior, parameter_posterior_sd:
            physical values, in `parameter_unit`.
        control_scale_mean, control_scale_sd: physical value at control 0 and its distance to that
            at control 1, as the table of parameters has them; they differ from the prior where
            that is the posterior of an earlier run.
        parameter_unit: unit of each.
        uncertainty_reduction: 1 - posterior sd / prior sd, in control space.
        posterior_covariance: of the control vector, shape (control, control).
        cost, gradient_norm: of each iteration, the starting point first, shape (iteration,).
        cost_term: contribution of the prior and of each stream, shape (iteration, term).
        term: names of the terms.
        status, message: how the optimiser ended.
        attributes: of the file.
    """
    import xarray as xr  # slow to import

    scaled = "0 at control_scale_mean, 1 at one control_scale_sd from it"
    own = "in the units of parameter_unit"
    columns: dict[str, tuple[tuple[str, ...], Any, dict[str, str]]] = {
        "control_prior": (("control",), control_prior, pure(f"prior control vector, {scaled}")),
        "control_posterior": (
            ("control",), control_posterior, pure(f"posterior control vector, {scaled}"),
        ),
        "parameter_prior": (("control",), parameter_prior, {"long_name": f"prior mean, {own}"}),
        "parameter_prior_sd": (
            ("control",), parameter_prior_sd, {"long_name": f"prior standard deviation, {own}"},
        ),
        "control_scale_mean": (
            ("control",), control_scale_mean, {"long_name": f"mean that scales the control, {own}"},
        ),
        "control_scale_sd": (
            ("control",), control_scale_sd,
            {"long_name": f"standard deviation that scales the control, {own}"},
        ),
        "parameter_posterior": (
            ("control",), parameter_posterior, {"long_name": f"posterior value, {own}"},
        ),
        "parameter_posterior_sd": (
            ("control",), parameter_posterior_sd,
            {"long_name": f"posterior standard deviation, {own}"},
        ),
        "uncertainty_reduction": (
            ("control",), uncertainty_reduction,
            pure("1 - posterior / prior standard deviation of the control"),
        ),
        "parameter_unit": (("control",), strings(parameter_unit), {"long_name": "unit"}),
        "posterior_covariance": (
            ("control", "control2"), posterior_covariance,
            pure("posterior error covariance of the control vector"),
        ),
        "cost": (("iteration",), cost, pure("cost J, with the prior")),
        "gradient_norm": (
            ("iteration",), gradient_norm, pure("Euclidean norm of dJ/dx, x the control vector"),
        ),
        "cost_term": (
            ("iteration", "term"), cost_term, pure("contribution of each term to the cost"),
        ),
    }  # fmt: skip
    names = strings(control)
    coordinates: dict[str, Any] = {"control": ("control", names, {"long_name": "parameter"})}
    if cost is not None:
        coordinates["iteration"] = ("iteration", np.arange(len(cost)), pure("iteration"))
    if posterior_covariance is not None:
        coordinates["control2"] = ("control2", names, {"long_name": "parameter"})
    if cost_term is not None:
        coordinates["term"] = ("term", strings(term), {"long_name": "prior, or a stream"})
    return xr.Dataset(
        {name: column for name, column in columns.items() if column[1] is not None},
        coords=coordinates,
        attrs={**_attributes(attributes), "status": status, "message": message},
    )


def stream_dataset(stream: Simulated) -> Any:
    """The dataset of one group of `simulated.nc`, dimension obs."""
    import xarray as xr  # slow to import

    seen, variable = stream.observations, stream.variable
    what = variable.long_name or variable.name
    units = {"units": variable.units}
    first, last = days_since_epoch(seen.start), days_since_epoch(seen.end)
    columns = {
        "time": (0.5 * (first + last + 1), {**DAYS, "long_name": "middle of the period"}),
        "time_start": (first, {**DAYS, "long_name": "first day, included"}),
        "time_end": (last, {**DAYS, "long_name": "last day, included"}),
        "latitude": (seen.latitude, LATITUDE),
        "longitude": (seen.longitude, LONGITUDE),
        stream.place: (strings(seen.label), {"long_name": stream.place}),
        "observed": (seen.values, {**units, "long_name": f"observed {what}"}),
        "observed_sd": (
            seen.sd,
            {**units, "long_name": f"standard deviation of the error of observed {what}"},
        ),
        "prior": (stream.prior, {**units, "long_name": f"{what} simulated with the prior"}),
        "posterior": (
            stream.posterior,
            {**units, "long_name": f"{what} simulated with the posterior"},
        ),
    }
    return xr.Dataset(
        {
            name: ("obs", np.asarray(values), attrs)
            for name, (values, attrs) in columns.items()
            if values is not None
        },
        attrs={"observes": variable.name, **stream.attributes},
    )


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
        fields: name -> per area of the whole cell, shape (run, time, cell).
        variables: name -> unit, and sign in its long name.
        month: of each time, datetime64 (any day of it), shape (time,).
        grid: cells.
        run: names of the runs.
        attributes: of the file.
    """
    import xarray as xr  # slow to import

    months = np.asarray(month).astype("datetime64[M]")
    bounds = days_since_epoch(np.stack([months, months + 1], axis=1).astype("datetime64[D]"))
    extent = "half the extent of the cell in"
    cells: dict[str, Any] = {
        "latitude": (grid.latitude, LATITUDE),
        "longitude": (grid.longitude, LONGITUDE),
        "area": (grid.area, {"units": "m2", "standard_name": "cell_area"}),
        "region": (strings(grid.region), {"long_name": "region"}),
        "latitude_half_width": (
            grid.half_width[:, 0], {"units": "degrees", "long_name": f"{extent} latitude"},
        ),
        "longitude_half_width": (
            grid.half_width[:, 1], {"units": "degrees", "long_name": f"{extent} longitude"},
        ),
    }  # fmt: skip
    coordinates = {name: ("cell", values, attrs) for name, (values, attrs) in cells.items()}
    coordinates["run"] = ("run", strings(run), {"long_name": "parameters of the run"})
    coordinates["time"] = ("time", bounds.mean(axis=1), {**DAYS, "bounds": "time_bounds"})
    data: dict[str, Any] = {"time_bounds": (("time", "bound"), bounds)}
    for name, values in fields.items():
        variable = variables[name]
        attrs = {
            "units": variable.units,
            "long_name": variable.long_name or name,
            "cell_methods": "time: mean",
        }
        data[name] = (("run", "time", "cell"), np.asarray(values), attrs)
    return xr.Dataset(data, coords=coordinates, attrs=_attributes(attributes))


def targets_dataset(
    *,
    region: Sequence[str],
    quantity: Sequence[str],
    prior: Any,
    prior_sd: Any = None,
    posterior: Any = None,
    posterior_sd: Any = None,
    uncertainty_reduction: Any = None,
    units: str | Sequence[str] = "PgC yr-1",
    target: Sequence[str] = (),
    prior_correlation: Any = None,
    posterior_correlation: Any = None,
    attributes: Mapping[str, Any] | None = None,
) -> Any:
    """The dataset of `targets.nc`, or of one of its periods; what is None is left out.

    Args:
        region, quantity: names.
        prior, prior_sd, posterior, posterior_sd: mean rates of the period, per year, shape (region,
            quantity).
        uncertainty_reduction: 1 - posterior sd / prior sd, shape (region, quantity).
        units: of the values, one or one a quantity.
        target: names of all targets of the file in a row.
        prior_correlation, posterior_correlation: between them, shape (target, target).
        attributes: of the file or group.
    """
    import xarray as xr  # slow to import

    each = [units] * len(quantity) if isinstance(units, str) else list(units)
    common = {"units": each[0]} if len(set(each)) == 1 else {}
    dims = ("region", "quantity")
    numbers = {
        "prior": prior, "prior_sd": prior_sd, "posterior": posterior, "posterior_sd": posterior_sd,
    }  # fmt: skip
    data: dict[str, Any] = {
        name: (dims, np.asarray(values), {**common, "long_name": f"{TARGETS[name]}; {SIGN}"})
        for name, values in numbers.items()
        if values is not None
    }
    if uncertainty_reduction is not None:
        data["uncertainty_reduction"] = (
            dims,
            np.asarray(uncertainty_reduction),
            pure(REDUCTION),
        )
    data["unit"] = ("quantity", strings(each), {"long_name": "unit of the quantity"})
    coordinates = {"region": strings(region), "quantity": strings(quantity)}
    matrices = {"prior": prior_correlation, "posterior": posterior_correlation}
    for name, matrix in matrices.items():
        if matrix is not None:
            text = pure(f"correlation of the {name} errors of two targets")
            data[f"{name}_correlation"] = (("target", "target2"), np.asarray(matrix), text)
            coordinates |= {"target": strings(target), "target2": strings(target)}
    return xr.Dataset(data, coords=coordinates, attrs=_attributes(attributes))


def declared_dataset(
    *,
    target: Sequence[str],
    quantity: Sequence[str],
    region: Sequence[str],
    period: Sequence[str],
    statistic: Sequence[str],
    units: Sequence[str],
    prior: Any,
    prior_sd: Any = None,
    posterior: Any = None,
    posterior_sd: Any = None,
    uncertainty_reduction: Any = None,
) -> Any:
    """The group 'declared' of `targets.nc`, dimension target; what is None is left out.

    Args:
        target: names.
        quantity, region, period, statistic, units: what each is.
        prior, prior_sd, posterior, posterior_sd, uncertainty_reduction: of each.
    """
    import xarray as xr  # slow to import

    numbers = {
        "prior": prior, "prior_sd": prior_sd, "posterior": posterior, "posterior_sd": posterior_sd,
    }  # fmt: skip
    data: dict[str, Any] = {
        name: ("target", np.asarray(values), {"long_name": f"{TARGETS[name]}; {SIGN}"})
        for name, values in numbers.items()
        if values is not None
    }
    if uncertainty_reduction is not None:
        values = np.asarray(uncertainty_reduction)
        data["uncertainty_reduction"] = ("target", values, pure(REDUCTION))
    what = {"quantity": quantity, "region": region, "period": period, "statistic": statistic}
    data |= {name: ("target", strings(texts_)) for name, texts_ in what.items()}
    data["unit"] = ("target", strings(units), {"long_name": "unit of the target"})
    return xr.Dataset(data, coords={"target": strings(target)})


def _attributes(attributes: Mapping[str, Any] | None) -> dict[str, Any]:
    given = {k: v for k, v in (attributes or {}).items() if v is not None}
    return {"Conventions": CONVENTIONS, **given}


def pure(long_name: str) -> dict[str, str]:
    """Attributes of a variable without unit."""
    return {"units": "1", "long_name": long_name}


def strings(values: Any) -> np.ndarray:
    """Labels as netCDF strings."""
    return texts(list(values)).astype(object)
