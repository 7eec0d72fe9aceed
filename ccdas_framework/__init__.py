"""ccdas: a modular Carbon Cycle Data Assimilation System."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeVar

from .core.aggregate import area_mean, by_cell, by_month, period_mean
from .core.budget import Budget, BudgetSpent
from .core.cost_problem import SampledProblem
from .core.covariance import Covariance, Dense, Diagonal, half_square
from .core.domain import Domain, Forcing, Grid
from .core.ensemble import Ensemble, SamplingStart
from .core.errors import CcdasError, CcdasWarning, FailedRun, InvalidInput, did_you_mean
from .core.interfaces import (
    Array,
    Drivers,
    Engine,
    Fields,
    Namespace,
    ObservationOperator,
    Optimiser,
    Parameters,
    Prior,
    ProcessModel,
    Sampler,
)
from .core.observations import Observations, Stream, apply_masks, cell_stream
from .core.parameters import Parameter
from .core.result import Iteration, OptimisationResult
from .core.validators import in_range, is_flag, is_number, is_whole_number
from .core.variables import Variable
from .problem.robust_errors import modified_residuals
from .registry import (
    ImportedData,
    ObservationRecord,
    ProductReader,
    RecipeDomain,
    RecipeOutput,
    ReportSection,
    ScreenedSeries,
    hookimpl,
)
from .registry.version import INTERFACE_VERSION, VERSION

Command = TypeVar("Command", bound=Callable[..., None])

if TYPE_CHECKING:
    import numpy as np

    from .core.trees import tree_leaves, tree_unflatten
    from .engines.jax_engine import JaxEngine, cache_folder
    from .engines.namespace import numpy_namespace
    from .execution.machine_limits import cores
    from .experiment import load_experiment
    from .experiment.monitor import Monitor
    from .experiment.sampler_runs import require_suitable
    from .grids.zonal import distribute_zonally
    from .io.atomic import atomic_write
    from .io.coordinates import regular_grid
    from .io.data_folder import data_file
    from .io.data_kind import DataKind
    from .io.flux_direction import flux_direction
    from .io.land_cover import igbp_number, main_climate, plant_types_of_igbp
    from .io.marine_co2 import MARINE_CO2, marine_co2
    from .io.missing_values import with_missing
    from .io.monthly_times import months_of_times
    from .io.netcdf_lock import netcdf_lock
    from .io.netcdf_writer import write_netcdf
    from .io.observation_records import write_observation_record
    from .io.plant_types import PLANT_TYPE_NAMES
    from .io.reference_fields import Reference, merge_references, write_reference
    from .io.soil_properties import SOIL_CLASSES, soil_hydraulic_properties, soil_texture_class
    from .io.tower_records import TowerRecord, read_tower, read_tower_file
    from .io.unit_conversion import with_carbon
    from .optimisers.minimisation_record import MinimisationRecord
    from .products.product import write_product
    from .registry.named_settings import names_of
    from .report.opened_run import open_run

__version__ = VERSION

# names that few plugins need are imported at first use: name -> module
_LAZY = {
    "DataKind": "io.data_kind",
    "JaxEngine": "engines.jax_engine",
    "MARINE_CO2": "io.marine_co2",
    "MinimisationRecord": "optimisers.minimisation_record",
    "PLANT_TYPE_NAMES": "io.plant_types",
    "Reference": "io.reference_fields",
    "SOIL_CLASSES": "io.soil_properties",
    "TowerRecord": "io.tower_records",
    "atomic_write": "io.atomic",
    "cache_folder": "engines.jax_engine",
    "cores": "execution.machine_limits",
    "data_file": "io.data_folder",
    "distribute_zonally": "grids.zonal",
    "flux_direction": "io.flux_direction",
    "igbp_number": "io.land_cover",
    "load_experiment": "experiment",
    "main_climate": "io.land_cover",
    "marine_co2": "io.marine_co2",
    "merge_references": "io.reference_fields",
    "months_of_times": "io.monthly_times",
    "names_of": "registry.named_settings",
    "netcdf_lock": "io.netcdf_lock",
    "numpy_namespace": "engines.namespace",
    "plant_types_of_igbp": "io.land_cover",
    "open_run": "report.opened_run",
    "read_tower": "io.tower_records",
    "read_tower_file": "io.tower_records",
    "regular_grid": "io.coordinates",
    "require_suitable": "experiment.sampler_runs",
    "soil_hydraulic_properties": "io.soil_properties",
    "soil_texture_class": "io.soil_properties",
    "tree_leaves": "core.trees",
    "tree_unflatten": "core.trees",
    "with_carbon": "io.unit_conversion",
    "with_missing": "io.missing_values",
    "write_netcdf": "io.netcdf_writer",
    "write_observation_record": "io.observation_records",
    "write_product": "products.product",
    "write_reference": "io.reference_fields",
}
# deprecated name -> new name
RENAMED = {
    "Places": "RecipeDomain",
    "Prepared": "RecipeOutput",
    "along_rows": "distribute_zonally",
    "leaves": "tree_leaves",
    "rebuild": "tree_unflatten",
    "replacing": "atomic_write",
    "screened": "apply_masks",
    "stream_at_cells": "cell_stream",
}

__all__ = [
    "INTERFACE_VERSION",
    "MARINE_CO2",
    "PLANT_TYPE_NAMES",
    "SOIL_CLASSES",
    "Array",
    "Budget",
    "BudgetSpent",
    "CcdasError",
    "CcdasWarning",
    "Covariance",
    "DataKind",
    "Dense",
    "Diagonal",
    "Domain",
    "Drivers",
    "Engine",
    "Ensemble",
    "FailedRun",
    "Fields",
    "Forcing",
    "Grid",
    "ImportedData",
    "InvalidInput",
    "Iteration",
    "JaxEngine",
    "MinimisationRecord",
    "Namespace",
    "ObservationOperator",
    "ObservationRecord",
    "Observations",
    "OptimisationResult",
    "Optimiser",
    "Parameter",
    "Parameters",
    "Prior",
    "ProcessModel",
    "ProductReader",
    "RecipeDomain",
    "RecipeOutput",
    "Reference",
    "ReportSection",
    "SampledProblem",
    "Sampler",
    "SamplingStart",
    "ScreenedSeries",
    "Stream",
    "TowerRecord",
    "Variable",
    "apply_masks",
    "area_mean",
    "atomic_write",
    "by_cell",
    "by_month",
    "cache_folder",
    "cell_stream",
    "command_settings",
    "console",
    "convert_units",
    "cores",
    "data_file",
    "did_you_mean",
    "distribute_zonally",
    "flux_direction",
    "half_square",
    "hookimpl",
    "igbp_number",
    "in_range",
    "is_flag",
    "is_number",
    "is_whole_number",
    "load_experiment",
    "main_climate",
    "marine_co2",
    "merge_references",
    "modified_residuals",
    "months_of_times",
    "names_of",
    "netcdf_lock",
    "numpy_namespace",
    "open_run",
    "period_mean",
    "plant_types_of_igbp",
    "read_tower",
    "read_tower_file",
    "regular_grid",
    "require_suitable",
    "show_result",
    "soil_hydraulic_properties",
    "soil_texture_class",
    "tree_leaves",
    "tree_unflatten",
    "with_carbon",
    "with_json",
    "with_missing",
    "write_netcdf",
    "write_observation_record",
    "write_product",
    "write_reference",
]


def convert_units(values: Any, from_units: str, to_units: str) -> np.ndarray:
    """Values in other units, UDUNITS text; see `ccdas_framework.io.unit_conversion.convert`.

    Raises:
        InvalidInput: a unit is not valid, or the units belong to different quantities.
    """
    from .io.unit_conversion import convert

    return convert(values, from_units, to_units)


def console() -> Monitor:
    """Progress messages of a command on standard error, none with its option `--quiet`."""
    from .cli.display import progress

    return progress()


def with_json(command: Command) -> Command:
    """A command of a plugin with the option `--json`; it gives its result to `show_result`."""
    command.prints_results = True  # type: ignore[attr-defined]
    return command


def show_result(text: str, values: Callable[[], Mapping[str, Any]]) -> None:
    """Print the result of a command on standard output.

    Args:
        text: for people.
        values: the result for programs, called with the option `--json` of `with_json`.
    """
    from .cli.display import show

    show(text, values)


def command_settings(pairs: list[str] | None) -> dict[str, Any]:
    """Settings by name from the `KEY=VALUE` of the option `--set` of a command.

    Raises:
        InvalidExperiment: a setting without '='.
    """
    from .cli.options import settings

    return settings(pairs)


def __getattr__(name: str) -> Any:
    if name == "along_rows":  # the older call spreads by degrees
        _warn_renamed(name)
        return partial(__getattr__("distribute_zonally"), weight="degrees")
    if name in RENAMED:
        _warn_renamed(name)
        new_name = RENAMED[name]
        return __getattr__(new_name) if new_name in _LAZY else globals()[new_name]
    if name in _LAZY:
        return getattr(import_module(f".{_LAZY[name]}", __name__), name)
    raise AttributeError(f"module '{__name__}' has no attribute '{name}'")


def _warn_renamed(name: str) -> None:
    """Warn the module that uses a deprecated name."""
    warnings.warn(
        f"{__name__}.{name} is deprecated; use {RENAMED[name]} instead.",
        DeprecationWarning,
        stacklevel=3,
    )
