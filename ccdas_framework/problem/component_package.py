"""Package of a component, and the lines of it in a traceback, in texts of limited length."""

from __future__ import annotations

import sys
import traceback
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from types import TracebackType
from typing import Any

GROUP = "ccdas_framework"  # of the entry points of packages
LONGEST = 400  # characters of a text from a component
FRAMES = 8  # lines of a package in a message


def package_of(component: Any) -> str:
    """Distribution that supplies a component: 'ccdas-obs-x 0.1.0', or the name of its module."""
    cls = component if isinstance(component, type) else type(component)
    module = top(cls.__module__)
    for entry in entry_points(group=GROUP):
        if top(entry.value.split(":")[0]) == module and entry.dist is not None:
            return f"{entry.dist.name} {entry.dist.version}"
    return cls.__module__


@cache
def _installed_packages() -> frozenset[str]:
    return frozenset(top(entry.value.split(":")[0]) for entry in entry_points(group=GROUP))


def loaded_packages() -> set[str]:
    """Packages with entry points of the group that this process has loaded."""
    return {name for name in _installed_packages() if name in sys.modules}


def top(module: str) -> str:
    """Name of the package of a module."""
    return module.split(".")[0]


def shortened(text: str, longest: int = LONGEST) -> str:
    """The text in one line, cut in its middle where it is longer."""
    text = " ".join(text.split())
    if len(text) <= longest:
        return text
    half = (longest - 5) // 2
    return f"{text[:half]} ... {text[-half:]}"


def place_in_package(component: Any, trace: TracebackType | None) -> str:
    """' (lai_vod.py, line 34)' of the last step of a traceback in a component's package, or ''."""
    frames = frames_of_package(component, trace)
    return f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""


def frames_of_package(component: Any, trace: TracebackType | None) -> list[traceback.FrameSummary]:
    """Steps of a traceback in the modules of a component's package."""
    cls = component if isinstance(component, type) else type(component)
    package = top(cls.__module__)
    steps = traceback.walk_tb(trace)
    own = [(f, n) for f, n in steps if top(f.f_globals.get("__name__", "")) == package]
    return list(traceback.StackSummary.extract(iter(own)))


def lines_of_package(component: Any, error: BaseException, trace: TracebackType | None) -> str:
    """The traceback of an exception inside a package, in at most 2 FRAMES + 5 lines."""
    frames = frames_of_package(component, trace)
    lines = ["Traceback (most recent call last):"]
    if len(frames) > FRAMES:
        lines.append(f"  ... {len(frames) - FRAMES} earlier calls of the package ...")
    for frame in frames[-FRAMES:]:
        lines.append(f'  File "{frame.filename}", line {frame.lineno}, in {frame.name}')
        lines.append(f"    {shortened(frame.line or '', 160)}")
    notes = [shortened(note) for note in getattr(error, "__notes__", ())[:2]]
    return "\n".join([*lines, shortened(f"{type(error).__name__}: {error}"), *notes])
