"""From components and data to a problem."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from functools import partial
from typing import Any

import numpy as np
from attrs import evolve

from .blocks import Block, blocks_of
from .control import Control
from .domain import Forcing
from .errors import CcdasError, InvalidExperiment
from .interfaces import Engine, ObservationOperator, Prior, ProcessModel
from .observations import Observations, Stream
from .parameters import switched
from .problem import TARGET, Problem
from .streams import StreamData, padded_alike
from .units import same_units


def control_of(
    model_name: str,
    model: ProcessModel,
    operators: Mapping[str, ObservationOperator],
    changes: Mapping[str, Mapping[str, Any]] | None = None,
) -> Control:
    """The control vector of a model and its operators after the changes a user asks for."""
    owners: dict[str, Sequence[Any]] = {model_name: model.parameters}
    owners.update({name: operator.parameters for name, operator in operators.items()})
    return Control.of(
        {owner: switched(parameters, owner, changes or {}) for owner, parameters in owners.items()}
    )


def connection_problems(
    model_name: str, model: ProcessModel, operators: Mapping[str, ObservationOperator]
) -> list[str]:
    """A sentence for each stream of a reserved name, for the fields that an operator needs and the
    model does not give, and for each in another unit.
    """
    given = {variable.name: variable for variable in model.provides}
    problems = [
        f"no stream can be named '{stream}', which stands for something else: give the table "
        f'another name and say operator = "{stream}" in it.'
        for stream in operators
        if stream in ("prior", "x", model_name) or stream.startswith(TARGET)
    ]
    problems += [
        f"stream '{stream}' gives field '{variable.name}', which model '{model_name}' gives too; "
        "one of them needs another name."
        for stream, operator in operators.items()
        for variable in operator.gives
        if variable.name in given
    ]
    for stream, operator in operators.items():
        needed = (*operator.requires, *operator.requires_once)
        missing = [v.name for v in needed if v.name not in given and not v.optional]
        if missing:
            fields = "field" if len(missing) == 1 else "fields"
            problems.append(
                f"stream '{stream}' needs {fields} {', '.join(map(repr, missing))}, which model "
                f"'{model_name}' does not give with these settings. It gives: "
                f"{', '.join(sorted(given))}."
            )
        for variable in needed:
            its = given.get(variable.name, variable).units
            if not same_units(variable.units, its):
                problems.append(
                    f"stream '{stream}' needs field '{variable.name}' in '{variable.units}', but "
                    f"model '{model_name}' gives it in '{its}'. Declare "
                    "the same unit on both sides, or convert inside the operator."
                )
    return problems


def assemble(
    *,
    model_name: str,
    model: ProcessModel,
    operators: Mapping[str, ObservationOperator],
    observations: Mapping[str, Observations],
    forcing: Forcing,
    engine: Engine,
    prior: Callable[[Control], Prior],
    changes: Mapping[str, Mapping[str, Any]] | None = None,
    targets: Callable[[Sequence[Block]], Mapping[str, StreamData]] | None = None,
    blocks: int = 1,
    executor: Executor | None = None,
) -> Problem:
    """Prepare every component on every block and put them together.

    Args:
        model_name: owner of the model's parameters.
        model: M.
        operators: H by stream name.
        observations: as read, by stream name.
        forcing: of the whole grid.
        engine: where derivatives come from.
        prior: makes the prior of the control vector.
        changes: see `switched`.
        targets: makes quantities whose uncertainty is wanted.
        blocks: how many the grid is cut into.
        executor: runs blocks side by side.

    Raises:
        InvalidExperiment: all that does not fit together.
    """
    problems = connection_problems(model_name, model, operators)
    if problems:
        raise InvalidExperiment(problems)
    control = control_of(model_name, model, operators, changes)
    the_prior = prior(control)
    cut = blocks_of(forcing, blocks)
    problem = Problem(
        control=control,
        prior=the_prior,
        model=model,
        engine=engine,
        blocks=cut,
        drivers=_drivers(model_name, model, cut, engine),
        streams={},
        model_name=model_name,
        executor=executor,
    )
    prior_fields = prior_fields_of(problem)
    streams = {}
    cause: Exception | None = None
    for name, operator in operators.items():
        try:
            streams[name] = stream_of(name, operator, observations[name], problem, prior_fields)
        except Exception as error:  # whatever a stranger's operator does becomes a sentence
            cause = error
            problems.append(_told(f"stream '{name}': ", "its operator", error))
    if problems:
        raise InvalidExperiment(problems) from cause
    return problem.with_streams(streams, {} if targets is None else targets(cut))


def _drivers(
    model_name: str, model: ProcessModel, blocks: Sequence[Block], engine: Engine
) -> tuple[Any, ...]:
    """What the model prepares of each block, where the engine wants it.

    Raises:
        InvalidExperiment: it cannot.
    """
    try:
        return tuple(engine.hold(model.prepare(block.forcing)) for block in blocks)
    except Exception as error:  # whatever a stranger's model does becomes a sentence
        raise InvalidExperiment([_told(f"model '{model_name}': ", "it", error)]) from error


def _told(where: str, who: str, error: Exception) -> str:
    """What went wrong, and where; anything but a sentence of the component with its kind."""
    said = str(error)
    if not isinstance(error, CcdasError | ValueError):
        said = f"{who} failed with {type(error).__name__}: {said}"
    return said if said.startswith(where) else where + said


def prior_fields_of(problem: Problem) -> Callable[[int], Mapping[str, np.ndarray]]:
    """Block number -> all fields at the prior mean; a block is run when it is first asked for."""
    every: dict[int, Mapping[str, np.ndarray]] = {}

    def prior_fields(b: int) -> Mapping[str, np.ndarray]:
        if b not in every:
            every[b] = problem.block_fields(problem.prior.mean, b)
        return every[b]

    return prior_fields


def with_asked_errors(observations: Observations, unknown_sd: float | None) -> Observations:
    """Observations of which neither value nor error is known get the error their operator declares.

    One that was measured keeps its NaN: its error is for the file, or for a rule of `prepare`.
    """
    if unknown_sd is None:
        return observations
    asked = np.isnan(observations.values) & np.isnan(observations.sd)
    return evolve(observations, sd=np.where(asked, unknown_sd, observations.sd))


def stream_of(
    name: str,
    operator: ObservationOperator,
    observations: Observations,
    problem: Problem,
    prior_fields: Callable[[int], Mapping[str, np.ndarray]],
) -> StreamData:
    """Observations prepared on every block.

    Args:
        name: of the stream, and owner of the operator's parameters.
        operator: H.
        observations: as read, or asked for (NaN for values).
        problem: its blocks.
        prior_fields: see `prior_fields_of`.

    Raises:
        CcdasError: an operator of scope "domain" that keeps others in other blocks; an unknown
            error.
    """
    observations = with_asked_errors(observations, operator.unknown_sd)
    parts: list[Stream] = []
    dropped: dict[str, int] = {}
    index: list[np.ndarray] = []
    whole_grid = [block.forcing.domain.grid for block in problem.blocks]
    if operator.scope == "domain":
        for b, block in enumerate(problem.blocks):
            parts.append(
                operator.prepare(observations, block.forcing.domain, partial(prior_fields, b))
            )
        if len({len(part.values) for part in parts}) > 1:
            raise CcdasError(
                "its operator keeps different observations in different blocks; an operator of "
                "scope 'domain' must keep the same ones each time"
            )
        index, dropped = [parts[0].index], dict(parts[0].dropped)
    else:
        found = [g.locate(observations.latitude, observations.longitude) for g in whole_grid]
        nowhere = int(np.sum(np.all([cells < 0 for cells in found], axis=0)))
        if nowhere:
            dropped["outside the grid"] = nowhere
        taken = np.zeros(len(observations), dtype=bool)
        for b, (block, cells) in enumerate(zip(problem.blocks, found, strict=True)):
            members = np.flatnonzero((cells >= 0) & ~taken)
            taken[members] = True
            part = operator.prepare(
                observations.take(members), block.forcing.domain, partial(prior_fields, b)
            )
            parts.append(part)
            index.append(members[part.index])
            for reason, count in part.dropped.items():
                dropped[reason] = dropped.get(reason, 0) + count
    unknown = sum(int(np.isnan(part.covariance.sd).sum()) for part in parts)
    if unknown:
        raise CcdasError(
            f"the error of {unknown} observations is NaN and its operator has no rule for that; "
            "give observed_sd in the file."
        )
    alike, padded = padded_alike(parts) if operator.scope == "cell" else (tuple(parts), 0)
    return StreamData(name, operator, observations, alike, np.concatenate(index), dropped, padded)
