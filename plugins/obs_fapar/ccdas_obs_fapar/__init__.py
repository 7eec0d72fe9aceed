"""The absorbed fraction of photosynthetically active radiation (FAPAR) of satellites."""

from ccdas_framework import hookimpl


@hookimpl
def observation_operators():
    """The operator of this package, under the name a configuration uses."""
    from .fapar import Fapar

    return {"fapar": Fapar}


@hookimpl
def recipe_observations():
    """FAPAR for the experiments that ship and have some."""
    from .tower_fapar import tower_fapar

    return {"ten_sites": {"fapar": tower_fapar}}
