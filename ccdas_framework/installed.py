"""The components of the installed packages and of the framework itself."""

from __future__ import annotations

from . import builtin_plugins
from .registry.loading import load_registry
from .registry.plugin_registry import Registry

_REGISTRY: list[Registry] = []


def registry() -> Registry:
    """The installed components, collected once a process."""
    if not _REGISTRY:
        _REGISTRY.append(load_registry([builtin_plugins]))
    return _REGISTRY[0]
