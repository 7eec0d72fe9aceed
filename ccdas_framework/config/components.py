"""Components from tables of a configuration."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import attrs

from ..core.declarations import undeclared
from ..core.errors import CcdasError, Findings, did_you_mean
from ..installed import registry
from .paths import existing_path, path_settings
from .reader import joined

__all__ = ["component", "component_files", "engine_name", "registry"]


def component(
    kind: str,
    name: str,
    settings: Mapping[str, Any],
    where: str,
    source: str,
    folders: tuple[Path, ...],
    findings: Findings,
) -> Any | None:
    """An instance of a registered class from its table, or None and findings.

    Args:
        kind: hook that registers it.
        name: under which it is registered.
        settings: fields of the class.
        where: dotted key of the table, "streams.co2".
        folders: searched in this order for relative paths among the settings; without folders
            paths stay as they are.
    """
    section = f"{source}, [{where}]" if where else source
    try:
        cls = registry().component(kind, name)
    except CcdasError as error:
        for finding in error.findings:
            findings.add(finding.code, where, f"{finding.message} Config: {section}.")
        return None
    if not attrs.has(cls):
        findings.add(
            "not-attrs",
            where,
            f"{section}: '{name}' is {cls.__name__} of {cls.__module__}, which is no attrs class; "
            "its author has to decorate it with attrs.frozen, for its fields are its settings.",
        )
        return None
    before = len(findings)
    fields = {f.alias: f for f in attrs.fields(cls) if f.init}
    for key in [key for key in settings if key not in fields]:
        findings.add(
            "unknown-key",
            joined(where, key),
            f"unknown key '{key}' in {section}.{did_you_mean(key, fields)} "
            f"Settings of '{name}': {', '.join(fields) or 'none'}.",
        )
    paths = path_settings(cls)
    for key in sorted(paths & set(settings)):
        value = settings[key]
        if isinstance(value, str) and folders and not existing_path(value, folders).exists():
            findings.add(
                "missing-file",
                joined(where, key),
                f"{section}: '{key}' is '{value}', but there is no such file. Looked in "
                f"{', '.join(str(folder) for folder in folders)}.",
            )
    if len(findings) > before:
        return None
    values = {
        key: existing_path(value, folders) if key in paths and isinstance(value, str) else value
        for key, value in settings.items()
    }
    values = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
    try:
        instance = cls(**values)
    except (ValueError, TypeError, CcdasError) as error:
        message = error.args[0] if error.args else error
        findings.add("wrong-value", where, f"{section}: {message}")
        return None
    wrong = undeclared(instance)
    for finding in wrong:
        findings.add(finding.code, where, f"{section}: {finding.message}")
    return None if wrong else instance


def component_files(component: Any) -> tuple[Path, ...]:
    """Files that the settings of a component name, in the order of its fields."""
    paths = path_settings(type(component))
    fields = attrs.fields(type(component))
    values = [getattr(component, f.name) for f in fields if f.alias in paths]
    return tuple(path for path in values if isinstance(path, Path) and path.is_file())


def engine_name(name: str) -> str:
    """Name of the engine: 'auto' is JAX where it is installed, else autograd."""
    if name != "auto":
        return name
    return "jax" if find_spec("jax") is not None else "autograd"
