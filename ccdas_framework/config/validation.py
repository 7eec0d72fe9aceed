"""Findings about keys that do not go together, or that name what does not exist."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from inspect import signature
from pathlib import Path
from typing import Any

from ..core.errors import Findings, did_you_mean
from ..core.interfaces import ObservationOperator, ProcessModel, Sampler
from ..core.variables import Variable
from ..installed import registry
from .components import registered_class, unknown_settings
from .sections import (
    ComputeSection,
    OutputSection,
    PosteriorSection,
    PriorSection,
    SamplerSection,
    StreamSection,
)
from .target_tables import TargetsSection

SAMPLED = ("sampler", "ensemble")  # methods of the posterior that need a sampler
Operators = Mapping[str, ObservationOperator]


def field_findings(
    targets: TargetsSection, output: OutputSection, model: ProcessModel, operators: Operators
) -> Findings:
    """A finding for each field of `[targets]` and `[output]` that nothing provides.

    A field that the model provides under other settings, or that an installed operator observes,
    is left out of the results without a finding, and so are the default names.
    """
    findings = Findings()
    provided = {v.name for v in model.provides}
    provided |= {v.name for operator in operators.values() for v in operator.gives}
    elsewhere = {v.name for v in _declared(type(model), "provides")} | _installed("gives")
    observed = {o.observes.name for o in operators.values() if o.scope == "cell"}
    for place, section, further in (
        ("targets", targets, set()),
        ("output", output, observed | _installed("observes", "cell")),
    ):
        usual = set(type(section)().fields)
        fields = sorted({*provided, *elsewhere, *further, *usual})
        for name in section.fields:
            if name not in fields:
                findings.add(
                    "unknown-field",
                    f"{place}.fields",
                    f"'{place}.fields' names '{name}', which neither the model nor an operator "
                    f"gives.{did_you_mean(name, fields)} Fields: {', '.join(sorted(provided))}.",
                )
    fields = sorted({v.name for v in model.provides} | elsewhere)
    for name in output.by_class:
        if name not in fields:
            findings.add(
                "unknown-field",
                "output.by_class",
                f"'output.by_class' names '{name}', which the model does not give."
                f"{did_you_mean(name, fields)} Fields: {', '.join(fields)}.",
            )
    return findings


def _installed(attribute: str, scope: str = "") -> set[str]:
    """Names of the variables that installed operators declare, of all or of one scope."""
    operators: Iterable[Any] = registry().components["observation_operators"].values()
    return {
        variable.name
        for cls in operators
        if not scope or cls.scope == scope
        for variable in _declared(cls, attribute)
    }


def _declared(cls: Any, attribute: str) -> tuple[Variable, ...]:
    """Variables that a component declares under its default settings; none where it has none."""
    try:
        value = getattr(cls(), attribute)
    except Exception:  # a setting without a default, or a fault of a component that is not used
        return ()
    variables = value if isinstance(value, tuple | list) else (value,)
    return tuple(variable for variable in variables if isinstance(variable, Variable))


# key of [streams.NAME] -> the key without which it has no meaning
DEPENDENT = {"gross_error_spread": "gross_error"}


def stream_findings(streams: Mapping[str, StreamSection]) -> Findings:
    """A finding for each key of a stream that has no meaning without another one."""
    findings = Findings()
    for name, section in streams.items():
        for key, needed in DEPENDENT.items():
            if getattr(section, key) is not None and getattr(section, needed) is None:
                findings.add(
                    "unused-key",
                    f"streams.{name}.{key}",
                    f"'{key}' in [streams.{name}] has no effect without '{needed}'. Add "
                    f"'{needed}', or remove '{key}'.",
                )
    return findings


def posterior_findings(
    posterior: PosteriorSection,
    prior: PriorSection,
    section: SamplerSection | None,
    sampler: Sampler | None,
) -> Findings:
    """Findings where prior or sampler do not suit the posterior method.

    Args:
        section: the table [sampler]; None without one.
        sampler: the component; None where there is none, or where it was not constructed.
    """
    findings, where = Findings(), "posterior.method"
    if posterior.method == "lanczos" and prior.name == "flat":
        findings.add(
            "unsuitable-prior",
            where,
            "posterior.method is 'lanczos' and the prior is flat; leading directions give a "
            'posterior only together with a prior. Take "gauss_newton" or "exact", or a Gaussian '
            "prior.",
        )
    if section is None and posterior.method in SAMPLED:
        findings.add(
            "missing-section",
            where,
            f"posterior.method is '{posterior.method}' and there is no table [sampler]; name a "
            "sampler in it.",
        )
    if sampler is not None and posterior.method != method_of(sampler):
        findings.add(
            "unsuitable-method",
            where,
            f"posterior.method is '{posterior.method}', and the draws of {type(sampler).__name__} "
            f"{'are' if sampler.exact else 'are not'} asymptotically those of the posterior. Set "
            f'it to "{method_of(sampler)}", or remove [sampler].',
        )
    return findings


def linearisation_findings(posterior: PosteriorSection, targets: TargetsSection) -> Findings:
    """Findings about results that need derivatives, where the posterior method has none."""
    findings = Findings()
    if posterior.method in (*SAMPLED, "none"):
        for key in ("sensitivity", "prescribed"):
            if getattr(targets, key):
                findings.add(
                    "no-linearisation",
                    f"targets.{key}",
                    f"'targets.{key}' needs the Hessian at the optimum, and posterior.method is "
                    f"'{posterior.method}'. Leave it out, or take \"gauss_newton\".",
                )
    return findings


def method_of(sampler: Sampler) -> str:
    """`posterior.method` of a run with a sampler."""
    return "sampler" if sampler.exact else "ensemble"


def prior_findings(prior: PriorSection, source: str) -> Findings:
    """Findings about an unknown prior, its unknown settings, or a run that does not exist."""
    findings, name, place = Findings(), prior.name, f"{source}, [prior]"
    if prior.run is not None:
        result = Path(prior.run) / "result.nc"
        if not result.is_file():
            message = f"prior '{prior.run}' is no finished run: {result} does not exist."
            findings.add("no-finished-run", "prior.run", message)
        return findings
    cls = registered_class("priors", name, "prior.name", place, findings)
    if cls is None:
        return findings
    if not hasattr(cls, "for_control"):
        findings.add(
            "undeclared",
            "prior.name",
            f"prior '{name}' is {cls.__name__} of {cls.__module__}, which lacks the class "
            "method `for_control(control, **settings)` that makes one.",
        )
        return findings
    accepted = [key for key in signature(cls.for_control).parameters if key != "control"]
    return unknown_settings(name, prior.settings, accepted, "prior", place)


def executor_findings(compute: ComputeSection, starts: int) -> Findings:
    """A finding for an executor that would have nothing to do."""
    findings = Findings()
    name = compute.executor
    blocks = compute.blocks > 1 or compute.memory is not None
    if name in ("processes", "dask") and starts == 1 and not (blocks and compute.workers > 1):
        findings.add(
            "idle-executor",
            "compute.executor",
            f"compute.executor is '{name}', which would have nothing to divide: there is one "
            "starting point. Give --starts, or set compute.blocks and compute.workers to 2 or "
            "more.",
        )
    return findings
