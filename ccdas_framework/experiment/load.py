"""Reading of an experiment: configuration, components and input files."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import evolve

from ..config import Config, read_config
from ..config.components import component, engine_name
from ..config.evaluation_section import evaluation_findings
from ..config.overrides import with_component, with_overrides
from ..config.parameter_changes import parameter_findings
from ..config.paths import AbsolutePaths, absolute_path
from ..config.sections import PriorSection
from ..config.validation import (
    executor_findings,
    field_findings,
    posterior_findings,
    prior_findings,
)
from ..core.errors import Finding, Findings
from ..targets import Targets, configured_targets
from .experiment_data import ExperimentData
from .experiment_file import ExperimentFile, read_experiment_file
from .input_contents import InputContents
from .input_files import absolute_inputs, input_files, write_streams


def load_experiment_data(
    name_or_path: str | Path = "demo",
    observations: Sequence[str] | None = None,
    model: str | None = None,
    engine: str = "auto",
    data: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
    *,
    optimiser: str | None = None,
    seed: int | None = None,
    designed: Collection[str] = (),
) -> ExperimentData:
    """Read and check an experiment; see `load_experiment` for the arguments.

    Raises:
        InvalidExperiment: all findings.
    """
    findings = Findings()
    file = read_experiment_file(name_or_path)
    file, notes = _with_components(file, settings or {}, model=model, optimiser=optimiser)
    table = with_overrides(file.table, settings or {}, findings)
    table = _with_arguments(table, observations, engine, seed)
    config = read_config(table, file.source, findings)
    findings.extend(evaluation_findings(config.evaluation, file.source))
    if not config.streams:
        findings.add(
            "no-streams",
            "streams",
            f"{file.source} names no streams of observations; add some with --obs, such as "
            "co2,sm,vod.",
        )
    config = evolve(
        config,
        inputs=absolute_inputs(config.inputs, file.folder, data),
        engine=evolve(config.engine, name=engine_name(config.engine.name)),
        prior=_absolute_prior(config.prior, file.folder),
    )
    files = input_files(config.inputs, config.experiment.seed, findings)
    folders = () if files.failed else (file.folder, Path.cwd())
    if files.folder is not None:
        folders = (files.folder, *folders)
    parts = _components(config, file.source, folders, findings)
    model_, operators = parts["model"], parts["operators"]
    missing = write_streams(files, config.streams, operators, designed, findings)
    contents = InputContents(config, folders, findings)
    if not files.failed:
        contents.read(parts, {*designed, *missing})
    config = _with_absolute_files(config, parts, AbsolutePaths(files.folder, folders))
    targets = Targets()
    if model_ is not None:
        findings.extend(parameter_findings(config, model_, operators))
        findings.extend(field_findings(config.targets, config.output, model_, operators))
    if not findings.at("prior.name"):
        findings.extend(prior_findings(config.prior, file.source))
    findings.extend(posterior_findings(config.posterior, config.prior))
    findings.extend(executor_findings(config.compute, config.experiment.starts))
    if model_ is not None and contents.forcing is not None:
        domain = contents.forcing.domain
        targets = configured_targets(config.targets, model_, operators, domain, folders, findings)
    findings.raise_if_any()
    assert contents.forcing is not None
    return ExperimentData(
        config=config,
        **parts,
        observations=contents.observations,
        forcing=contents.forcing,
        evaluation=contents.evaluation,
        inputs=(*dict.fromkeys(contents.paths), *targets.files),
        attributes=contents.attributes,
        targets=targets,
        notes=(*notes, *contents.notes),
        temporary=files.temporary,
    )


def _with_components(
    file: ExperimentFile, settings: Mapping[str, Any], **names: str | None
) -> tuple[ExperimentFile, list[Finding]]:
    """The file with the components that arguments or overrides name, and notes on dropped keys."""
    table, notes = file.table, []
    for section, name in names.items():
        name = name or settings.get(f"{section}.name")
        table, dropped = with_component(table, section, name, file.source)
        notes += dropped
    return evolve(file, table=table), notes


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


def _absolute_prior(prior: PriorSection, folder: Path) -> PriorSection:
    """The section with an absolute folder of the earlier run, if it names one."""
    return prior if prior.run is None else evolve(prior, run=str(absolute_path(prior.run, folder)))


def _with_absolute_files(
    config: Config, components: Mapping[str, Any], paths: AbsolutePaths
) -> Config:
    """The configuration with absolute paths of files, except those among the input files."""
    operators = components["operators"]
    sections: dict[str, Any] = {
        name: evolve(
            getattr(config, name),
            settings=paths.of_settings(getattr(config, name).settings, components[name]),
        )
        for name in ("model", "optimiser", "engine")
    }
    return evolve(
        config,
        inputs=paths.of_inputs(config.inputs),
        streams={
            name: paths.of_stream(name, stream, operators.get(name))
            for name, stream in config.streams.items()
        },
        evaluation={
            name: paths.of_evaluation(name, table) for name, table in config.evaluation.items()
        },
        targets=paths.of_targets(config.targets),
        **sections,
    )


def _components(
    config: Config, source: str, folders: tuple[Path, ...], findings: Findings
) -> dict[str, Any]:
    """Model, optimiser and engine, None where one cannot be constructed, and the operators."""
    parts: dict[str, Any] = {}
    kinds = {"model": "process_models", "optimiser": "optimisers", "engine": "engines"}
    operators = {}
    for stream, table in config.streams.items():
        operator = component(
            "observation_operators", table.operator or stream, table.settings,
            f"streams.{stream}", source, folders, findings,
        )  # fmt: skip
        if operator is not None:
            operators[stream] = operator
    for section, kind in kinds.items():
        chosen, parts[section] = getattr(config, section), None
        if not findings.at(f"{section}.name"):
            parts[section] = component(
                kind, chosen.name, chosen.settings, section, source, folders, findings
            )
    return {**parts, "operators": operators}
