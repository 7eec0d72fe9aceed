"""Screening: how much each parameter changes the cost, the misfits and the targets, by SALib."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np
from attrs import frozen

from ccdas_framework import CcdasError, FailedRun, InvalidInput

LOWEST, HIGHEST = 0.01, 0.99  # quantiles of the prior between which parameters vary
CONSTANT = 1e-12  # share of the size of an output, below which its range is rounding
SHOWN = 8  # parameters of a failed run in a message
Method = Literal["morris", "sobol"]
Outputs = tuple[tuple[str, ...], tuple[str, ...], np.ndarray]  # names, units, (run, output)


@frozen(eq=False)
class Screening:
    """Sensitivity of each output to each parameter.

    Args:
        method: "morris" or "sobol".
        outputs: names, shape (output,).
        units: of the outputs, shape (output,).
        parameters: names, shape (parameter,).
        indices: name -> values, shape (output, parameter); NaN where an output is constant.
        constant: outputs that do not vary, which have no sensitivity.
        runs: of the model.
        left_out: trajectories with a failed run, of Morris.
    """

    method: Method
    outputs: tuple[str, ...]
    units: tuple[str, ...]
    parameters: tuple[str, ...]
    indices: Mapping[str, np.ndarray]
    constant: tuple[str, ...]
    runs: int
    left_out: int = 0


def screened(
    problem: Any,
    method: Method,
    draws: int,
    generator: np.random.Generator,
    outputs: Callable[[Any, np.ndarray], Outputs] | None = None,
) -> Screening:
    """Screening of a problem by trajectories (Morris) or by variances (Sobol).

    Each parameter varies between the quantiles 0.01 and 0.99 of its Gaussian prior, or to its
    bounds where they are nearer. Morris takes steps of equal probability. Sobol draws from the
    prior, cut there.

    Args:
        problem: assembled problem, with its targets.
        draws: trajectories of Morris, or base samples of Sobol, a power of two.
        generator: of the design and of the bootstrap.
        outputs: of a problem and control vectors; by default `cost_misfits_and_targets`.

    Raises:
        InvalidInput: the prior is correlated or flat, or `draws` is no power of two for Sobol.
        CcdasError: runs of Sobol failed, or fewer than two trajectories of Morris worked.

    Source: Morris (1991), Technometrics 33, 161; Saltelli et al. (2010), Comput. Phys. Commun.
    181, 259.
    """
    lower, upper = probabilities(problem)
    names = tuple(problem.control.names)
    definition = {
        "num_vars": len(names),
        "names": list(names),
        "bounds": np.stack([lower, upper], axis=1).tolist(),
    }
    design = _design(definition, method, draws, generator)
    x = _quantiles(problem, design)
    names_of_outputs, units, values = (outputs or cost_misfits_and_targets)(problem, x)
    defined = np.isfinite(values).any(axis=0)  # a target may have no value at all
    works = np.isfinite(values[:, defined]).all(axis=1) & defined.any()
    left_out = 0
    if method == "morris":
        kept = works.reshape(-1, len(names) + 1).all(axis=1)
        left_out = int(np.sum(~kept))
        if np.sum(kept) < 2:
            raise _failed(problem, x, works, "fewer than two trajectories have no failed run")
        rows = np.repeat(kept, len(names) + 1)
        design, values = design[rows], values[rows]
    elif not works.all():
        raise _failed(problem, x, works, "Sobol needs every run of its design")
    seed = int(generator.integers(1, 2**31))
    columns = [_analysed(definition, method, design, column, seed) for column in values.T]
    return Screening(
        method,
        names_of_outputs,
        units,
        names,
        {name: np.stack([column[name] for column in columns]) for name in columns[0]},
        tuple(
            n for n, column in zip(names_of_outputs, values.T, strict=True) if is_constant(column)
        ),
        len(x),
        left_out,
    )


def probabilities(problem: Any) -> tuple[np.ndarray, np.ndarray]:
    """Lowest and highest probability of each parameter under its prior, shape (control,).

    Raises:
        InvalidInput: the prior has no finite sd, or parameters are correlated.
    """
    from scipy.stats import norm

    sd = np.asarray(problem.prior.covariance.sd, float)
    if not np.isfinite(sd).all():
        raise InvalidInput(
            'a flat prior has no range to screen. Take [prior] name = "gaussian".',
            code="no-prior",
            where="prior.name",
        )
    covariance = problem.prior.covariance.dense()
    if np.any(covariance != np.diag(np.diag(covariance))):
        raise InvalidInput(
            "screening varies each parameter alone, and the prior correlates some of them. Remove "
            "prior.correlations.",
            code="correlated-prior",
            where="prior.correlations",
        )
    lower, upper = (norm.cdf((end - problem.prior.mean) / sd) for end in problem.control.limits)
    return np.maximum(lower, LOWEST), np.minimum(upper, HIGHEST)


def cost_misfits_and_targets(problem: Any, x: np.ndarray) -> Outputs:
    """Names, units and values of the cost, the misfit of each stream and the targets.

    Args:
        x: control vectors, shape (run, control).

    Returns:
        Names and units, shape (output,), and values, shape (run, output); NaN where a run fails.
    """
    wanted = dict(problem.streams) | {
        f"target:{name}": target for name, target in problem.targets.items()
    }
    simulated = _simulated(problem, x, wanted)
    columns = [np.array([float(problem.prior.negative_log_density(row, np)) for row in x])]
    names, units = ["cost"], ["1"]
    for name, stream in problem.streams.items():
        names.append(f"misfit of {name}")
        units.append("1")
        columns.append(
            np.array([float(stream.cost(stream.values - row, np)) for row in simulated[name]])
        )
    columns[0] = np.sum(columns, axis=0)
    for name, target in problem.targets.items():
        values = simulated[f"target:{name}"]
        for n, label in enumerate(target.observations.label):
            names.append(f"{name} {label}")
            units.append(target.operator.observes.units)
            columns.append(values[:, n])
    return tuple(names), tuple(units), np.stack(columns, axis=1)


def is_constant(values: np.ndarray) -> bool:
    """Whether an output, shape (run,), has no value or varies by no more than rounding."""
    if not np.isfinite(values).any():
        return True
    return bool(np.ptp(values) <= CONSTANT * np.max(np.abs(values), initial=0.0))


def _simulated(problem: Any, x: np.ndarray, wanted: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Values of streams and targets, shape (run, obs) each; a failed run is NaN."""
    try:
        return dict(problem.values_of_many(x, wanted))
    except FailedRun:
        pass
    rows: dict[str, list[np.ndarray]] = {name: [] for name in wanted}
    for member in x:
        try:
            values = problem.values_of(member, wanted)
        except FailedRun:
            values = {name: np.full(len(s.observations), np.nan) for name, s in wanted.items()}
        for name in wanted:
            rows[name].append(np.asarray(values[name]))
    return {name: np.stack(values) for name, values in rows.items()}


