"""Sensitivity of the targets to observations, prior and prescribed input: `sensitivity.nc`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from attrs import asdict, frozen

from ..core.errors import Findings, InvalidInput
from ..core.observations import Observations
from ..outputs.run_folder import RunFolder
from ..outputs.sensitivity_dataset import prescribed_dataset, root_dataset, stream_dataset
from ..posterior import Posterior
from ..posterior.fixed_inputs import FixedInput, sensitivity_to_fixed_input
from ..posterior.sensitivity import (
    increments,
    sensitivity_to_observations,
    sensitivity_to_prior,
    sensitivity_to_scaling,
)
from ..problem.assembled_problem import Problem
from .target_uncertainty import Tables, target_names


@frozen(eq=False)
class StreamSensitivity:
    """Sensitivity of all targets to one stream, as in its group of `sensitivity.nc`.

    Args:
        observations: as assimilated, shape (obs,).
        units: of the values.
        sensitivity: dq/dy, shape (target, obs).
        place: names, shape (place,).
        place_shift: increment of each target due to the observations of a place, linearised at the
            optimum, shape (target, place); over all places and streams they add up to T (x* - x_b).
        place_sd: sd of a target due to errors of a place's observations, shape (target, place).
        place_offset: dq/dc for c added to all values of a place, shape (target, place).
        place_stretch: dq/dc for values and errors of a place stretched by the share c about their
            mean, shape (target, place).
    """

    observations: Observations
    units: str
    sensitivity: np.ndarray
    place: tuple[str, ...]
    place_shift: np.ndarray
    place_sd: np.ndarray
    place_offset: np.ndarray
    place_stretch: np.ndarray


@frozen(eq=False)
class Sensitivities:
    """Sensitivity of all targets.

    Args:
        target: names, shape (target,).
        units: of the targets, shape (target,).
        prior: dq/dx_b, shape (target, control).
        streams: by name.
        prescribed: 'stream.name' -> the numbers and dq/dtheta, shape (target, number).
    """

    target: tuple[str, ...]
    units: tuple[str, ...]
    prior: np.ndarray
    streams: Mapping[str, StreamSensitivity]
    prescribed: Mapping[str, tuple[np.ndarray, np.ndarray]]


def sensitivities_of(
    problem: Problem, tables: Tables, posterior: Posterior, prescribed: Sequence[str] = ()
) -> Sensitivities:
    """dq/dtheta = T dx*/dtheta of each target.

    Args:
        posterior: x* and A.
        prescribed: names 'stream.name' of prescribed arrays of operators.
    """
    t = np.concatenate([table["sensitivity"] for table in tables.values()])
    values, jacobians = problem.derivatives(posterior.x)
    gains = sensitivity_to_observations(problem, posterior, jacobians)
    shifts = increments(problem, posterior, values, jacobians)
    streams = {}
    for name, stream in problem.streams.items():
        places, offset, stretch = sensitivity_to_scaling(
            stream, posterior, jacobians[name], values[name]
        )
        number = np.unique(stream.labels.astype(str), return_inverse=True)[1]
        into, gain = np.eye(len(places))[number], t @ gains[name]
        streams[name] = StreamSensitivity(
            observations=stream.observations.take(stream.index).with_values(stream.values),
            units=stream.operator.observes.units,
            sensitivity=gain,
            place=tuple(str(place) for place in places),
            place_shift=t @ shifts[name] @ into,
            place_sd=np.sqrt((gain * stream.sd) ** 2 @ into),
            place_offset=t @ offset,
            place_stretch=t @ stretch,
        )
    of_prescribed = {}
    for name in prescribed:
        stream_name, _, key = name.partition(".")
        theta = FixedInput.of(problem, stream_name, key)
        numbers = theta.values[:1] if theta.common else theta.values
        moves = sensitivity_to_fixed_input(problem, posterior, stream_name, key)
        of_prescribed[name] = (np.concatenate([v.ravel() for v in numbers]), t @ moves)
    return Sensitivities(
        target=tuple(target_names(tables)),
        units=tuple(str(table["units"]) for table in tables.values() for _ in table["region"]),
        prior=t @ sensitivity_to_prior(posterior, problem.prior),
        streams=streams,
        prescribed=of_prescribed,
    )


def strongest(
    sensitivities: Sensitivities, target: str, most: int = 5
) -> list[tuple[str, str, float, float]]:
    """The places with the largest influence on a target: stream, place, shift and sd."""
    row = sensitivities.target.index(target)
    rows = [
        (name, place, float(s.place_shift[row, n]), float(s.place_sd[row, n]))
        for name, s in sensitivities.streams.items()
        for n, place in enumerate(s.place)
    ]
    return sorted(rows, key=lambda r: -abs(r[2]))[:most]


def write_sensitivities(
    folder: RunFolder,
    problem: Problem,
    sensitivities: Sensitivities,
    attributes: Mapping[str, Any],
) -> None:
    """`sensitivity.nc`."""
    target, control = sensitivities.target, problem.control.names
    groups = {
        name: stream_dataset(target, **asdict(s, recurse=False))
        for name, s in sensitivities.streams.items()
    }
    for name, numbers in sensitivities.prescribed.items():
        groups[name] = prescribed_dataset(target, *numbers)
    root = root_dataset(target, sensitivities.units, control, sensitivities.prior, attributes)
    folder.write("sensitivity.nc", root, groups)


def prescribed_findings(problem: Problem, names: Sequence[str]) -> Findings:
    """A finding for each name in `targets.prescribed` that is no differentiable STREAM.NAME."""
    findings, where = Findings(), "targets.prescribed"
    for name in names:
        stream, dot, key = name.partition(".")
        if not (dot and key):
            message = f"'{where}' names '{name}'; expected STREAM.NAME, as in co2.background."
            findings.add("wrong-value", where, message)
            continue
        try:
            FixedInput.of(problem, stream, key).block_directions(None)
        except InvalidInput as error:
            findings.add(error.code, where, f"'{where}' names '{name}': {error}")
    return findings
