"""Names of this package that have moved to `ccdas_transport`."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any


def deprecated_names(old_module: str, names: tuple[str, ...]) -> Callable[[str], Any]:
    """A module `__getattr__` that takes names from `ccdas_transport`, with a DeprecationWarning.

    Args:
        old_module: module that held the names.
        names: public names of `ccdas_transport`.
    """

    def lookup(name: str) -> Any:
        if name not in names:
            raise AttributeError(f"module '{old_module}' has no attribute '{name}'")
        import ccdas_transport

        warnings.warn(
            f"{old_module}.{name} has moved: import {name} from ccdas_transport.",
            DeprecationWarning,
            stacklevel=2,
        )
        return getattr(ccdas_transport, name)

    return lookup
