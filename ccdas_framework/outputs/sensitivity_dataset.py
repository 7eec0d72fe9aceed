"""The contents of `sensitivity.nc`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..core.observations import Observations
from .variable_tables import (
    PERIOD_AND_PLACE,
    VariableTable,
    file_attributes,
    named,
    period_and_place,
    table_dataset,
)

ROOT: VariableTable = {
    "target": ("target", {}),
    "control": ("control", {}),
    "target_unit": ("target", named("unit of the target")),
    "prior_sensitivity": (
        "target control",
        named("change of the target with the prior mean of the control, in target_unit"),
    ),
}
PER_PLACE = {
    "place_shift": "how far the observations of a place moved the target from its prior, "
    "linearised at the optimum, in target_unit",
    "place_sd": "standard deviation of the target from errors of a place's observations, in "
    "target_unit",
    "place_offset": "change of the target if all values of a place are raised by 1 observed_unit",
    "place_stretch": "change of the target, in target_unit, if values and errors of a place are "
    "stretched by 1 (100 %) about their mean",
}
STREAM: VariableTable = {
    "target": ("target", {}),
    "place": ("place", {}),
    "sensitivity": (
        "target obs",
        named("change of the target with each observation, target_unit per observed_unit"),
    ),
    **{name: ("target place", named(text)) for name, text in PER_PLACE.items()},
    **PERIOD_AND_PLACE,
    "label": ("obs", named("place")),
}
PRESCRIBED: VariableTable = {
    "target": ("target", {}),
    "value": ("number", named("prescribed number")),
    "sensitivity": (
        "target number",
        named("change of the target with each number, in target_unit per unit of the number"),
    ),
}


def root_dataset(
    target: Sequence[str],
    units: Sequence[str],
    control: Sequence[str],
    prior: Any,
    attributes: Mapping[str, Any] | None,
) -> Any:
    """The root group: units of the targets, and the weight of the prior mean.

    Args:
        target, units: names and units, shape (target,).
        control: names, shape (control,).
        prior: dq/dx_b, shape (target, control).
        attributes: of the file.
    """
    values = {"target": target, "control": control, "target_unit": units}
    values["prior_sensitivity"] = prior
    return table_dataset(ROOT, values, file_attributes(attributes))


def stream_dataset(
    target: Sequence[str], observations: Observations, units: str, **values: Any
) -> Any:
    """The group of a stream: dimensions target, obs and place.

    Args:
        target: names, shape (target,).
        observations: as assimilated, shape (obs,).
        units: of their values.
        values: `place` (names), `sensitivity` (dq/dy) and the variables of `PER_PLACE`.
    """
    values |= {
        "target": target,
        "observed": observations.values,
        **period_and_place(observations),
        "label": observations.label,
    }
    table = {**STREAM, "observed": ("obs", {"units": units})}
    return table_dataset(table, values, {"observed_unit": units})


def prescribed_dataset(target: Sequence[str], values: Any, sensitivity: Any) -> Any:
    """The group 'stream.name': dimensions target and number.

    Args:
        target: names, shape (target,).
        values: the prescribed numbers, flattened, shape (number,).
        sensitivity: dq/dtheta, shape (target, number).
    """
    return table_dataset(
        PRESCRIBED, {"target": target, "value": values, "sensitivity": sensitivity}
    )
