"""The guard that a script needs before it starts processes."""

from __future__ import annotations

import sys
from pathlib import Path

from ..core.errors import CcdasError


def require_guard() -> None:
    """Raise an error where the script of this process would run again in each process it starts.

    Raises:
        CcdasError: it never looks at `__name__`.
    """
    path = getattr(sys.modules.get("__main__"), "__file__", None)
    if path is None or Path(path).suffix != ".py":
        return
    try:
        text = Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return
    if "__name__" not in text:
        raise CcdasError(
            f"{path} starts processes, and each of them would run the script again. Put the lines "
            'that compute below the line `if __name__ == "__main__":`, indented by four spaces, '
            'or set compute.executor to "threads".',
            code="no-main-guard",
            where="compute.executor",
        )
