"""Configuration that an experiment file and the arguments of a command state, before any input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from ..config import Config, read_config, read_section
from ..config.overrides import with_component, with_overrides
from ..config.parameter_changes import without_parameters_of
from ..config.presets import with_preset
from ..config.sections import StreamSection
from ..core.errors import Finding, Findings
from .experiment_file import TomlFile, read_experiment_file


@frozen(eq=False)
class StatedConfiguration:
    """What a file and arguments state.

    Args:
        file: the experiment file.
        table: of the file, changed by the arguments.
        of_file: configuration of the table.
        config: the same with the settings of presets, without parameters of streams left out.
        left_out: streams of the file that the arguments leave out.
        notes: about keys without a meaning.
    """

    file: TomlFile
    table: dict[str, Any]
    of_file: Config
    config: Config
    left_out: Mapping[str, StreamSection]
    notes: tuple[Finding, ...]


def stated_configuration(
    name_or_path: str | Path,
    observations: Sequence[str] | None,
    model: str | None,
    engine: str,
    settings: Mapping[str, Any],
    optimiser: str | None,
    seed: int | None,
    findings: Findings,
) -> StatedConfiguration:
    """Read an experiment file, and change it by arguments; see `load_experiment` for these.

    Args:
        findings: receives those of keys and values.

    Raises:
        UnknownComponent: no such experiment.
        InvalidExperiment: the file is no TOML.
    """
    file = read_experiment_file(name_or_path)
    table, notes = file.table, []
    for section, name in (("model", model), ("optimiser", optimiser)):
        name = name or settings.get(f"{section}.name")
        table, dropped = with_component(table, section, name, file.source)
        notes += dropped
    table = with_overrides(table, settings, findings)
    streams = table.get("streams", {})
    table = _with_arguments(table, observations, engine, seed)
    of_file = read_config(table, file.source, findings)
    config = with_preset(of_file, file.source, findings)
    left_out = _left_out_streams(streams, config.streams)
    config = without_parameters_of(left_out, config)
    return StatedConfiguration(file, table, of_file, config, left_out, tuple(notes))


def _with_arguments(
    table: dict[str, Any], streams: Sequence[str] | None, engine: str, seed: int | None
) -> dict[str, Any]:
    """A table with the streams, the engine and the seed of the arguments."""
    if engine != "auto":
        table["engine"] = {"name": engine}
    if seed is not None:
        table.setdefault("experiment", {})["seed"] = seed
    if streams is not None:
        tables = table.get("streams", {})
        tables = tables if isinstance(tables, Mapping) else {}
        table["streams"] = {name: tables.get(name, {}) for name in streams}
    return table


def _left_out_streams(
    tables: Any, streams: Mapping[str, StreamSection]
) -> dict[str, StreamSection]:
    """Streams of an experiment file that a run leaves out, with their tables; wrong keys aside.

    Args:
        tables: [streams] of the file.
        streams: of the run.
    """
    tables = tables if isinstance(tables, Mapping) else {}
    return {
        name: read_section(StreamSection, table, f"streams.{name}", "", Findings())
        for name, table in tables.items()
        if name not in streams
    }
