"""Reading of an experiment: configuration, components and input files."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from attrs import evolve

from ..config import Config
from ..config.components import component
from ..config.engine_choice import engine_choice
from ..config.evaluation_section import evaluation_findings
from ..config.parameter_changes import control_of, parameter_findings, without_parameters_of
from ..config.paths import AbsolutePaths, existing_path
from ..config.sections import StreamSection
from ..config.shared_parameters import share_findings
from ..config.stream_errors import robust_findings
from ..config.validation import (
    executor_findings,
    field_findings,
    linearisation_findings,
    method_of,
    posterior_findings,
    prior_findings,
    stream_findings,
)
from ..core.errors import Findings
from ..core.interfaces import Engine, ObservationOperator, ProcessModel, Sampler
from ..problem.own_derivatives import engine_findings
from ..targets import Targets, configured_targets
from .experiment_data import ExperimentData
from .input_contents import InputContents
from .input_files import absolute_inputs, input_files
from .memory_blocks import with_blocks_of_memory
from .setting_names import name_findings
from .stated_configuration import stated_configuration
from .truth import truth_findings


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
    findings, settings = Findings(), settings or {}
    stated = stated_configuration(
        name_or_path, observations, model, engine, settings, optimiser, seed, findings
    )
    file, config, left_out = stated.file, stated.config, stated.left_out
    notes = list(stated.notes)
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
    )
    if config.prior.run is not None:
        earlier = existing_path(config.prior.run, (file.folder,)).resolve()
        config = evolve(config, prior=evolve(config.prior, run=str(earlier)))
    files = input_files(config.inputs, findings)
    folders = () if files.failed else (file.folder, Path.cwd())
    if files.folder is not None:
        folders = (files.folder, *folders)
    parts = _components(config, file.source, folders, findings)
    model_, operators = parts["model"], parts["operators"]
    choice = engine_choice(config.engine.name, notes, model_, config.engine.settings)
    config = evolve(config, engine=evolve(config.engine, name=choice.name))
    parts["engine"] = _engine(config, model_, file.source, folders, findings)
    config = _with_lead_of(left_out, config, operators)
    missing = files.write_streams(config.streams, operators, designed, findings)
    contents = InputContents(config, folders, findings)
    if not files.failed:
        contents.read(parts, {*designed, *missing})
    config = _with_absolute_files(config, parts, AbsolutePaths(files.folder, folders))
    targets = Targets()
    if model_ is not None:
        findings.extend(parameter_findings(config, model_, operators, stated.of_file))
        findings.extend(
            name_findings(config, model_, operators, contents.file_grid, contents.observations)
        )
        if config.truth is not None and not findings.within("parameters"):
            control = control_of(config, model_, operators)
            absent = set(config.streams) - set(operators)  # their operators were not constructed
            of_present = without_parameters_of(absent, config).truth
            findings.extend(truth_findings(of_present or config.truth, control))
        findings.extend(field_findings(config.targets, config.output, model_, operators))
    if not findings.at("prior.name"):
        findings.extend(prior_findings(config.prior, file.source))
    config = _with_method(config, parts["sampler"])
    findings.extend(
        posterior_findings(config.posterior, config.prior, config.sampler, parts["sampler"])
    )
    findings.extend(linearisation_findings(config.posterior, config.targets))
    findings.extend(stream_findings(config.streams))
    findings.extend(share_findings(config.streams, operators, left_out))
    optimiser_ = parts["optimiser"]
    findings.extend(robust_findings(config.streams, config.targets, config.optimiser, optimiser_))
    findings.extend(executor_findings(config.compute, config.experiment.starts))
    if model_ is not None and contents.forcing is not None:
        domain = contents.forcing.domain
        targets = configured_targets(config.targets, model_, operators, domain, folders, findings)
    findings.raise_if_any()
    assert contents.forcing is not None
    config = with_blocks_of_memory(
        config,
        parts["model"],
        operators,
        contents.forcing,
        parts["engine"],
        has_blocks="blocks" in stated.table.get("compute", {}),
    )
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
        engine_choice=choice.text,
    )


def _with_lead_of(
    left_out: Mapping[str, StreamSection],
    config: Config,
    operators: Mapping[str, ObservationOperator],
) -> Config:
    """The configuration with the lead of all streams of the file, for [truth] or a gross check.

    The state of the model depends on the lead. With this lead neither synthetic observations of a
    stream nor its gross errors depend on the streams beside it.
    """
    checked = any(stream.gross_error is not None for stream in config.streams.values())
    if config.time.lead_days is not None or not (config.truth is not None or checked):
        return config
    make = partial(component, source="", folders=(), findings=Findings())
    others = [
        make("observation_operators", s.operator or name, s.settings, f"streams.{name}")
        for name, s in left_out.items()
    ]
    days = max((o.lead_days for o in others if o is not None), default=0)
    if days <= max((o.lead_days for o in operators.values()), default=0):
        return config
    return evolve(config, time=evolve(config.time, lead_days=days))


def _with_method(config: Config, sampler: Sampler | None) -> Config:
    """The configuration with the posterior method of its sampler, unless it names one."""
    if sampler is None or "method" in config.posterior.specified:
        return config
    return evolve(config, posterior=evolve(config.posterior, method=method_of(sampler)))


def _with_absolute_files(
    config: Config, components: Mapping[str, Any], paths: AbsolutePaths
) -> Config:
    """The configuration with absolute paths of files, except those among the input files."""
    operators = components["operators"]
    return evolve(
        config,
        inputs=evolve(config.inputs, forcing=paths.of(config.inputs.forcing, "forcing.nc")),
        model=paths.of_component(config.model, components["model"]),
        optimiser=paths.of_component(config.optimiser, components["optimiser"]),
        sampler=config.sampler and paths.of_component(config.sampler, components["sampler"]),
        engine=paths.of_component(config.engine, components["engine"]),
        streams={
            name: paths.of_stream(name, stream, operators.get(name))
            for name, stream in config.streams.items()
        },
        evaluation={
            name: paths.of_evaluation(name, table) for name, table in config.evaluation.items()
        },
        targets=paths.of_targets(config.targets),
        grid=paths.of_grid(config.grid, config.targets.masks),
    )


def _components(
    config: Config, source: str, folders: tuple[Path, ...], findings: Findings
) -> dict[str, Any]:
    """Model, operators, optimiser and sampler; None for one that is not constructed."""
    parts: dict[str, Any] = {}
    kinds = {"model": "process_models", "optimiser": "optimisers", "sampler": "samplers"}
    make = partial(component, source=source, folders=folders, findings=findings)
    operators = {
        name: make("observation_operators", s.operator or name, s.settings, f"streams.{name}")
        for name, s in config.streams.items()
    }
    for section, kind in kinds.items():
        chosen, parts[section] = getattr(config, section), None
        if chosen is not None and chosen.name and not findings.at(f"{section}.name"):
            parts[section] = make(kind, chosen.name, chosen.settings, section)
    return {**parts, "operators": {n: o for n, o in operators.items() if o is not None}}


def _engine(
    config: Config,
    model: ProcessModel | None,
    source: str,
    folders: tuple[Path, ...],
    findings: Findings,
) -> Engine | None:
    """The engine, or None where it cannot be constructed; findings where it cannot use a model."""
    if findings.at("engine.name"):
        return None
    section = config.engine
    engine: Engine | None = component(
        "engines", section.name, section.settings, "engine", source, folders, findings
    )
    if engine is not None and model is not None:
        findings.extend(engine_findings(config.model.name, model, engine, section.name))
    return engine
