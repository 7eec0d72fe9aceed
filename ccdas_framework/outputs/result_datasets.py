"""The contents of `result.nc`, `targets.nc` and `starts.nc`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .variable_tables import VariableTable, file_attributes, named, pure, table_dataset

SCALED = "0 at control_scale_mean, 1 at one control_scale_sd from it"
IN_UNITS = "in the units of parameter_unit"
CONSTRAINED = "whether any simulated observation moves with the parameter"

# x is the control vector; parameters are physical values
RESULT: VariableTable = {
    "control": ("control", named("parameter")),
    "control2": ("control2", named("parameter")),
    "iteration": ("iteration", pure("iteration")),
    "term": ("term", named("prior, or a stream")),
    "stream": ("stream", named("stream")),
    "control_prior": ("control", pure(f"prior control vector, {SCALED}")),
    "control_posterior": ("control", pure(f"posterior control vector, {SCALED}")),
    "control_truth": (
        "control", pure(f"control vector of synthetic observations, {SCALED}"),
    ),
    "parameter_truth": ("control", named(f"true value of synthetic observations, {IN_UNITS}")),
    "parameter_prior": ("control", named(f"prior mean, {IN_UNITS}")),
    "parameter_prior_sd": ("control", named(f"prior standard deviation, {IN_UNITS}")),
    # they differ from the prior where that is the posterior of an earlier run
    "control_scale_mean": ("control", named(f"mean that scales the control, {IN_UNITS}")),
    "control_scale_sd": (
        "control", named(f"standard deviation that scales the control, {IN_UNITS}"),
    ),
    "parameter_posterior": ("control", named(f"posterior value, {IN_UNITS}")),
    "parameter_posterior_sd": ("control", named(f"posterior standard deviation, {IN_UNITS}")),
    "uncertainty_reduction": (
        "control", pure("1 - posterior / prior standard deviation of the control"),
    ),
    "parameter_unit": ("control", named("unit")),
    "parameter_name": ("control", named("parameter in words")),
    "parameter_process": ("control", named("process that the parameter belongs to")),
    "posterior_covariance": (
        "control control2", pure("posterior error covariance of the control vector"),
    ),
    "cost": ("iteration", pure("cost J, with the prior")),
    "evaluation": ("evaluation", named("kind of evaluation")),
    "evaluations": ("iteration evaluation", pure("evaluations of each kind so far")),
    "model_runs": (
        "iteration", pure("evaluations so far in runs of the model, by the weights of [budget]"),
    ),
    "gradient_norm": ("iteration", pure("Euclidean norm of dJ/dx, x the control vector")),
    "cost_term": ("iteration term", pure("contribution of each term to the cost")),
    "seen": (
        "control",
        {
            **named(CONSTRAINED), "flag_values": np.array([0, 1], dtype=np.int8),
            "flag_meanings": "unseen seen",
        },
    ),
    "degrees_of_freedom": (
        "stream", pure("degrees of freedom for signal: how many numbers a stream determines"),
    ),
    "hessian_eigenvalue": (
        "eigenvalue", pure("eigenvalue of the Hessian of the cost, whitened by the prior"),
    ),
    "posterior_correlation": (
        "control control2", pure("posterior error correlation of the control vector"),
    ),
}  # fmt: skip

SIGN = "gpp and npp gained by plants, nep positive into the land"
AT_OPTIMUM = "with the sensitivity at the posterior"
AT_PRIOR = "with the sensitivity at the prior"
EARLIER = "posterior of the run that is the prior, as that run reports it"
NUMBERS = {
    "prior": f"mean of the period, prior; {SIGN}",
    "prior_sd_at_prior": f"standard deviation of the mean of the period, prior, {AT_PRIOR}; {SIGN}",
    "prior_sd": f"standard deviation of the mean of the period, prior, {AT_OPTIMUM}; {SIGN}",
    "posterior": f"mean of the period, posterior; {SIGN}",
    "posterior_sd": f"standard deviation of the posterior mean of the period, {AT_OPTIMUM}; {SIGN}",
    "earlier_posterior": f"mean of the period, {EARLIER}; {SIGN}",
    "earlier_posterior_sd": f"standard deviation of the mean of the period, {EARLIER}; {SIGN}",
    "truth": f"mean of the period, truth of synthetic observations; {SIGN}",
}
REDUCTION = f"1 - posterior / prior standard deviation, {AT_OPTIMUM}"
# annual means or totals of the fields; those of a table by region, or of declared targets in a row
REGIONAL: VariableTable = {
    "region": ("region", {}),
    "quantity": ("quantity", {}),
    "target": ("target", {}),
    "target2": ("target2", {}),
    **{name: ("region quantity", named(text)) for name, text in NUMBERS.items()},
    "uncertainty_reduction": ("region quantity", pure(REDUCTION)),
    "unit": ("quantity", named("unit of the quantity")),
    **{
        f"{run}_correlation": (
            "target target2", pure(f"correlation of the {run} errors of two targets"),
        )
        for run in ("prior", "posterior")
    },
}  # fmt: skip
DECLARED: VariableTable = {
    **{
        name: ("declared", {}) for name in ("declared", "quantity", "region", "period", "statistic")
    },
    **{name: ("declared", named(text)) for name, text in NUMBERS.items()},
    "uncertainty_reduction": ("declared", pure(REDUCTION)),
    "unit": ("declared", named("unit of the target")),
}

# numbers of a start that failed are NaN
STARTS: VariableTable = {
    "start": ("start", {}),
    "control": ("control", {}),
    "target": ("target", {}),
    "x_start": ("start control", pure("starting point")),
    "x_found": ("start control", pure("where it led")),
    "cost_start": ("start", pure("cost at the starting point")),
    "cost": ("start", pure("cost where it ended")),
    "gradient_reduction": (
        "start", pure("norm of the gradient at the starting point over that at the end"),
    ),
    "status": ("start", named("how it ended")),
    "message": ("start", named("how it ended, in a sentence")),
    "iterations": ("start", named("accepted steps")),
    "minimum": ("start", named("number of the distinct minimum, 1 the lowest, 0 where at none")),
    "difference": (
        "control", pure("largest difference between starts in posterior standard deviations"),
    ),
    "target_found": (
        "start target", named("target where it ended, in the units of target_unit"),
    ),
    "target_unit": ("target", {}),
}  # fmt: skip


def result_dataset(
    *,
    control: Sequence[str],
    status: str = "",
    message: str = "",
    attributes: Mapping[str, Any] | None = None,
    **values: Any,
) -> Any:
    """The dataset of `result.nc`.

    Args:
        control: names, shape (control,).
        status, message: how the optimiser ended.
        attributes: of the file.
        values: of the other variables of `RESULT`. None is left out.
    """
    values["control"] = control
    if any(values.get(f"posterior_{kind}") is not None for kind in ("covariance", "correlation")):
        values["control2"] = control
    if values.get("cost") is not None:
        values["iteration"] = np.arange(len(values["cost"]))
    if "seen" in values:
        values["seen"] = np.asarray(values["seen"], dtype=np.int8)
    about = {**file_attributes(attributes), "status": status, "message": message}
    return table_dataset(RESULT, values, about)


def targets_dataset(
    *,
    quantity: Sequence[str],
    units: str | Sequence[str] = "PgC yr-1",
    target: Sequence[str] = (),
    attributes: Mapping[str, Any] | None = None,
    **values: Any,
) -> Any:
    """The dataset of `targets.nc`, or of one of its periods.

    Args:
        quantity: names.
        units: of the numbers, one or one a quantity.
        target: names of all targets of the file in a row, for their correlations.
        attributes: of the file or group.
        values: of the other variables of `REGIONAL`. None is left out.
    """
    each = [units] * len(quantity) if isinstance(units, str) else list(units)
    values |= {"quantity": np.array(quantity, object), "unit": np.array(each, object)}
    values["region"] = np.array(values["region"], object)
    if any(values.get(f"{run}_correlation") is not None for run in ("prior", "posterior")):
        values |= {"target": target, "target2": target}
    dataset = table_dataset(REGIONAL, values, file_attributes(attributes))
    if len(set(each)) == 1:
        for name in NUMBERS.keys() & values.keys() & dataset.keys():
            dataset[name].attrs["units"] = each[0]
    return dataset


def declared_dataset(*, units: Sequence[str], **values: Any) -> Any:
    """The group 'declared' of `targets.nc`, dimension declared, of the variables of `DECLARED`.

    The dimension is not `target`, which has all targets of the file, because groups inherit it.
    """
    return table_dataset(DECLARED, {**values, "unit": units})


def starts_dataset(
    *,
    selected: int,
    targets: Mapping[str, tuple[Any, str]],
    attributes: Mapping[str, Any] | None = None,
    **values: Any,
) -> Any:
    """The dataset of `starts.nc`.

    Args:
        selected: number of the start whose end is the result of the run.
        targets: name and label -> values, shape (start,), and their unit.
        attributes: of the file.
        values: of the other variables of `STARTS`. None is left out.
    """
    values["start"] = np.arange(1, len(values["status"]) + 1)
    if targets:
        values |= {
            "target": list(targets),
            "target_found": np.stack([numbers for numbers, _ in targets.values()], axis=1),
            "target_unit": [unit for _, unit in targets.values()],
        }
    return table_dataset(STARTS, values, {**file_attributes(attributes), "kept": selected})
