"""Libraries that are slow to import, imported at the first use of one of their names.

`ccdas plugins` and every run load the classes of all readers, and few of them read a product.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from attrs import frozen


@frozen
class LazyModule:
    """Stands for a module until a name of it is used.

    Args:
        module: name of the module.
    """

    module: str

    def __getattr__(self, name: str) -> Any:
        return getattr(import_module(self.module), name)


pandas: Any = LazyModule("pandas")
xarray: Any = LazyModule("xarray")
