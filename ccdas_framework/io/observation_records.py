"""Observation files written from observation records."""

from __future__ import annotations

from os import PathLike

import numpy as np

from ..registry.recipe_types import ObservationRecord
from .data_kind import DataKind
from .netcdf_writer import write_netcdf

POSITION = {"latitude": "degrees_north", "longitude": "degrees_east", "altitude": "m"}
# attributes of further columns with a standard name of the CF conventions
FURTHER = {"depth": {"units": "m", "standard_name": "depth", "positive": "down"}}


def write_observation_record(
    path: str | PathLike[str], record: ObservationRecord, history: str
) -> None:
    """Write a record as a file of observations, values and errors in its units.

    Args:
        path: netCDF file.
        record: observations with their title, source, units and credits.
        history: the attribute `history`, the program that makes the file.
    """
    observations = record.observations
    units = {"units": record.units}
    first, last = (
        np.asarray(days, "datetime64[D]").astype("datetime64[ns]")
        for days in (observations.start, observations.end)
    )
    variables: dict[str, tuple[object, ...]] = {
        "observed": ("obs", observations.values, {**units, "long_name": record.long_name}),
        "observed_sd": ("obs", observations.sd, {
            **units, "long_name": "standard deviation of its error"}),
        "time_start": ("obs", first, {"long_name": "first day, included"}),
        "time_end": ("obs", last, {"long_name": "last day, included"}),
        "label": ("obs", np.asarray(observations.label, dtype=object), {
            "long_name": "name of the place"}),
    }  # fmt: skip
    for name, unit in POSITION.items():
        variables[name] = ("obs", getattr(observations, name), {"units": unit})
    for name, values in observations.extra.items():
        further = [f"{name}_{n}" for n in range(1, np.ndim(values))]
        variables[name] = (("obs", *further), values, FURTHER.get(name, {}))
    attributes = {
        "title": record.title,
        "source": record.source,
        "credits": record.credits or record.source,
        "synthetic": record.synthetic,
        **DataKind.declared(record.synthetic, record.substitute_for).attributes(),
        "comment": record.comment,
        "history": history,
    }
    write_netcdf(path, variables, {}, {name: text for name, text in attributes.items() if text})
