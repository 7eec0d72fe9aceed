"""ccdas: a modular Carbon Cycle Data Assimilation System."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .core import (
    Covariance,
    Dense,
    Diagonal,
    Domain,
    Engine,
    Forcing,
    Grid,
    ObservationOperator,
    Observations,
    Optimiser,
    Parameter,
    Prior,
    ProcessModel,
    Stream,
    Variable,
    area_mean,
    by_cell,
    by_month,
    half_square,
    is_flag,
    is_number,
    is_whole_number,
    period_mean,
)
from .core import apply_masks as screened
from .core import cell_stream as stream_at_cells
from .core.errors import CcdasError, InvalidInput
from .registry import ObservationRecord, Places, Prepared, hookimpl
from .registry.version import INTERFACE_VERSION, VERSION

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    from .cli.progress import Console
    from .engines.namespace import leaves, numpy_namespace, rebuild
    from .experiment.load import Experiment
    from .grids.zonal import along_rows, distribute_zonally
    from .io.atomic import replacing
    from .io.coordinates import regular_grid
    from .optimisers.record import MinimisationRecord

__version__ = VERSION

# what few plugins need is imported when it is asked for: name -> module, name there
_LATER = {
    "along_rows": ("grids.zonal", "along_rows"),
    "distribute_zonally": ("grids.zonal", "distribute_zonally"),
    "MinimisationRecord": ("optimisers.record", "MinimisationRecord"),
    "leaves": ("engines.namespace", "leaves"),
    "numpy_namespace": ("engines.namespace", "numpy_namespace"),
    "rebuild": ("engines.namespace", "rebuild"),
    "regular_grid": ("io.coordinates", "regular_grid"),
    "replacing": ("io.atomic", "replacing"),
}

__all__ = [
    "INTERFACE_VERSION",
    "CcdasError",
    "Covariance",
    "Dense",
    "Diagonal",
    "Domain",
    "Engine",
    "Forcing",
    "Grid",
    "InvalidInput",
    "MinimisationRecord",
    "ObservationOperator",
    "ObservationRecord",
    "Observations",
    "Optimiser",
    "Parameter",
    "Places",
    "Prepared",
    "Prior",
    "ProcessModel",
    "Stream",
    "Variable",
    "along_rows",
    "area_mean",
    "by_cell",
    "by_month",
    "command_settings",
    "console",
    "convert_units",
    "data_file",
    "distribute_zonally",
    "half_square",
    "hookimpl",
    "is_flag",
    "is_number",
    "is_whole_number",
    "leaves",
    "load_experiment",
    "numpy_namespace",
    "period_mean",
    "rebuild",
    "regular_grid",
    "replacing",
    "screened",
    "stream_at_cells",
]


def load_experiment(*args: Any, **kwargs: Any) -> Experiment:
    """Read, check and assemble an experiment; see `ccdas_framework.experiment.load_experiment`."""
    from .experiment import load_experiment as load  # the core alone imports without files

    return load(*args, **kwargs)


def data_file(data: Path | None, name: str) -> Path:
    """Path of a file of the folder of published data that `--data` names.

    Raises:
        InvalidInput: no folder given, no such folder, or the file is not in it.
    """
    from .inputs.files import data_file as found

    return found(data, name)


def convert_units(values: Any, from_units: str, to_units: str) -> np.ndarray:
    """Values in other units, UDUNITS text; see `ccdas_framework.io.units.convert`.

    Raises:
        InvalidInput: a unit cannot be read, or they measure different things.
    """
    from .io.units import convert

    return convert(values, from_units, to_units)


def console() -> Console:
    """Says on standard error what a command is doing, as the commands of the framework do."""
    from .cli.progress import Console

    return Console()


def command_settings(pairs: list[str] | None) -> dict[str, Any]:
    """Settings by name from the `KEY=VALUE` of a command's `--set`.

    Raises:
        InvalidExperiment: one without '='.
    """
    from .cli.options import settings

    return settings(pairs)


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    from importlib import import_module

    module, there = _LATER[name]
    return getattr(import_module(f".{module}", __name__), there)
