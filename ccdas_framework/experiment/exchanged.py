"""Another model or optimiser than the file names: what the file says of its own goes with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.errors import Finding
from .schema import DEFAULTS


def exchanged(raw: dict[str, Any], section: str, name: str | None, source: str) -> list[Finding]:
    """Replace a component of a configuration; a finding lists the keys that this drops.

    Settings of the other component mean nothing to this one, and nor do changes to the parameters
    of another model.

    Args:
        raw: the configuration; changed.
        section: "model" or "optimiser".
        name: of the component; None keeps the configuration's.
        source: of the configuration, for the message.
    """
    table = raw.get(section, {})
    if name is None or not isinstance(table, Mapping):
        return []
    former = table.get("name", DEFAULTS[section]["name"])
    if former == name:
        return []
    raw[section] = {"name": name}
    lost = [f"{section}.{key}" for key in table if key != "name"]
    changes = raw.get("parameters")
    if section == "model" and isinstance(changes, Mapping):
        owned = [key for key in changes if key.split(".")[0] == former]
        raw["parameters"] = {key: value for key, value in changes.items() if key not in owned}
        lost += [f'parameters."{key}"' for key in owned]
    if not lost:
        return []
    return [
        Finding(
            "keys-left-out",
            section,
            f"{source} is for {section} '{former}'; with '{name}' in its place these of its keys "
            f"are left out: {', '.join(lost)}.",
        )
    ]
