"""A nested dict as TOML text."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

import numpy as np


def toml_text(values: Mapping[str, Any]) -> str:
    """TOML of a nested dict; keys that hold None are left out, since TOML has no null."""
    import tomli_w

    return tomli_w.dumps(_table(values), multiline_strings=True)


def _table(values: Mapping[str, Any]) -> dict[str, Any]:
    return {str(k): _value(v) for k, v in values.items() if v is not None}


def _value(value: Any) -> Any:
    """A value of TOML from numpy, tuples and paths."""
    if isinstance(value, Mapping):
        return _table(value)
    if isinstance(value, np.ndarray):
        return _value(value.tolist())
    if isinstance(value, (np.datetime64, PurePath)):
        return str(value)
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_value(v) for v in value if v is not None]
    return value
