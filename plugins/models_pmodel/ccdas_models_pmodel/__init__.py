"""The P-model of pyrealm, called as it is: a process model that no engine can trace."""

from __future__ import annotations

from typing import Any

from ccdas_framework import ProcessModel, hookimpl

__version__ = "0.1.0"


@hookimpl
def process_models() -> dict[str, type[ProcessModel]]:
    """The model, as 'pmodel'."""
    from .model import PModel

    return {"pmodel": PModel}


def __getattr__(name: str) -> Any:
    if name == "PModel":  # imported at first use: listing plugins stays quick
        from .model import PModel

        return PModel
    raise AttributeError(f"module 'ccdas_models_pmodel' has no attribute '{name}'")
