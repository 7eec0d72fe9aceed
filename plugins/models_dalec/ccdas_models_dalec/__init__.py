"""DALEC2: a box model of ecosystem carbon for data assimilation."""

from ccdas_framework import hookimpl

__version__ = "0.1.0"


@hookimpl
def process_models():
    """The model, as 'dalec'."""
    from .model import Dalec

    return {"dalec": Dalec}


def __getattr__(name):
    if name == "Dalec":  # imported at first use: listing plugins stays quick
        from .model import Dalec

        return Dalec
    raise AttributeError(f"module 'ccdas_models_dalec' has no attribute '{name}'")
