"""Files of figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..core.errors import InvalidInput
from ..io.atomic import atomic_write
from . import figures

SUFFIXES = (".png", ".svg", ".pdf")


def require_writable(out: Path) -> None:
    """Refuse a path that cannot become a figure, before one is drawn.

    Raises:
        InvalidInput: another suffix than `SUFFIXES`, or a missing folder.
    """
    if out.suffix.lower() not in SUFFIXES:
        raise InvalidInput(
            f"'{out}' has no suffix of a figure. Expected .png, .svg or .pdf.",
            code="wrong-option",
            where="--out",
        )
    if not out.resolve().parent.is_dir():
        raise InvalidInput(
            f"There is no folder {out.parent}. Make it, or name another one.",
            code="missing-folder",
            where="--out",
        )


def save(drawn: Any, out: Path) -> None:
    """Write a figure to a file whose suffix states the format.

    Raises:
        OSError: the file cannot be written.
    """
    import matplotlib  # optional

    with matplotlib.rc_context(figures.STYLE), atomic_write(out) as temporary:
        drawn.savefig(temporary, format=out.suffix[1:].lower(), dpi=150)
