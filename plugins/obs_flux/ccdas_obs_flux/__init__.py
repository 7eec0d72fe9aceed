"""Carbon and water fluxes of eddy-covariance towers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ccdas_framework import ObservationOperator, ObservationRecord, RecipeDomain, hookimpl


@hookimpl
def observation_operators() -> dict[str, type[ObservationOperator]]:
    """The operator of this package, under the name a configuration uses."""
    from .tower_flux import TowerFlux

    return {"flux": TowerFlux}


@hookimpl
def recipe_observations() -> dict[
    str, dict[str, Callable[[RecipeDomain, Path | None], ObservationRecord]]
]:
    """Observations of fluxes for the recipes that ship."""
    from .tower_records import monthly_fluxes, tower_fluxes, tower_latent_heat

    return {
        "ten_sites": {"flux": tower_fluxes, "latent_heat": tower_latent_heat},
        "twin_ten_sites": {"flux": monthly_fluxes},
        "demo": {"flux": monthly_fluxes},
    }
