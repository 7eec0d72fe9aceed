"""Random-walk Metropolis sampler of independent chains."""

from ccdas_framework import hookimpl


@hookimpl
def samplers():
    """The sampler, under the name that a configuration uses."""
    from .random_walk import RandomWalk

    return {"random_walk": RandomWalk}
