"""The hooks of the entry-point group `ccdas_framework`."""

from __future__ import annotations

from typing import Any

import pluggy

ENTRY_POINT_GROUP = "ccdas_framework"

hookspec = pluggy.HookspecMarker(ENTRY_POINT_GROUP)
hookimpl = pluggy.HookimplMarker(ENTRY_POINT_GROUP)


@hookspec
def process_models() -> dict[str, type]:  # type: ignore[empty-body]
    """Process models (M) by the name a configuration uses."""


@hookspec
def observation_operators() -> dict[str, type]:  # type: ignore[empty-body]
    """Observation operators (H) by name."""


@hookspec
def priors() -> dict[str, type]:  # type: ignore[empty-body]
    """Priors by name."""


@hookspec
def optimisers() -> dict[str, type]:  # type: ignore[empty-body]
    """Optimisers by name."""


@hookspec
def engines() -> dict[str, type]:  # type: ignore[empty-body]
    """Engines by name."""


@hookspec
def commands(app: Any) -> None:
    """Add commands of your own to the command line, a Typer application."""