def _design(
    definition: dict[str, Any], method: Method, draws: int, generator: np.random.Generator
) -> np.ndarray:
    """Probabilities of each run, shape (run, control)."""
    if method == "morris":
        from SALib.sample import morris

        return np.asarray(morris.sample(definition, draws, seed=generator))
    if draws & (draws - 1):
        raise InvalidInput(
            f"{draws} draws of Sobol are no power of two; take {2 ** draws.bit_length()}.",
            code="wrong-value",
            where="--draws",
        )
    from SALib.sample import sobol

    return np.asarray(sobol.sample(definition, draws, calc_second_order=False, seed=generator))


def _quantiles(problem: Any, design: np.ndarray) -> np.ndarray:
    """Control vectors of the probabilities of a design, shape (run, control)."""
    from scipy.stats import norm

    x = problem.prior.mean + np.asarray(problem.prior.covariance.sd) * norm.ppf(design)
    return np.clip(x, *problem.control.limits)


def _analysed(
    definition: dict[str, Any], method: Method, design: np.ndarray, values: np.ndarray, seed: int
) -> dict[str, np.ndarray]:
    """Indices of one output by name, shape (parameter,); NaN where it is constant."""
    names = MORRIS if method == "morris" else SOBOL
    if is_constant(values):
        return {name: np.full(definition["num_vars"], np.nan) for name in names}
    if method == "morris":
        from SALib.analyze import morris

        result = morris.analyze(definition, design, values, seed=seed)
    else:
        from SALib.analyze import sobol

        result = sobol.analyze(definition, values, calc_second_order=False, seed=seed)
    return {name: np.asarray(result[key], float) for name, (key, _) in names.items()}


def _failed(problem: Any, x: np.ndarray, works: np.ndarray, reason: str) -> CcdasError:
    """The error of failed runs, with the parameters of the first one."""
    first = x[np.flatnonzero(~works)[0]]
    far = np.argsort(-np.abs(first - problem.prior.mean))[:SHOWN]
    values, names = problem.control.physical(first), problem.control.names
    shown = ", ".join(f"{names[n]} = {values[n]:.6g}" for n in far)
    return CcdasError(
        f"{np.sum(~works)} of {len(works)} runs failed, and {reason}. The first one had {shown}. "
        "Narrow the bounds or the prior.",
        code="failed-runs",
        where="screen",
    )


# name -> key of SALib and meaning
MORRIS = {
    "mean_effect": ("mu", "mean elementary effect, per range of the parameter"),
    "mean_absolute_effect": ("mu_star", "mean absolute elementary effect"),
    "mean_absolute_effect_half_width": ("mu_star_conf", "half width of its 95 per cent interval"),
    "sd_of_effects": ("sigma", "sd of the elementary effects: curvature and interactions"),
}
SOBOL = {
    "first_order": ("S1", "share of the variance by the parameter alone"),
    "first_order_half_width": ("S1_conf", "half width of its 95 per cent interval"),
    "total": ("ST", "share of the variance by the parameter and its interactions"),
    "total_half_width": ("ST_conf", "half width of its 95 per cent interval"),
}
