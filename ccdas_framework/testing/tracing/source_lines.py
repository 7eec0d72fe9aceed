"""Lines of a component's own code, for messages."""

from __future__ import annotations

import linecache
import re
import sys
import sysconfig
from functools import cache
from pathlib import Path
from traceback import extract_tb
from types import CodeType, FrameType

from ...core.errors import CcdasError

_FRAMEWORK = Path(__file__).parents[2]
# whose lines say nothing to the author of a component
_OURS = tuple(str(_FRAMEWORK / layer) for layer in ("testing", "engines", "core"))
_LIBRARIES = re.compile(
    r"[/\\\\](numpy|scipy|autograd|jax|jaxlib|attr|attrs|pluggy|pytest|_pytest|typer|click)[/\\\\]"
)
_PYTHON, _PACKAGES = (sysconfig.get_paths()[name] for name in ("stdlib", "purelib"))
Place = tuple[str, int]  # file and line


@cache
def _of_component(file: str) -> bool:
    if file.startswith(("<", *_OURS)) or _LIBRARIES.search(file):
        return False
    return not file.startswith(_PYTHON) or file.startswith(_PACKAGES)


def component_line() -> Place:
    """Innermost line of a component on the call stack; ("", 0) without one."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        code: CodeType = frame.f_code
        if _of_component(code.co_filename):
            return code.co_filename, frame.f_lineno
        frame = frame.f_back
    return "", 0


def line_text(place: Place) -> str:
    """'soil.py:31: `wet = xp.maximum(water, 0.0)`' of a place."""
    file, line = place
    if not file:
        return "an unknown line"
    code = linecache.getline(file, line).strip()
    return f"{Path(file).name}:{line}" + (f": `{code}`" if code else "")


def source_of(error: BaseException) -> str:
    """Innermost line of a component in the traceback of an exception, as text; '' without one."""
    frames = [f for f in extract_tb(error.__traceback__) if _of_component(f.filename)]
    return line_text((frames[-1].filename, frames[-1].lineno or 0)) if frames else ""


def describe(error: BaseException) -> str:
    """Text of an exception of a component, with the line that raised it."""
    place = source_of(error)
    suffix = f" at {place}" if place else ""
    kind = type(error).__name__
    if "Tracer" in kind or "Concretization" in kind:  # classes of jax, an optional package
        return (
            f"a Python branch, a loop over values or a function of numpy looks at a value that the "
            f"engine traces{suffix} ({kind}). Use xp.where and other functions of xp."
        )
    if isinstance(error, CcdasError):
        return str(error)
    text = f"{kind}: {error}".splitlines()[0]
    return f"{text}{suffix}"
