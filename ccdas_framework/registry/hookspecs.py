"""The hooks of the entry-point group `ccdas_framework`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pluggy

from .recipe_types import MakeRecord, RecipeOutput

ENTRY_POINT_GROUP = "ccdas_framework"

hookspec = pluggy.HookspecMarker(ENTRY_POINT_GROUP)
hookimpl = pluggy.HookimplMarker(ENTRY_POINT_GROUP)


@hookspec
def process_models() -> dict[str, type]:  # type: ignore[empty-body]
    """Process models (M) by the name a configuration uses."""


@hookspec
def observation_operators() -> dict[str, type]:  # type: ignore[empty-body]
    """Observation operators (H) by name."""


@hookspec
def priors() -> dict[str, type]:  # type: ignore[empty-body]
    """Priors by name."""


@hookspec
def optimisers() -> dict[str, type]:  # type: ignore[empty-body]
    """Optimisers by name."""


@hookspec
def samplers() -> dict[str, type]:  # type: ignore[empty-body]
    """Samplers by name."""


@hookspec
def engines() -> dict[str, type]:  # type: ignore[empty-body]
    """Engines by name."""


@hookspec
def recipes() -> dict[str, Callable[..., RecipeOutput]]:  # type: ignore[empty-body]
    """Recipes of input files by name.

    Each is a function `recipe(out, data, *, setting=default, ...)` that writes `forcing.nc` to the
    folder `out`, from the folder `data` of published data or None, and returns a `RecipeOutput`.
    Its keyword-only arguments are the keys of `[inputs.settings]`. A key `seed` is the seed of what
    the recipe draws, such as the weather; the seeds of the truth and of the experiment do not
    reach it.
    """


@hookspec
def recipe_observations() -> dict[str, dict[str, MakeRecord]]:  # type: ignore[empty-body]
    """Observations added to recipes: recipe -> stream -> function.

    Each function receives the `RecipeDomain` of the recipe and the folder of published data (or
    None), and returns an `ObservationRecord`. It is called only if a run has the stream.
    """


@hookspec
def experiments() -> dict[str, Path]:  # type: ignore[empty-body]
    """Experiments by name: the path of an installed TOML file for each.

    `ccdas run NAME` runs the file, and paths in it are relative to its folder.
    """


@hookspec
def published_data() -> Path:  # type: ignore[empty-body]
    """Catalogue of the published data that the experiments of the package need, a TOML file.

    It has a table [[file]] for each file, with the arguments of `PublishedFile` as keys.
    `ccdas data fetch NAME` reads it.
    """


@hookspec
def readers() -> dict[str, type]:  # type: ignore[empty-body]
    """Readers of data products by the kind that `ccdas data import` takes."""


@hookspec
def plots() -> dict[str, Callable[..., Any]]:  # type: ignore[empty-body]
    """Plots by the name that `ccdas plot RUN NAME` takes.

    Each is a function `plot(run, *, option=default, ...)` of an `OpenedRun` that returns a
    `matplotlib.figure.Figure`. Its keyword arguments are the options of `--set`, and the first line
    of its docstring is its description.
    """


@hookspec
def report_sections() -> dict[str, Callable[..., Any]]:  # type: ignore[empty-body]
    """Sections of the report of a run by name.

    Each is a function `section(run)` of an `OpenedRun` that returns a `ReportSection`, or None
    where the run has nothing to show.
    """


@hookspec
def commands(app: Any) -> None:
    """Add commands of the package to the command line, a Typer application."""
