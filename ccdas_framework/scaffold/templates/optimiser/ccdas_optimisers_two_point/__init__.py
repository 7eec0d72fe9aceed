"""Gradient descent with the step of Barzilai and Borwein."""

from ccdas_framework import hookimpl


@hookimpl
def optimisers():
    """The optimiser, under the name that `--optimiser` and a configuration use."""
    from .two_point import TwoPoint

    return {"two_point": TwoPoint}
