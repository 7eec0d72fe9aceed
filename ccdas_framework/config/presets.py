"""Settings that components publish under one name, below the settings of an experiment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import evolve

from ..core.errors import Findings, did_you_mean
from ..installed import registry
from .sections import Config

KINDS = {"model": "process_models", "optimiser": "optimisers", "sampler": "samplers"}


def with_preset(config: Config, source: str, findings: Findings) -> Config:
    """The configuration with the settings that its components publish as `experiment.preset`.

    A key of the file wins over one of the preset. The result names every setting, so that a run
    that is repeated from its own `experiment.toml` does not depend on later changes of a preset.

    Args:
        source: name of the file.
        findings: receives "unknown-preset" where no component has a preset of this name.
    """
    name = config.experiment.preset
    if not name:
        return config
    published = {key: _presets(kind, chosen) for key, kind, chosen in _components(config)}
    names = sorted({preset for presets in published.values() for preset in presets})
    if name not in names:
        findings.add(
            "unknown-preset",
            "experiment.preset",
            f"experiment.preset in {source} is '{name}', and no component of the experiment has a "
            f"preset of this name.{did_you_mean(name, names)} "
            f"Presets: {', '.join(names) or 'none'}.",
        )
        return config
    below = {key: presets.get(name, {}) for key, presets in published.items()}
    changed: dict[str, Any] = {
        section: evolve(part, settings={**below[section], **part.settings})
        for section in KINDS
        if (part := getattr(config, section)) is not None
    }
    streams = {
        stream: evolve(part, settings={**below[f"streams.{stream}"], **part.settings})
        for stream, part in config.streams.items()
    }
    return evolve(config, streams=streams, **changed)


def _components(config: Config) -> Iterator[tuple[str, str, str | None]]:
    """Dotted key of a section, its hook, and the name of its component."""
    for section, kind in KINDS.items():
        part = getattr(config, section)
        yield section, kind, part.name if part is not None else None
    for stream, part in config.streams.items():
        yield f"streams.{stream}", "observation_operators", part.operator or stream


def _presets(kind: str, name: str | None) -> dict[str, dict[str, Any]]:
    """Presets of a registered component; none of one that is not installed."""
    cls: Any = registry().components[kind].get(name or "")
    return {preset: dict(values) for preset, values in getattr(cls, "presets", {}).items()}
