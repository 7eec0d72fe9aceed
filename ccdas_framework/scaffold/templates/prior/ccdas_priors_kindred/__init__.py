"""A prior whose elements of one parameter are correlated."""

from ccdas_framework import hookimpl


@hookimpl
def priors():
    """The prior, under the name that `[prior] name` uses."""
    from .kindred import Kindred

    return {"kindred": Kindred}
