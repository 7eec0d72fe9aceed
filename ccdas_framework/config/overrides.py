"""Changes to the table of an experiment file: single keys, and components of another name."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from copy import deepcopy
from typing import Any

from ..core.errors import Finding, Findings
from .section import defaults_of
from .sections import Config


def with_overrides(
    table: Mapping[str, Any], overrides: Mapping[str, Any], findings: Findings
) -> dict[str, Any]:
    """A copy of a table with other values of keys.

    Args:
        table: as TOML gives it.
        overrides: dotted key, quoted as in TOML -> value.
        findings: receives "unreadable-key" for a key that is no dotted path.
    """
    out = deepcopy(dict(table))
    for key, value in overrides.items():
        try:
            path = key_path(key)
        except tomllib.TOMLDecodeError:
            findings.add(
                "unreadable-key",
                key,
                f"cannot read the key '{key}'; expected a dotted path such as time.days or "
                'parameters."bethy.V_m[4]".active.',
            )
            continue
        inner = out
        for name in path[:-1]:
            below = inner.setdefault(name, {})
            if not isinstance(below, dict):
                inner[name] = below = {"run": below} if name == "prior" else {}
            inner = below
        inner[path[-1]] = value
    return out


def key_path(key: str) -> list[str]:
    """Names of a dotted key, quoted as in TOML.

    Raises:
        TOMLDecodeError: the key is no dotted path.
    """
    tree: Any = tomllib.loads(f"{key} = 0")
    path = []
    while isinstance(tree, dict):
        name, tree = next(iter(tree.items()))
        path.append(name)
    return path


def dotted_keys(table: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """A nested table as dotted keys, quoted as in TOML."""
    out: dict[str, Any] = {}
    for key, value in table.items():
        quoted = key if re.fullmatch(r"[\w-]+", key) else f'"{key}"'
        if isinstance(value, Mapping) and value:
            out |= dotted_keys(value, f"{above}{quoted}.")
        else:
            out[above + quoted] = value
    return out


def parse_override(text: str) -> tuple[str, Any]:
    """Key and value of a `KEY=VALUE` of the command line; the value as TOML, or else as text."""
    key, _, value = text.partition("=")
    with suppress(tomllib.TOMLDecodeError):
        value = tomllib.loads(f"value = {value}")["value"]
    return key.strip(), value


PARAMETER_TABLES = (("parameters",), ("truth", "mean"), ("truth", "bounds"))


def _without_owner(
    table: Mapping[str, Any], path: Sequence[str], owner: str
) -> tuple[dict[str, Any], list[str]]:
    """A table without keys of an owner in the table at `path`, and these keys."""
    inner = table.get(path[0])
    if not isinstance(inner, Mapping):
        return dict(table), []
    if len(path) > 1:
        changed, owned = _without_owner(inner, path[1:], owner)
        return {**table, path[0]: changed}, owned
    owned = [key for key in inner if key.split(".")[0] == owner]
    return {**table, path[0]: {k: v for k, v in inner.items() if k not in owned}}, owned


def with_component(
    table: Mapping[str, Any], section: str, name: str | None, source: str
) -> tuple[dict[str, Any], list[Finding]]:
    """A table with a component of another name, and a note about the keys that are dropped.

    Settings of the former component, and changes to parameters of the former model, have no
    meaning for another one.

    Args:
        table: as TOML gives it.
        section: "model" or "optimiser".
        name: of the component; None keeps the one of the table.
    """
    former_table = table.get(section, {})
    if name is None or not isinstance(former_table, Mapping):
        return dict(table), []
    former = former_table.get("name", defaults_of(Config)[section]["name"])
    if former == name:
        return dict(table), []
    out = {**table, section: {"name": name}}
    dropped = [f"{section}.{key}" for key in former_table if key != "name"]
    for path in PARAMETER_TABLES if section == "model" else ():
        out, owned = _without_owner(out, path, former)
        dropped += [f'{".".join(path)}."{key}"' for key in owned]
    if not dropped:
        return out, []
    message = (
        f"{source} is for {section} '{former}'; with '{name}' in its place these of its keys are "
        f"left out: {', '.join(dropped)}."
    )
    return out, [Finding("dropped-keys", section, message)]
