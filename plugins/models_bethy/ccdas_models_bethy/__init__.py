"""BETHY: photosynthesis, water, leaf area and soil carbon of thirteen plant functional types."""

from ccdas_framework import hookimpl

__version__ = "0.1.0"


@hookimpl
def process_models():
    """The model, as 'bethy'."""
    from .model import Bethy

    return {"bethy": Bethy}


def __getattr__(name):
    if name == "Bethy":  # imported at first use: listing plugins stays quick
        from .model import Bethy

        return Bethy
    raise AttributeError(f"module 'ccdas_models_bethy' has no attribute '{name}'")
