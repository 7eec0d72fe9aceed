"""Changes to parameters, and findings about them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, TypeVar

import attrs
import numpy as np
from attrs import evolve

from ..core.control import Control
from ..core.errors import CcdasError, Findings, did_you_mean
from ..core.interfaces import ObservationOperator, ProcessModel
from ..problem.connections import connection_problems
from .section import keys_of
from .sections import Config, ParameterSection
from .shared_parameters import shared_parameters

Operators = Mapping[str, ObservationOperator]
T = TypeVar("T")


def control_of(config: Config, model: ProcessModel, operators: Operators) -> Control:
    """The control vector of an experiment; the later of two changes of one element applies."""
    keys = keys_of(ParameterSection)
    changes = {
        name: {key: value for key in keys if (value := getattr(section, key)) is not None}
        for name, section in config.parameters.items()
    }
    owners = {config.model.name: model.parameters}
    owners |= {name: operator.parameters for name, operator in operators.items()}
    return Control.of(owners, changes, shared_parameters(config.streams, operators))


def without_parameters_of(owners: Collection[str], config: Config) -> Config:
    """The configuration without changes to parameters of these owners, and without their truth."""

    def others(table: Mapping[str, T]) -> dict[str, T]:
        return {name: value for name, value in table.items() if name.split(".")[0] not in owners}

    truth = config.truth
    if truth is not None:
        mean, bounds = truth.mean and others(truth.mean), truth.bounds and others(truth.bounds)
        truth = evolve(truth, mean=mean, bounds=bounds)
    return evolve(config, parameters=others(config.parameters), truth=truth)


def parameter_findings(
    config: Config, model: ProcessModel, operators: Operators, of_file: Config | None = None
) -> Findings:
    """Findings about parameters that do not exist or have no possible prior.

    Args:
        of_file: the configuration without the settings of a preset, as in the file.
    """
    findings = Findings()
    with np.errstate(invalid="ignore", divide="ignore"):  # of impossible priors
        control = control_of(config, model, operators)
    names = {e.name for e in control.elements}
    names |= {f"{e.owner}.{e.parameter.name}" for e in control.elements}
    absent = set(config.streams) - set(operators)  # whose operator could not be constructed
    for name in config.parameters:
        owner, _, parameter = name.partition("[")[0].partition(".")
        if (owner, parameter) in control.shares:
            shared = ".".join(control.shares[owner, parameter])
            findings.add(
                "shared-parameter",
                f"parameters.{name}",
                f"[parameters] names '{name}', and streams.{owner}.shares uses '{shared}' in its "
                "place. Change that one.",
            )
        elif (
            name not in names
            and of_file
            and name in _names_without_preset(config, of_file, model, operators)
        ):
            findings.add(
                "not-in-preset",
                f"parameters.{name}",
                f"[parameters] names '{name}', which has no meaning under experiment.preset = "
                f'"{of_file.experiment.preset}": with its settings there is no such parameter. '
                f"Remove it from [parameters], or give '{owner}' the settings of the default.",
            )
        elif name not in names and name.split(".")[0] not in absent:
            findings.add(
                "unknown-parameter",
                f"parameters.{name}",
                f"[parameters] names '{name}', which neither the model nor an operator has."
                f"{did_you_mean(name, names)}",
            )
    findings.extend(connection_problems(config.model.name, model, operators))
    return findings or _impossible_priors(control)


def _names_without_preset(
    config: Config, of_file: Config, model: ProcessModel, operators: Operators
) -> set[str]:
    """Full names of the parameters that components have without the settings of a preset."""
    names: set[str] = set()
    for owner, component, settings, given in (
        (config.model.name, model, config.model.settings, of_file.model.settings),
        *(
            (name, operator, config.streams[name].settings, of_file.streams[name].settings)
            for name, operator in operators.items()
        ),
    ):
        for parameter in _with_defaults(component, set(settings) - set(given)).parameters:
            names |= {f"{owner}.{label}" for label in (parameter.name, *parameter.labels)}
    return names


def _with_defaults(component: Any, settings: Collection[str]) -> Any:
    """A component with the defaults of these settings; `component` itself where it has none."""
    if not settings:
        return component
    cls = type(component)
    try:
        plain = cls()
        fields = {f.alias: getattr(plain, f.name) for f in attrs.fields(cls)}
        return evolve(component, **{name: fields[name] for name in settings})
    except (TypeError, ValueError, CcdasError):  # settings that have no default, or do not fit
        return component


def _impossible_priors(control: Control) -> Findings:
    """A finding for each prior that the transform and the bounds of its parameter exclude."""
    findings = Findings()
    for element, centre, step in zip(control.active, control.centre, control.step, strict=True):
        parameter = element.parameter
        lower, upper = parameter.bounds
        mean = float(parameter.mean)  # type: ignore[arg-type]
        possible = np.isfinite(centre) and np.isfinite(step) and step != 0
        if not possible or not lower <= mean <= upper:
            findings.add(
                "impossible-prior",
                f"parameters.{element.name}",
                f"parameter '{element.name}' cannot have the prior mean {parameter.mean} and sd "
                f"{parameter.sd} under transform '{parameter.transform}' with bounds "
                f"{tuple(parameter.bounds)}; change these in [parameters].",
            )
    return findings


def empty_control_findings(control: Control) -> Findings:
    """A finding where no parameter is active, so that there is nothing to optimise."""
    findings = Findings()
    if not len(control):
        findings.add(
            "empty-control",
            "parameters",
            "no parameter is active, so there is nothing to optimise. Leave some active in "
            "[parameters], or run the model alone with `ccdas forward`.",
        )
    return findings
