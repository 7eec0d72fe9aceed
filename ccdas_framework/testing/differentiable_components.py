"""The differentiable function of a model and of an operator, and its search lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from ..core.interfaces import Drivers
from ..problem.own_derivatives import has_own_derivatives
from .differentiable_function import DifferentiableFunction
from .prepared_components import PreparedModel, PreparedOperator, require_observations


def model_function(trial: PreparedModel) -> DifferentiableFunction:
    """A random combination of all fields as a function of x; a direction has length one or so."""
    count, weights = max(len(trial.x), 1), field_weights(trial)

    def fields(x: Any, drivers: Drivers, xp: Any) -> dict[str, Any]:
        return trial.model.run(trial.parameters(x, xp), drivers, xp)  # type: ignore[return-value]

    def total(x: Any, drivers: Drivers, xp: Any) -> Any:
        values = fields(x, drivers, xp)
        return xp.stack([sum(xp.sum(w * values[name]) for name, w in weights.items())])

    def everything(x: Any, drivers: Drivers, xp: Any) -> Any:
        values = fields(x, drivers, xp)
        return xp.concatenate([xp.reshape(values[name], (-1,)) for name in weights])

    return DifferentiableFunction(
        of=lambda xp: partial(total, xp=xp),
        everything=lambda xp: partial(everything, xp=xp),
        at=trial.x,
        change=np.full(len(trial.x), count**-0.5),
        constants=trial.drivers,
        relative=1e-5,  # long sums round more
        absolute=1e-7 * count**0.5,
        sweep=np.full(len(trial.x), 0.7),
        allowed=lambda x: not trial.control.outside(x),
        parts=dict(zip(trial.control.names, np.eye(len(trial.x)), strict=True)),
        traceable=trial.model.differentiable and not has_own_derivatives(trial.model),
    )


def field_weights(trial: PreparedModel) -> dict[str, np.ndarray]:
    """Weights of the combination of all fields, (time, column) each."""
    domain, generator = trial.forcing.domain, np.random.default_rng(11)
    shape = (domain.days, domain.grid.columns)
    return {v.name: generator.normal(size=shape) for v in trial.model.provides}


def operator_function(trial: PreparedOperator) -> DifferentiableFunction:
    """Simulated values as a function of the operator's parameters and fields.

    The means of derived fields over time and the numbers of `scalars` follow the simulated
    values, scaled to the same size.
    """
    (fields,) = trial.fields
    require_observations(trial)
    p = trial.x
    derived_fields = trial.derived(p, fields, trial.inputs[0])
    numbers = trial.quantified(p, trial.inputs[0])
    size = {
        name: float(np.max(np.abs(values))) or 1.0
        for name, values in (derived_fields | numbers).items()
    }

    def of(xp: Any) -> Callable[..., Any]:
        def both(v: Any, inputs: Any) -> Any:
            values = [trial.simulated(v["p"], (v["fields"],), inputs, xp)]
            derived = trial.derived(v["p"], v["fields"], inputs[0], xp)
            values += [xp.mean(derived[name], axis=0) / size[name] for name in sorted(derived)]
            numbers = trial.quantified(v["p"], inputs[0], xp)
            values += [xp.reshape(numbers[n] / size[n], (1,)) for n in sorted(numbers)]
            return xp.concatenate(values)

        return both

    start = {n: np.asarray(v, float) for n, v in fields.items()}
    change = {n: np.full(v.shape, 0.1 * (np.std(v) or 1.0)) for n, v in start.items()}
    ranges = {v.name: v.valid_range or (-np.inf, np.inf) for v in trial.operator.requires}
    return DifferentiableFunction(
        of=of,
        at={"p": p, "fields": start},
        change={"p": np.ones(len(p)), "fields": change},
        constants=trial.inputs,
        sweep={
            "p": np.full(len(p), 0.7),
            "fields": {n: np.full(v.shape, _reach(v, ranges[n])) for n, v in start.items()},
        },
        edges=_edges(p, start, ranges),
        allowed=lambda v: (
            not trial.control.outside(v["p"])
            and all(_inside(v["fields"][n], ranges[n]) for n in start)
        ),
        parts=_parts(trial.control.names, p, change),
        outputs=_outputs(len(trial.index), sorted(derived_fields), sorted(numbers), start),
    )


def _outputs(
    observed: int,
    derived: Sequence[str],
    numbers: Sequence[str],
    fields: Mapping[str, np.ndarray],
) -> dict[str, slice]:
    """Simulated values, then the mean of each derived field over time by column, then numbers."""
    if not (derived or numbers):
        return {"": slice(None)}
    columns = next(iter(fields.values())).shape[1]
    outputs = {"simulated values": slice(0, observed)}
    for name in derived:
        outputs[f"derived field '{name}'"] = slice(observed, observed + columns)
        observed += columns
    for n, name in enumerate(numbers):
        outputs[f"number '{name}'"] = slice(observed + n, observed + n + 1)
    return outputs


def _reach(values: np.ndarray, valid: tuple[float, float]) -> float:
    """Size of the change of a value along a line: most of its range, by chance."""
    span = valid[1] - valid[0]
    return float(0.07 * span if np.isfinite(span) else np.std(values) or 1.0)


def _inside(values: np.ndarray, valid: tuple[float, float]) -> bool:
    return bool(np.all((values >= valid[0]) & (values <= valid[1])))


def _edges(
    p: np.ndarray, fields: Mapping[str, np.ndarray], ranges: Mapping[str, tuple[float, float]]
) -> dict[str, Any]:
    """Points where every field that has an end to its range is there."""
    out = {}
    for end, name in enumerate(("the lowest values of the fields", "the highest of the fields")):
        ends = {n: ranges[n][end] for n in fields if np.isfinite(ranges[n][end])}
        if ends:
            values = {n: np.full(fields[n].shape, value) for n, value in ends.items()}
            out[name] = {"p": p, "fields": {**fields, **values}}
    return out


def _parts(names: Sequence[str], p: np.ndarray, change: Mapping[str, Any]) -> dict[str, Any]:
    """Directions in which one parameter or one field moves."""
    still = {name: np.zeros(size.shape) for name, size in change.items()}
    generator = np.random.default_rng(6)
    parts: dict[str, Any] = {}
    for name, direction in zip(names, np.eye(len(p)), strict=True):
        parts[f"parameter '{name}'"] = {"p": direction, "fields": still}
    for name, size in change.items():
        fields = {**still, name: size * generator.normal(size=size.shape)}
        parts[f"field '{name}'"] = {"p": np.zeros(len(p)), "fields": fields}
    return parts
