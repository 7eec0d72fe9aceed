"""Derivatives by differences of fourth order."""

from ccdas_framework import hookimpl


@hookimpl
def engines():
    """The engine, under the name that `--engine` and a configuration use."""
    from .five_point import FivePoint

    return {"five_point": FivePoint}
