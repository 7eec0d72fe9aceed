"""The absorbed fraction of photosynthetically active radiation (FAPAR) of satellites."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ccdas_framework import ObservationOperator, ObservationRecord, RecipeDomain, hookimpl


@hookimpl
def observation_operators() -> dict[str, type[ObservationOperator]]:
    """The operator of this package, under the name a configuration uses."""
    from .fapar import Fapar

    return {"fapar": Fapar}


@hookimpl
def recipe_observations() -> dict[
    str, dict[str, Callable[[RecipeDomain, Path | None], ObservationRecord]]
]:
    """FAPAR for the experiments that ship and have some."""
    from .tower_fapar import tower_fapar

    return {"ten_sites": {"fapar": tower_fapar}}
