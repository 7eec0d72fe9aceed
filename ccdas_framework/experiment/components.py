"""Components from tables of a configuration."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import attrs

from ..core.declarations import undeclared
from ..core.errors import CcdasError, did_you_mean
from ..installed import registry

__all__ = ["component", "component_files", "engine_name", "path_settings", "registry"]


def component(
    kind: str,
    name: str,
    settings: Mapping[str, Any],
    section: str,
    folders: tuple[Path, ...],
    problems: list[str],
) -> Any | None:
    """An instance of a registered class from its table, or None with sentences in `problems`.

    Args:
        kind: hook that registers it.
        name: it is registered under.
        settings: fields of the class.
        section: where they stand, for messages.
        folders: where a relative path among the settings is looked for, in this order; with none
            paths are taken as they are.
        problems: gets a sentence for each thing wrong.
    """
    try:
        cls = registry().component(kind, name)
    except CcdasError as error:
        problems.append(f"{error} Config: {section}.")
        return None
    if not attrs.has(cls):
        problems.append(
            f"{section}: '{name}' is {cls.__name__} of {cls.__module__}, which is no attrs class; "
            "its author has to decorate it with attrs.frozen, for its fields are its settings."
        )
        return None
    fields = {f.alias: f for f in attrs.fields(cls) if f.init}
    unknown = [key for key in settings if key not in fields]
    for key in unknown:
        problems.append(
            f"unknown key '{key}' in {section}.{did_you_mean(key, fields)} "
            f"Settings of '{name}': {', '.join(fields) or 'none'}."
        )
    if unknown:
        return None
    paths = path_settings(cls)
    absent = [
        key for key in paths & set(settings) if isinstance(settings[key], str) and folders
        and not _found(settings[key], folders).exists()
    ]  # fmt: skip
    for key in sorted(absent):
        problems.append(
            f"{section}: '{key}' is '{settings[key]}', but there is no such file. Looked in "
            f"{', '.join(str(folder) for folder in folders)}."
        )
    if absent:
        return None
    values = {
        key: _found(value, folders) if key in paths and isinstance(value, str) else value
        for key, value in settings.items()
    }
    values = {k: tuple(v) if isinstance(v, list) else v for k, v in values.items()}
    try:
        made = cls(**values)
    except (ValueError, TypeError, CcdasError) as error:
        text = error.args[0] if error.args else error
        problems.append(f"{section}: {text}")
        return None
    wrong = undeclared(made)
    problems.extend(f"{section}: {finding.message}" for finding in wrong)
    return None if wrong else made


def component_files(made: Any) -> tuple[Path, ...]:
    """Files that the settings of a component name, in the order of its fields."""
    paths = path_settings(type(made))
    named = [getattr(made, f.name) for f in attrs.fields(type(made)) if f.alias in paths]
    return tuple(path for path in named if isinstance(path, Path) and path.is_file())


def path_settings(cls: type) -> set[str]:
    """Settings whose declared type has `Path` in it."""
    try:
        hints = typing.get_type_hints(cls)
    except NameError:
        return set()
    return {name for name, hint in hints.items() if hint is Path or Path in typing.get_args(hint)}


def _found(value: str, folders: tuple[Path, ...]) -> Path:
    for folder in folders:
        if (folder / value).exists():
            return folder / value
    return Path(value)


def engine_name(name: str | None) -> str | None:
    """'auto' is JAX where it is installed, else autograd."""
    if name != "auto":
        return name
    return "jax" if find_spec("jax") is not None else "autograd"
