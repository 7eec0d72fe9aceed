"""What can be wrong with a configuration, found before anything runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np

from ..core.assemble import control_of
from ..core.connections import connection_problems
from ..core.errors import CcdasError, did_you_mean
from ..core.interfaces import ObservationOperator, ProcessModel
from ..core.transforms import TRANSFORMS
from ..core.variables import Variable
from ..execution import EXECUTORS
from ..posterior import METHODS

Test = Callable[[Any], bool]
EVALUATION = ("field", "observations", "stream", "reference")  # keys whose values are texts


def _whole(least: int) -> Test:
    return lambda v: isinstance(v, int) and not isinstance(v, bool) and v >= least


def _number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _date(value: Any) -> bool:
    try:
        return not np.isnat(np.datetime64(str(value), "D"))
    except ValueError:
        return False


def _texts(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and all(isinstance(v, str) for v in value)


def _text(value: Any) -> bool:
    return isinstance(value, str)


def _table(value: Any) -> bool:
    return isinstance(value, Mapping)


# key -> what its value must be, and that in words
VALUES: Mapping[str, tuple[Test, str]] = {
    "experiment.name": (_text, "a text"),
    "experiment.title": (_text, "a text"),
    "experiment.comment": (_text, "a text"),
    "experiment.seed": (_whole(0), "a whole number, 0 or more"),
    "inputs.recipe": (_text, "the name of a recipe"),
    "inputs.folder": (_text, "a folder"),
    "inputs.forcing": (_text, "a file"),
    "inputs.settings": (_table, "a table"),
    "inputs.data": (_text, "a folder"),
    "model.name": (_text, "the name of a process model"),
    "optimiser.name": (_text, "the name of an optimiser"),
    "engine.name": (_text, "the name of an engine"),
    "prior.name": (_text, "the name of a prior"),
    "prior.run": (_text, "the folder of an earlier run"),
    "grid.cells": (_whole(1), "a whole number, 1 or more"),
    "time.start": (_date, "a date such as 2010-01-01"),
    "time.days": (_whole(1), "a whole number, 1 or more"),
    "time.spin_up_years": (_whole(0), "a whole number, 0 or more"),
    "posterior.hessian": (lambda v: v in METHODS, f"one of {', '.join(METHODS)}"),
    "posterior.rank": (_whole(1), "a whole number, 1 or more"),
    "posterior.largest_distance": (lambda v: _number(v) and v > 0, "a positive number"),
    "posterior.draws": (_whole(0), "a whole number, 0 or more"),
    "truth.spread": (lambda v: _number(v) and v >= 0, "a number, 0 or more"),
    "truth.noise": (lambda v: isinstance(v, bool), "true or false"),
    "targets.fields": (_texts, "a list of names"),
    "targets.periods": (_texts, "a list of periods"),
    "targets.regions": (_text, "the name or the file of masks"),
    "targets.masks": (_table, "a table of tables"),
    "targets.sensitivity": (lambda v: isinstance(v, bool), "true or false"),
    "targets.prescribed": (_texts, "a list of names such as co2.background"),
    "output.fields": (_texts, "a list of names"),
    "added_value.sets": (
        lambda v: isinstance(v, list) and bool(v) and all(_texts(s) for s in v),
        'a list of lists of streams, [["co2"], ["co2", "sm"]]',
    ),
    "twin.perturbation": (lambda v: _number(v) and v > 0, "a positive number"),
    "twin.tolerance": (lambda v: _number(v) and v > 0, "a positive number"),
    "twin.variants": (
        lambda v: _texts(v) and len(v) > 0,
        "a list of names such as sites or joint+prior",
    ),
    "compute.blocks": (_whole(1), "a whole number, 1 or more"),
    "compute.workers": (_whole(1), "a whole number, 1 or more"),
    "compute.executor": (lambda v: v in EXECUTORS, f"one of {', '.join(EXECUTORS)}"),
    "experiment.starts": (_whole(1), "a whole number, 1 or more"),
}
PARAMETER_VALUES: Mapping[str, tuple[Test, str]] = {
    "active": (lambda v: isinstance(v, bool), "true or false"),
    "mean": (_number, "a number"),
    "sd": (lambda v: _number(v) and v > 0, "a positive number"),
    "transform": (lambda v: v in TRANSFORMS, f"one of {', '.join(TRANSFORMS)}"),
    "bounds": (
        lambda v: isinstance(v, (list, tuple)) and len(v) == 2
        and all(_number(b) for b in v) and v[0] < v[1],
        "a lower and an upper bound",
    ),
}  # fmt: skip


def without_wrong_values(config: dict[str, Any], source: str, problems: list[str]) -> None:
    """Take values of the wrong kind out of a configuration, a sentence for each."""
    for key, (fits, expected) in VALUES.items():
        section, name = key.split(".")
        table = config.get(section, {})
        if name in table and not fits(table[name]):
            problems.append(f"'{key}' in {source} is {table.pop(name)!r}; {expected} was expected.")
    for section in ("streams", "evaluation", "parameters"):
        for name in [n for n, v in config[section].items() if not _table(v)]:
            problems.append(
                f"'{section}.{name}' in {source} is {config[section].pop(name)!r}; a table was "
                "expected."
            )
        keys = {"streams": ("operator", "observations"), "evaluation": EVALUATION}
        for name, table in config[section].items():
            for key in [k for k in keys.get(section, ()) if k in table and not _text(table[k])]:
                problems.append(
                    f"'{section}.{name}.{key}' in {source} is {table.pop(key)!r}; a text was "
                    "expected."
                )
    for name, change in config["parameters"].items():
        for key in [k for k in change if k in PARAMETER_VALUES]:
            fits, expected = PARAMETER_VALUES[key]
            if not fits(change[key]):
                problems.append(
                    f"'{key}' of parameter '{name}' in {source} is {change.pop(key)!r}; "
                    f"{expected} was expected."
                )


def parameter_problems(
    config: Mapping[str, Any],
    model: ProcessModel | None,
    operators: Mapping[str, ObservationOperator],
) -> list[str]:
    """A sentence for each configured parameter that does not exist or has no possible prior."""
    if model is None:
        return []
    owner = config["model"]["name"]
    control = control_of(owner, model, operators)
    known = {e.name for e in control.elements}
    known |= {f"{e.owner}.{e.parameter.name}" for e in control.elements}
    absent = set(config["streams"]) - set(operators)  # whose operator could not be made
    problems = [
        f"[parameters] names '{name}', which neither the model nor an operator has."
        f"{did_you_mean(name, known)}"
        for name in config["parameters"]
        if name not in known and name.split(".")[0] not in absent
    ]
    problems += [f.message for f in connection_problems(owner, model, operators)]
    if problems:
        return problems
    with np.errstate(invalid="ignore", divide="ignore"):
        changed = control_of(owner, model, operators, config["parameters"])
        scale = zip(changed.active, changed.centre, changed.step, strict=True)
        return [
            f"parameter '{e.name}' cannot have the prior mean {e.parameter.mean} and sd "
            f"{e.parameter.sd} under transform '{e.parameter.transform}' with bounds "
            f"{tuple(e.parameter.bounds)}; change these in [parameters]."
            for e, centre, step in scale
            if not (np.isfinite(centre) and np.isfinite(step) and step != 0)
            or not e.parameter.bounds[0] <= float(e.parameter.mean) <= e.parameter.bounds[1]  # type: ignore[arg-type]
        ]


def empty_control_problems(
    config: Mapping[str, Any], model: ProcessModel, operators: Mapping[str, ObservationOperator]
) -> list[str]:
    """A sentence where no parameter is active, so that there is nothing to optimise."""
    if len(control_of(config["model"]["name"], model, operators, config["parameters"])):
        return []
    return [
        "no parameter is active, so there is nothing to optimise. Leave some active in "
        "[parameters], or run the model alone with `ccdas forward`."
    ]


def field_problems(
    config: Mapping[str, Any],
    model: ProcessModel | None,
    operators: Mapping[str, ObservationOperator],
    defaults: Mapping[str, Any],
) -> list[str]:
    """A sentence for each name in `targets.fields` and `output.fields` that nothing gives.

    What the model gives under other settings, or an operator that is not asked for observes, is
    left out of the results and no mistake; so are the default names.
    """
    if model is None:
        return []
    given = {v.name for v in model.provides}
    given |= {v.name for operator in operators.values() for v in operator.gives}
    elsewhere = {v.name for v in _declared(type(model), "provides")} | _installed("gives")
    observed = {o.observes.name for o in operators.values() if o.scope == "cell"}
    problems = []
    also: Mapping[str, set[str]] = {
        "targets": set(),
        "output": observed | _installed("observes", "cell"),
    }
    for section, others in also.items():
        usual = set(defaults[section]["fields"])
        known = sorted({*given, *elsewhere, *others, *usual})
        for name in config[section].get("fields", ()):
            if name not in known:
                problems.append(
                    f"'{section}.fields' names '{name}', which neither the model nor an operator "
                    f"gives.{did_you_mean(name, known)} Fields: {', '.join(sorted(given))}."
                )
    return problems


def _installed(what: str, scope: str = "") -> set[str]:
    """Names of what the installed operators declare, all or those of one scope."""
    from .components import registry

    installed: Iterable[Any] = registry().components["observation_operators"].values()
    return {
        variable.name
        for cls in installed
        if not scope or cls.scope == scope
        for variable in _declared(cls, what)
    }


def _declared(cls: Any, what: str) -> tuple[Variable, ...]:
    """Variables that a component declares under its default settings; none where it has none."""
    try:
        found = getattr(cls(), what)
    except Exception:  # a setting without a default, or a stranger's fault: nobody asked for it
        return ()
    every = found if isinstance(found, tuple | list) else (found,)
    return tuple(variable for variable in every if isinstance(variable, Variable))


def posterior_problems(config: Mapping[str, Any]) -> list[str]:
    """A sentence where the prior does not suit the way to the posterior."""
    if config["posterior"].get("hessian") != "lanczos" or config["prior"].get("name") != "flat":
        return []
    return [
        "posterior.hessian is 'lanczos' and the prior is flat; leading directions give a posterior "
        'only together with a prior. Take "gauss_newton" or "exact", or a Gaussian prior.'
    ]


def prior_problems(table: Mapping[str, Any]) -> list[str]:
    """A sentence for an unknown kind or setting of the prior, or a run that does not exist."""
    from .components import registry

    if "run" in table:
        folder = Path(str(table["run"]))
        if (folder / "result.nc").is_file():
            return []
        return [f"prior '{folder}' is no finished run: {folder / 'result.nc'} does not exist."]
    if "name" not in table:
        return []  # it was no text, which is told already
    try:
        cls: Any = registry().component("priors", table["name"])
    except CcdasError as error:
        return [str(error)]
    if not hasattr(cls, "for_control"):
        return [
            f"prior '{table['name']}' is {cls.__name__} of {cls.__module__}, which lacks the class "
            "method `for_control(control, **settings)` that makes one."
        ]
    known = [name for name in signature(cls.for_control).parameters if name != "control"]
    return [
        f"unknown key 'prior.{key}'.{did_you_mean(key, known)} Settings of prior "
        f"'{table['name']}': {', '.join(known) or 'none'}."
        for key in table
        if key not in ("name", *known)
    ]


def executor_problems(config: Mapping[str, Any]) -> list[str]:
    """A sentence for an executor that would have nothing to do."""
    name, starts = config["compute"].get("executor"), config["experiment"].get("starts")
    if name not in ("processes", "dask") or starts != 1:
        return []
    return [
        f"compute.executor is '{name}', which runs starting points side by side, and there is one: "
        "compiled blocks cannot leave their process. Give --starts, or set it to 'threads', which "
        "computes compute.blocks side by side."
    ]
