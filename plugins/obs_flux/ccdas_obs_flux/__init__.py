"""Carbon and water fluxes of eddy-covariance towers."""

from ccdas_framework import hookimpl


@hookimpl
def observation_operators():
    """The operator of this package, under the name a configuration uses."""
    from .tower_flux import TowerFlux

    return {"flux": TowerFlux}


@hookimpl
def recipe_observations():
    """Observations of fluxes for the recipes that ship."""
    from .tower_records import monthly_fluxes, tower_fluxes, tower_latent_heat

    return {
        "ten_sites": {"flux": tower_fluxes, "latent_heat": tower_latent_heat},
        "twin_ten_sites": {"flux": monthly_fluxes},
        "demo": {"flux": monthly_fluxes},
    }
