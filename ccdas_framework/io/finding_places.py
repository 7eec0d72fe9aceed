"""Places of findings in files."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def place(path: Any, variable: str = "") -> str:
    """The place of a finding: the name of a file, and of a variable in it."""
    name = Path(path).name
    return f"{name}: {variable}" if variable else name
