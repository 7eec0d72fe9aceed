"""Settings that components publish under one name, below the settings of an experiment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from attrs import evolve

from ..core.errors import Findings, did_you_mean
from ..installed import registry
from .sections import Config


def with_preset(config: Config, source: str, findings: Findings) -> Config:
    """The configuration with the settings that its components publish as `experiment.preset`.

    A key of the file wins over one of the preset. The result has the settings and no name of a
    preset, so that a run that is repeated from its own `experiment.toml` does not depend on later
    changes of the preset.

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
    streams = {
        stream: evolve(part, settings={**below[f"streams.{stream}"], **part.settings})
        for stream, part in config.streams.items()
    }
    model = evolve(config.model, settings={**below["model"], **config.model.settings})
    resolved = evolve(config.experiment, preset=None)
    return evolve(config, experiment=resolved, model=model, streams=streams)


def _components(config: Config) -> Iterator[tuple[str, str, str]]:
    """Dotted key of a section, its hook, and the name of its component."""
    yield "model", "process_models", config.model.name
    for stream, part in config.streams.items():
        yield f"streams.{stream}", "observation_operators", part.operator or stream


def _presets(kind: str, name: str) -> dict[str, dict[str, Any]]:
    """Presets of a registered component; none of one that is not installed."""
    cls: Any = registry().components[kind].get(name)
    return {preset: dict(values) for preset, values in getattr(cls, "presets", {}).items()}
