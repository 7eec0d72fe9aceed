"""The contents of `sensitivity.nc`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ..core.observations import Observations
from .variable_tables import (
    DatasetVariable,
    dataset_of,
    file_attributes,
    named,
    period_and_place,
)

# sensitivity to the observations of a place, (target, place) -> long name
PER_PLACE = {
    "place_shift": "how far the observations of a place moved the target from its prior, "
    "linearised at the optimum, in target_unit",
    "place_sd": "standard deviation of the target from errors of a place's observations, in "
    "target_unit",
    "place_offset": "change of the target if all values of a place are raised by 1 observed_unit",
    "place_stretch": "change of the target, in target_unit, if values and errors of a place are "
    "stretched by 1 (100 %) about their mean",
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
    of_prior = "change of the target with the prior mean of the control, in target_unit"
    variables: dict[str, DatasetVariable] = {
        "target": ("target", target, {}),
        "control": ("control", control, {}),
        "target_unit": ("target", units, named("unit of the target")),
        "prior_sensitivity": ("target control", prior, named(of_prior)),
    }
    return dataset_of(variables, file_attributes(attributes))


def stream_dataset(
    target: Sequence[str],
    observations: Observations,
    units: str,
    sensitivity: Any,
    place: Sequence[str],
    **per_place: Any,
) -> Any:
    """The group of a stream: dimensions target, obs and place.

    Args:
        target: names, shape (target,).
        observations: as assimilated, shape (obs,).
        units: of their values.
        sensitivity: dq/dy, shape (target, obs).
        place: names, shape (place,).
        per_place: the variables of `PER_PLACE`, shape (target, place).
    """
    of_values = "change of the target with each observation, target_unit per observed_unit"
    variables: dict[str, DatasetVariable] = {
        "sensitivity": ("target obs", sensitivity, named(of_values)),
        "place": ("place", place, {}),
        **{
            name: ("target place", per_place[name], named(text)) for name, text in PER_PLACE.items()
        },
        "target": ("target", target, {}),
        "observed": ("obs", observations.values, {"units": units}),
        **period_and_place(observations),
        "label": ("obs", observations.label, named("place")),
    }
    return dataset_of(variables, {"observed_unit": units})


def prescribed_dataset(target: Sequence[str], values: Any, sensitivity: Any) -> Any:
    """The group 'stream.name': dimensions target and number.

    Args:
        target: names, shape (target,).
        values: the prescribed numbers, flattened, shape (number,).
        sensitivity: dq/dtheta, shape (target, number).
    """
    of_numbers = "change of the target with each number, in target_unit per unit of the number"
    variables: dict[str, DatasetVariable] = {
        "target": ("target", target, {}),
        "value": ("number", values, named("prescribed number")),
        "sensitivity": ("target number", sensitivity, named(of_numbers)),
    }
    return dataset_of(variables)
