"""The contents of `sensitivity.nc`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..core.observations import Observations
from ..io.observation_files import days_since_epoch
from .result_datasets import DAYS, LATITUDE, LONGITUDE, global_attributes, strings

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
    """What concerns all streams: units of the targets, and the weight of the prior mean.

    Args:
        target, units: names and units, shape (target,).
        control: names, shape (control,).
        prior: dq/dx_b, shape (target, control).
        attributes: of the file.
    """
    import xarray as xr  # slow to import

    text = "change of the target with the prior mean of the control, in target_unit"
    return xr.Dataset(
        {
            "target_unit": ("target", strings(units), {"long_name": "unit of the target"}),
            "prior_sensitivity": (("target", "control"), np.asarray(prior), {"long_name": text}),
        },
        coords={"target": strings(target), "control": strings(control)},
        attrs=global_attributes(attributes).attrs,
    )


def stream_dataset(
    target: Sequence[str],
    observations: Observations,
    units: str,
    sensitivity: Any,
    place: Sequence[str],
    **per_place: Any,
) -> Any:
    """One group: dimensions target, obs and place.

    Args:
        target: names, shape (target,).
        observations: as assimilated, shape (obs,).
        units: of their values.
        sensitivity: dq/dy, shape (target, obs).
        place: names, shape (place,).
        per_place: arrays of `PER_PLACE`, shape (target, place).
    """
    import xarray as xr  # slow to import

    gain = "change of the target with each observation, target_unit per observed_unit"
    data: dict[str, Any] = {
        "sensitivity": (("target", "obs"), np.asarray(sensitivity), {"long_name": gain})
    }
    for name, values in per_place.items():
        text = {"long_name": PER_PLACE[name]}
        data[name] = (("target", "place"), np.asarray(values), text)
    first, last = days_since_epoch(observations.start), days_since_epoch(observations.end)
    data |= {
        "observed": ("obs", observations.values, {"units": units}),
        "time_start": ("obs", first, {**DAYS, "long_name": "first day, included"}),
        "time_end": ("obs", last, {**DAYS, "long_name": "last day, included"}),
        "latitude": ("obs", observations.latitude, LATITUDE),
        "longitude": ("obs", observations.longitude, LONGITUDE),
        "label": ("obs", strings(observations.label), {"long_name": "place"}),
    }
    names = {"target": strings(target), "place": strings(place)}
    return xr.Dataset(data, coords=names, attrs={"observed_unit": units})


def prescribed_dataset(target: Sequence[str], values: Any, sensitivity: Any) -> Any:
    """One group 'stream.name': dimensions target and number.

    Args:
        target: names, shape (target,).
        values: the prescribed numbers, flattened, shape (number,).
        sensitivity: dq/dtheta, shape (target, number).
    """
    import xarray as xr  # slow to import

    text = "change of the target with each number, in target_unit per unit of the number"
    return xr.Dataset(
        {
            "value": ("number", np.asarray(values), {"long_name": "prescribed number"}),
            "sensitivity": (("target", "number"), np.asarray(sensitivity), {"long_name": text}),
        },
        coords={"target": strings(target)},
    )
