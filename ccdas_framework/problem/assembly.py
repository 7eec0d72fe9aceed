"""From components and data to a problem."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from attrs import evolve

from ..core.control import Control
from ..core.covariance import Diagonal
from ..core.domain import Forcing
from ..core.errors import CcdasError, Findings, InvalidExperiment
from ..core.interfaces import Engine, ObservationOperator, Prior, ProcessModel
from ..core.observations import Observations, Stream
from .assembled_problem import Problem
from .blocks import Block, blocks_of, gradient_columns, gradient_groups
from .component_results import (
    prior_findings,
    require_results,
    stream_findings,
)
from .connections import connection_problems
from .drivers import BlockDrivers, add_component_error
from .forward_model import HELD_BYTES, BlockFields, ForwardModel
from .freed_memory import return_large_arrays
from .gross_errors import GrossCheck, with_gross_errors
from .held_fields import HeldFields
from .model_functions import FieldFunctions, ModelFunctions, NotTraceable
from .own_derivatives import engine_findings, has_own_derivatives
from .robust_errors import RobustErrors
from .stream_data import GrossError, StreamData, padded_alike
from .work_progress import in_parts

Prepare = Callable[[int, Observations], Stream]  # block number, observations -> its part
# parts by block, positions of their observations, and counts of those dropped
Prepared = tuple[list[Stream], list[np.ndarray], Mapping[str, int]]


def assemble(
    *,
    model_name: str,
    model: ProcessModel,
    operators: Mapping[str, ObservationOperator],
    observations: Mapping[str, Observations],
    forcing: Forcing,
    engine: Engine,
    control: Control,
    prior: Prior,
    blocks: int = 1,
    executor: Any = None,
    workers: int = 1,
    gradient_workers: int | None = None,
    gross_checks: Mapping[str, GrossCheck] | None = None,
    robust: Mapping[str, RobustErrors] | None = None,
    model_engine: Engine | None = None,
    held_bytes: float = HELD_BYTES,
) -> Problem:
    """Prepare every component on every block and put them together.

    Args:
        model_name: owner of the model's parameters.
        model: M.
        operators: H by stream name.
        observations: as read, by stream name.
        forcing: of the whole grid.
        engine: where derivatives come from.
        control: names, units and transforms of x.
        prior: x_b and B.
        blocks: how many the grid is cut into.
        executor: runs blocks side by side: an `Executor`, or `BlockWorkers`.
        workers: blocks at the same time.
        gradient_workers: least number of groups of blocks of a gradient, by default `workers`.
        gross_checks: of the streams that have one.
        robust: errors of the streams whose errors are not Gaussian.
        model_engine: an engine for black boxes, for a model that brings its own derivatives.
            It evaluates such a model, and `engine` the operators.
        held_bytes: most bytes of drivers, and of tapes of a gradient, that are held beside those
            of the blocks that run.

    Raises:
        InvalidExperiment: all that does not fit together.
        NotTraceable: the engine cannot trace the model.
    """
    return_large_arrays()
    findings = Findings(connection_problems(model_name, model, operators))
    findings.extend(engine_findings(model_name, model, engine, type(engine).__name__))
    findings.raise_if_any()
    require_results(prior_findings(prior.mean, prior.covariance, len(control)), prior, "prior")
    cut = blocks_of(forcing, blocks)
    domain = cut[0].domain
    shape = (domain.days, domain.grid.columns)
    own = has_own_derivatives(model) and not engine.black_boxes
    if own and not (model_engine and model_engine.black_boxes):
        raise ValueError("a model with its own derivatives needs a model_engine for black boxes.")
    model_functions = ModelFunctions(
        engine, model, model_name, control, shape, model_engine if own else None
    )
    limit = 0 if hasattr(executor, "run_tasks") else held_bytes  # its processes hold drivers
    drivers = BlockDrivers(model_name, model, cut, model_functions.evaluator, limit)
    forward = ForwardModel(
        FieldFunctions(model_functions, ()),
        blocks=cut,
        drivers=drivers,
        executor=executor,
        gradient_groups=gradient_groups(cut, gradient_workers or workers, gradient_columns(engine)),
        held_bytes=held_bytes,
        workers=workers,
    )
    drivers.prepare_all(forward.groups)
    problem = Problem(forward, prior)
    prior_fields = prior_fields_of(problem)
    streams, checks = {}, gross_checks or {}
    cause: Exception | None = None
    for name, operator in in_parts("streams of observations", tuple(operators.items())):
        prepare = partial(stream_of, name, operator, problem=problem)
        try:
            if name in checks:
                streams[name] = checked_stream(
                    checks[name], prepare, observations[name], problem, prior_fields
                )
            else:
                streams[name] = prepare(observations[name], prior_fields=prior_fields)
            if robust and name in robust:
                streams[name] = with_robust_errors(streams[name], robust[name])
        except NotTraceable:  # of the model, which every operator runs
            raise
        except Exception as error:  # whatever an operator raises is reported with the others
            cause = error
            add_component_error(findings, f"stream '{name}'", operator, error)
    if len(findings):
        raise InvalidExperiment(findings) from cause
    return problem.with_streams(streams, {})


def prior_fields_of(problem: Problem) -> BlockFields:
    """Block number -> all fields at the prior mean; a block runs when it is needed."""
    return HeldFields(problem, problem.prior.mean)


def with_default_errors(observations: Observations, unknown_sd: float | None) -> Observations:
    """Observations without value and error, with the error that their operator declares.

    A measured one keeps its NaN: its error is for the file, or for a rule of `prepare`.
    """
    if unknown_sd is None:
        return observations
    hypothetical = np.isnan(observations.values) & np.isnan(observations.sd)
    return evolve(observations, sd=np.where(hypothetical, unknown_sd, observations.sd))


def stream_of(
    name: str,
    operator: ObservationOperator,
    observations: Observations,
    problem: Problem,
    prior_fields: BlockFields,
) -> StreamData:
    """Observations, as read or hypothetical (NaN for values), prepared on every block.

    Raises:
        CcdasError: a stream with arrays of wrong type or length; an operator of scope "domain" that
            keeps others in other blocks; an unknown error.
    """
    observations = with_default_errors(observations, operator.unknown_sd)

    def prepare(block: int, chosen: Observations) -> Stream:
        domain = problem.blocks[block].domain
        stream = operator.prepare(chosen, domain, partial(prior_fields, block))
        require_results(stream_findings(stream, len(chosen)), operator, f"stream '{name}'")
        return stream

    prepare_all = _on_domain if operator.scope == "domain" else _on_cells
    parts, index, dropped = prepare_all(prepare, observations, problem.blocks)
    unknown = sum(int(np.isnan(part.covariance.sd).sum()) for part in parts)
    if unknown:
        raise CcdasError(
            f"the error of {unknown} observations is NaN and its operator has no rule for that; "
            "give observed_sd in the file.",
            code="unknown-error",
        )
    positions = np.concatenate(index)
    unstated = len(observations) - len(positions) - sum(dropped.values())
    dropped = Counter(observations.dropped) + Counter(dropped)
    dropped += Counter({"for a reason that its operator does not state": unstated})
    alike, padded = padded_alike(parts) if operator.scope == "cell" else (tuple(parts), 0)
    return StreamData(name, operator, observations, alike, positions, dict(dropped), padded)


def with_robust_errors(stream: StreamData, errors: RobustErrors) -> StreamData:
    """The stream with robust errors.

    Raises:
        CcdasError: its errors are correlated.
    """
    if not all(isinstance(part.covariance, Diagonal) for part in stream.parts):
        raise CcdasError(
            "robust errors are independent of each other, and its operator gives correlated ones. "
            "Switch the correlation off in the settings of the operator, or set "
            f'streams.{stream.name}.robust = "none".',
            code="correlated-errors",
            where=f"streams.{stream.name}.robust",
        )
    return evolve(stream, robust=errors)


def checked_stream(
    check: GrossCheck,
    prepare: Callable[..., StreamData],
    observations: Observations,
    problem: Problem,
    prior_fields: BlockFields,
) -> StreamData:
    """The stream of the observations that pass a gross check.

    They are prepared without the others, so that nothing of a gross error enters a scaling.

    Args:
        prepare: `stream_of` as a function of observations and `prior_fields`.
        problem: without streams.
        prior_fields: of the run at the mean of the prior.

    Raises:
        CcdasError: see `GrossCheck.selection` and `stream_of`.
    """
    x = np.zeros(len(problem.control))  # the mean of the parameter table
    alike = not problem.prior.mean.any()
    fields = prior_fields if alike else HeldFields(problem, x)

    def simulate(stream: StreamData) -> np.ndarray:
        alone = problem.with_streams({stream.name: stream}, {})
        values = alone.forward.simulate(x, alone.forward.functions, fields)[stream.name]
        if not np.isfinite(values).all():
            alone.require_finite(x)
        return values

    positions, errors = check.selection(
        len(observations),
        lambda positions: prepare(observations.take(positions), prior_fields=fields),
        simulate,
    )
    stream = prepare(observations.take(positions), prior_fields=prior_fields)
    return _among(observations, stream, positions, errors)


def without_gross_errors(
    problem: Problem, checks: Mapping[str, GrossCheck], observations: Mapping[str, Observations]
) -> dict[str, StreamData]:
    """Streams of a problem whose values are synthetic, without gross errors.

    Synthetic values do not follow from `prepare`, so that they stay as they are.

    Args:
        problem: with synthetic values.
        checks: by name of the stream.
        observations: as read, by name of the stream.

    Raises:
        CcdasError: see `GrossCheck.require_half`.
    """
    x, prior_fields = np.zeros(len(problem.control)), prior_fields_of(problem)
    streams = dict(problem.streams)
    simulated = problem.values_of(x, {name: streams[name] for name in checks})
    for name, check in checks.items():
        stream = streams[name]
        far = check.exceeded(check.ratios(stream, simulated[name]))
        if not far.any():
            continue
        errors = tuple(check.errors(stream, simulated[name], far))
        check.require_half(name, len(errors), len(far))
        record = observations[name]
        values = np.full(len(record), np.nan)
        values[stream.index] = stream.values
        positions = np.sort(stream.index[~far])
        others = stream_of(name, stream.operator, record.take(positions), problem, prior_fields)
        others = evolve(_among(record, others, positions, errors), robust=stream.robust)
        streams[name] = others.with_values(values[others.index])
    return streams


def _among(
    observations: Observations,
    stream: StreamData,
    positions: np.ndarray,
    errors: tuple[GrossError, ...],
) -> StreamData:
    """The stream of the observations at some positions as a part of all of them."""
    everything = with_default_errors(observations, stream.operator.unknown_sd)
    index = positions[stream.index]
    return with_gross_errors(evolve(stream, observations=everything, index=index), errors)


def _on_domain(prepare: Prepare, observations: Observations, blocks: Sequence[Block]) -> Prepared:
    parts = [prepare(b, observations) for b in range(len(blocks))]
    if len({len(part.values) for part in parts}) > 1:
        raise CcdasError(
            "its operator keeps different observations in different blocks; an operator of "
            "scope 'domain' must keep the same ones each time",
            code="inconsistent-blocks",
        )
    return parts, [parts[0].index], dict(parts[0].dropped)


def _on_cells(prepare: Prepare, observations: Observations, blocks: Sequence[Block]) -> Prepared:
    """Each observation in the first block that has its cell."""
    cell = [
        block.domain.grid.locate(observations.latitude, observations.longitude) for block in blocks
    ]
    parts, index = [], []
    outside = int(np.sum(np.all([cells < 0 for cells in cell], axis=0)))
    dropped = Counter({"outside the grid": outside} if outside else {})
    assigned = np.zeros(len(observations), dtype=bool)
    for b, cells in enumerate(cell):
        inside = np.flatnonzero((cells >= 0) & ~assigned)
        assigned[inside] = True
        part = prepare(b, observations.take(inside))
        parts.append(part)
        index.append(inside[part.index])
        dropped.update(part.dropped)
    return parts, index, dropped
