"""Recipes and experiments of the ccdas framework: the demo, `coarse_global` and sets of sites."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ccdas_framework import RecipeOutput, hookimpl


@hookimpl
def recipes() -> dict[str, Callable[..., RecipeOutput]]:
    """Recipes of input files by name."""
    from .catalogue import RECIPES

    return dict(RECIPES)


@hookimpl
def published_data() -> Path:
    """Catalogue of the published data that the experiments need."""
    return Path(__file__).with_name("published_data.toml")


@hookimpl
def experiments() -> dict[str, Path]:
    """TOML files of the experiments by name."""
    from .catalogue import experiment_files

    return experiment_files()
