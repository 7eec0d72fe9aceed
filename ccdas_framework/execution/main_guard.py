"""The guard that a script needs before it starts processes."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

from ..core.errors import CcdasError


def require_guard() -> None:
    """Raise an error where the script of this process would run again in each process it starts.

    Raises:
        CcdasError: it never compares `__name__`, and is no `__main__.py` of a package.
    """
    path = getattr(sys.modules.get("__main__"), "__file__", None)
    if path is None or Path(path).suffix != ".py" or Path(path).name == "__main__.py":
        return
    try:
        tree = ast.parse(Path(path).read_bytes())
    except (OSError, SyntaxError, ValueError):
        return
    compared = (n for c in ast.walk(tree) if isinstance(c, ast.Compare) for n in ast.walk(c))
    if not any(isinstance(n, ast.Constant) and n.value == "__main__" for n in compared):
        raise CcdasError(
            f"{path} starts processes, and each of them would run the script again. Put the lines "
            'that compute below the line `if __name__ == "__main__":`, indented by four spaces, '
            'or set compute.executor to "threads".',
            code="no-main-guard",
            where="compute.executor",
        )
