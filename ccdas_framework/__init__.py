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
    ObservationRecord,
    Observations,
    Optimiser,
    Parameter,
    Places,
    Prepared,
    Prior,
    ProcessModel,
    Stream,
    Variable,
    area_mean,
    by_cell,
    by_month,
    hookimpl,
    is_flag,
    is_number,
    is_whole_number,
    period_mean,
    screened,
    stream_at_cells,
)
from .core.errors import CcdasError, InvalidInput

if TYPE_CHECKING:
    from pathlib import Path

    from .experiment.load import Experiment

__version__ = "0.1.0"

__all__ = [
    "CcdasError",
    "Covariance",
    "Dense",
    "Diagonal",
    "Domain",
    "Engine",
    "Forcing",
    "Grid",
    "InvalidInput",
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
    "area_mean",
    "by_cell",
    "by_month",
    "data_file",
    "hookimpl",
    "is_flag",
    "is_number",
    "is_whole_number",
    "load_experiment",
    "period_mean",
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
