"""What `result.nc` says of the posterior beside its covariance, and the contents of `draws.nc`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..core.domain import Grid
from ..core.variables import Variable
from ..io.netcdf import texts
from .result_datasets import fields_dataset, pure


def posterior_dataset(
    *,
    control: Sequence[str],
    seen: Any,
    stream: Sequence[str] = (),
    degrees_of_freedom: Any = None,
    hessian_eigenvalue: Any = None,
    posterior_correlation: Any = None,
) -> Any:
    """Variables that join `result.nc`; what is None is left out.

    Args:
        control: names, shape (control,).
        seen: whether any simulated observation moves with it, shape (control,).
        stream: names.
        degrees_of_freedom: for signal, shape (stream,).
        hessian_eigenvalue: of the Hessian whitened by the prior, largest first.
        posterior_correlation: of the control vector, shape (control, control).
    """
    import xarray as xr  # slow to import

    names = texts(control)
    flags = {
        "long_name": "whether any simulated observation moves with the parameter",
        "flag_values": np.array([0, 1], dtype=np.int8),
        "flag_meanings": "unseen seen",
    }
    data: dict[str, Any] = {"seen": ("control", np.asarray(seen, dtype=np.int8), flags)}
    coordinates: dict[str, Any] = {"control": ("control", names, {"long_name": "parameter"})}
    if degrees_of_freedom is not None:
        text = "degrees of freedom for signal: how many numbers a stream determines"
        data["degrees_of_freedom"] = ("stream", np.asarray(degrees_of_freedom), pure(text))
        coordinates["stream"] = ("stream", texts(stream), {"long_name": "stream"})
    if hessian_eigenvalue is not None:
        text = "eigenvalue of the Hessian of the cost, whitened by the prior"
        data["hessian_eigenvalue"] = (
            "eigenvalue",
            np.asarray(hessian_eigenvalue),
            pure(text),
        )
    if posterior_correlation is not None:
        text = "posterior error correlation of the control vector"
        pair = ("control", "control2")
        data["posterior_correlation"] = (pair, np.asarray(posterior_correlation), pure(text))
        coordinates["control2"] = ("control2", names, {"long_name": "parameter"})
    return xr.Dataset(data, coords=coordinates)


def draws_dataset(
    *,
    control: Sequence[str],
    parameter_unit: Sequence[str],
    control_draw: Any,
    parameter_draw: Any,
    fields: Mapping[str, Any],
    variables: Mapping[str, Variable],
    month: Any,
    grid: Grid,
    attributes: Mapping[str, Any] | None = None,
) -> Any:
    """The dataset of `draws.nc`.

    Args:
        control, parameter_unit: names and units, shape (control,).
        control_draw, parameter_draw: x and physical values, shape (draw, control).
        fields: name -> monthly means, shape (draw, time, cell).
        variables: of the fields.
        month: first day of each month.
        grid: of the fields.
        attributes: of the file.
    """
    numbers = [str(n) for n in range(1, len(np.asarray(control_draw)) + 1)]
    maps = fields_dataset(
        fields=fields, variables=variables, month=month, grid=grid, run=numbers,
        attributes=attributes,
    )  # fmt: skip
    own = "physical value, in the units of parameter_unit"
    return (
        maps.drop_vars("run")
        .rename_dims(run="draw")
        .assign_coords(control=("control", texts(control), {"long_name": "parameter"}))
        .assign(
            control_draw=(("draw", "control"), control_draw, pure("control vector")),
            parameter_draw=(("draw", "control"), parameter_draw, {"long_name": own}),
            parameter_unit=("control", texts(parameter_unit), {"long_name": "unit"}),
        )
    )
