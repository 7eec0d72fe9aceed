"""Parameter values for a forward run, from a result.nc or a table of physical values."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import numpy as np
from attrs import evolve

from ..config.sections import ParameterSection
from ..core.control import Control
from ..core.errors import InvalidInput, did_you_mean
from ..core.transforms import TRANSFORMS
from ..io.netcdf_lock import netcdf_lock
from .experiment_data import ExperimentData

E = TypeVar("E", bound=ExperimentData)


def parameter_values(path: Path) -> dict[str, float]:
    """Physical values by full name, from a result.nc (its posterior) or a TOML file.

    Raises:
        InvalidInput: the file cannot be read.
    """
    if path.is_dir():
        path = path / "result.nc"
    if not path.is_file():
        message = f"--parameters {path} does not exist; expected a result.nc or a TOML file."
        raise InvalidInput(message, code="missing-file", where=path.name)
    if path.suffix == ".toml":
        with open(path, "rb") as file:
            try:
                return {str(k): float(v) for k, v in tomllib.load(file).items()}
            except (tomllib.TOMLDecodeError, TypeError, ValueError):
                raise InvalidInput(
                    f'{path} is no table of numbers; expected lines such as "bethy.V_m[4]" = 40.0.',
                    code="not-numeric",
                    where=path.name,
                ) from None
    import xarray as xr  # slow to import

    try:
        with netcdf_lock, xr.open_dataset(path) as result:
            names = result["control"].values.astype(str)
            posterior = result["parameter_posterior"].values
    except (OSError, ValueError, KeyError) as error:
        raise InvalidInput(
            f"{path} holds no posterior parameters ({error}); expected the result.nc of a run.",
            code="missing-variable",
            where=f"{path.name}: parameter_posterior",
        ) from error
    return {str(k): float(v) for k, v in zip(names, posterior, strict=True)}


def with_fixed(experiment: E, path: Path, values: Mapping[str, float]) -> E:
    """The experiment with these values as means of its inactive parameters.

    Raises:
        InvalidInput: an unknown parameter, or an impossible value.
    """
    config = experiment.config
    require_possible(path, values, experiment.control)
    changes = dict(config.parameters)
    for element in experiment.control.elements:
        if element.position < 0 and element.name in values:
            # last, because the later key wins
            change = changes.pop(element.name, ParameterSection())
            changes[element.name] = evolve(change, mean=values[element.name])
    return evolve(experiment, config=evolve(config, parameters=changes))


def require_possible(path: Path, values: Mapping[str, float], control: Control) -> None:
    """Raise InvalidInput for an unknown parameter, or a value outside its bounds."""
    elements = {e.name: e.parameter for e in control.elements}
    for name, value in values.items():
        if name not in elements:
            raise InvalidInput(
                f"{path} names '{name}', which neither the model nor an operator of this "
                f"experiment has.{did_you_mean(name, elements)}",
                code="unknown-parameter",
                where=name,
            )
        parameter = elements[name]
        lower, upper = parameter.bounds
        if not TRANSFORMS[parameter.transform].reaches(value, parameter.bounds):
            raise InvalidInput(
                f"{path} has the impossible value {value:g} {parameter.units} of '{name}': its "
                f"bounds are {lower:g} and {upper:g} with transform '{parameter.transform}'.",
                code="out-of-range",
                where=name,
            )


def control_values(values: Mapping[str, float], control: Control) -> np.ndarray:
    """The control vector of physical values, without those of inactive parameters."""
    active = set(control.names)
    return control.pack({name: value for name, value in values.items() if name in active})
