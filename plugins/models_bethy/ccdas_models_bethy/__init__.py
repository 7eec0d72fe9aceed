"""BETHY: photosynthesis, water, leaf area and soil carbon of thirteen plant functional types."""

from __future__ import annotations

from typing import Any

from ccdas_framework import ProcessModel, hookimpl

__version__ = "0.1.0"


@hookimpl
def process_models() -> dict[str, type[ProcessModel]]:
    """The model, as 'bethy'."""
    from .model import Bethy

    return {"bethy": Bethy}


def __getattr__(name: str) -> Any:
    if name == "Bethy":  # imported at first use: listing plugins stays quick
        from .model import Bethy

        return Bethy
    raise AttributeError(f"module 'ccdas_models_bethy' has no attribute '{name}'")
