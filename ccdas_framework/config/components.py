"""Components from tables of a configuration."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any

import attrs

from ..core.declarations import undeclared
from ..core.errors import CcdasError, Finding, Findings, did_you_mean
from ..installed import registry
from .paths import existing_path, path_settings
from .reader import joined


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
    place = f"{source}, [{where}]" if where else source
    cls = registered_class(kind, name, where, place, findings)
    if cls is None:
        return None
    return instance(cls, name, settings, where, place, folders, findings)


def instance(
    cls: type[Any],
    name: str,
    settings: Mapping[str, Any],
    where: str,
    place: str,
    folders: tuple[Path, ...],
    findings: Findings,
) -> Any | None:
    """An instance of a class from its settings, or None and findings.

    Args:
        cls: of a component or a reader.
        name: under which it is registered.
        settings, where, folders: as of `component`.
        place: for messages.
    """
    if not attrs.has(cls):
        findings.add(
            "not-attrs",
            where,
            f"{place}: '{name}' is {cls.__name__} of {cls.__module__}, which is no attrs class; "
            "its author has to decorate it with attrs.frozen, for its fields are its settings.",
        )
        return None
    fields = [f.alias for f in attrs.fields(cls) if f.init]
    wrong = unknown_settings(name, settings, fields, where, place)
    paths, values = path_settings(cls), {}
    for key, value in settings.items():
        if key in paths and isinstance(value, str):
            path = existing_path(value, folders)
            if folders and not path.exists():
                wrong.add(
                    "missing-file",
                    joined(where, key),
                    f"{place}: '{key}' is '{value}', but there is no such file. Looked in "
                    f"{', '.join(str(folder) for folder in folders)}.",
                )
            value = path
        values[key] = tuple(value) if isinstance(value, list) else value
    made = None
    if not wrong:
        try:
            made = cls(**values)
        except (ValueError, TypeError, CcdasError) as error:
            message = error.args[0] if error.args else error
            wrong.add("wrong-value", where, f"{place}: {message}")
        else:
            for finding in undeclared(made):
                wrong.add(finding.code, where, f"{place}: {finding.message}")
    findings.extend(wrong)
    return None if wrong else made


def required_component(kind: str, name: str, settings: Mapping[str, Any], source: str) -> Any:
    """An instance of a registered class; relative paths are those of the working folder.

    Raises:
        InvalidExperiment: an unknown name, or settings that the class does not take.
    """
    findings = Findings()
    made = component(kind, name, settings, "", source, (Path.cwd(),), findings)
    findings.raise_if_any()
    return made


def registered_class(
    kind: str, name: str, where: str, place: str, findings: Findings
) -> type[Any] | None:
    """The class that a hook registers under a name, or None and findings; `place` for messages."""
    try:
        return registry().component(kind, name)
    except CcdasError as error:
        for finding in error.findings:
            findings.add(finding.code, where, f"{finding.message} Config: {place}.")
        return None


def unknown_settings(
    name: str, settings: Iterable[str], accepted: Collection[str], where: str, place: str
) -> Findings:
    """A finding for each setting that a component does not have; `place` for messages."""
    return Findings(
        Finding(
            "unknown-key",
            joined(where, key),
            f"unknown key '{key}' in {place}.{did_you_mean(key, accepted)} "
            f"Settings of '{name}': {', '.join(accepted) or 'none'}.",
        )
        for key in settings
        if key not in accepted
    )


def component_files(component: Any) -> tuple[Path, ...]:
    """Files that the settings of a component name, in the order of its fields."""
    paths = path_settings(type(component))
    fields = attrs.fields(type(component))
    values = [getattr(component, f.name) for f in fields if f.alias in paths]
    return tuple(path for path in values if isinstance(path, Path) and path.is_file())
