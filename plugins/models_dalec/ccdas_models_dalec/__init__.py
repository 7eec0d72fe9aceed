"""DALEC2: a box model of ecosystem carbon for data assimilation."""

from __future__ import annotations

from typing import Any

from ccdas_framework import ProcessModel, hookimpl

__version__ = "0.1.0"


@hookimpl
def process_models() -> dict[str, type[ProcessModel]]:
    """The model, as 'dalec'."""
    from .model import Dalec

    return {"dalec": Dalec}


def __getattr__(name: str) -> Any:
    if name == "Dalec":  # imported at first use: listing plugins stays quick
        from .model import Dalec

        return Dalec
    raise AttributeError(f"module 'ccdas_models_dalec' has no attribute '{name}'")
