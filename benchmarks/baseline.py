"""Figures of a measurement beside those of a stored one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

PATH = Path(__file__).parent / "baseline.json"
# a count depends on versions alone, a ratio on the load of the machine too
TOLERANCES = {"counts": 1.15, "ratios": 1.4}


@frozen
class Change:
    """A figure that differs from the stored one by more than its tolerance.

    Args:
        kind: `counts` or `ratios`.
        name: of the figure; a larger one is worse.
        stored, now: values.
    """

    kind: str
    name: str
    stored: float
    now: float

    @property
    def worse(self) -> bool:
        """Whether the figure grew."""
        return self.now > self.stored

    @property
    def regression(self) -> bool:
        """Whether the measurement fails: a count grew. A ratio may be that of a busy machine."""
        return self.worse and self.kind == "counts"


def read(path: Path = PATH) -> dict[str, Any]:
    """Stored figures by kind and name, with what is known about their measurement."""
    return json.loads(path.read_text(encoding="utf-8"))


def write(
    figures: Mapping[str, Mapping[str, float]], about: Mapping[str, str], path: Path = PATH
) -> None:
    """Store figures; those that were not measured stay, with the about of the new ones."""
    before = read(path) if path.exists() else {}
    kinds = {
        kind: dict(sorted({**before.get(kind, {}), **_rounded(figures[kind])}.items()))
        for kind in TOLERANCES
    }
    speed = {name: v for name, v in before.get("about", {}).items() if name == "limit"}
    text = json.dumps({"about": {**speed, **about}, **kinds}, indent=1)
    path.write_text(text + "\n", encoding="utf-8")


def _rounded(figures: Mapping[str, float]) -> dict[str, float]:
    return {name: float(f"{value:.4g}") for name, value in figures.items()}


def changes(figures: Mapping[str, Mapping[str, float]], stored: Mapping[str, Any]) -> list[Change]:
    """Figures outside their tolerance; those of one side alone are left out."""
    found = []
    for kind, tolerance in TOLERANCES.items():
        for name, now in figures[kind].items():
            before = stored[kind].get(name)
            if before is None:
                continue
            if now > tolerance * before or now * tolerance < before:
                found.append(Change(kind, name, before, now))
    return found
