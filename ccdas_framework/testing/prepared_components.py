"""A model or an operator prepared on a case, as the framework prepares it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import frozen

from ..core.control import Control
from ..core.domain import Domain, Forcing
from ..core.interfaces import Drivers, ObservationOperator, ProcessModel
from ..core.observations import Observations, Stream
from ..engines.namespace import numpy_namespace
from ..problem.blocks import Block, blocks_of
from ..problem.component_results import stream_findings
from ..problem.stream_data import padded_alike
from .check import CheckFailure, require, require_none
from .test_case import Case

XP = numpy_namespace()
MODEL, OPERATOR = "model", "operator"  # owners of the parameters


def _prepare_failed(component: Any, domain: Domain, error: Exception, case: str) -> CheckFailure:
    return CheckFailure(
        "prepare-failed", "prepare",
        f"prepare of {type(component).__name__} failed on {domain.grid.cells} cells and "
        f"{domain.days} days: {type(error).__name__}: {error}\nIf the case of the suite does not "
        f"suit the component, pass another one: checks_for(component, case={case}).",
    )  # fmt: skip


@frozen(eq=False)
class PreparedModel:
    """A model on its forcing, with its parameters as control and x near the prior."""

    model: ProcessModel
    forcing: Forcing
    drivers: Drivers
    control: Control
    x: np.ndarray

    def parameters(self, x: Any, xp: Any = XP) -> dict[str, Any]:
        """Physical parameters as `run` takes them."""
        classes = self.forcing.domain.grid.column_class
        return self.control.unpack(x, self.control.index(classes), xp).get(MODEL, {})

    def wide(self, x: np.ndarray) -> dict[str, Any]:
        """Physical parameters, scalars as arrays over columns."""
        columns = self.forcing.domain.grid.columns
        return {
            name: np.full(columns, value) if np.ndim(value) == 0 else np.copy(value)
            for name, value in self.parameters(x).items()
        }

    def fields(self, x: np.ndarray, xp: Any = XP) -> dict[str, np.ndarray]:
        """All fields, by numpy."""
        return dict(self.model.run(self.parameters(x), self.drivers, xp))


def prepare_model(model: ProcessModel, forcing: Forcing) -> PreparedModel:
    """The model prepared on a forcing."""
    control = Control.of({MODEL: model.parameters})
    try:
        drivers = model.prepare(forcing)
    except Exception as error:
        raise _prepare_failed(model, forcing.domain, error, "Case(forcing)") from error
    x = np.random.default_rng(11).normal(0.0, 0.2, len(control))
    return PreparedModel(model, forcing, drivers, control, x)


@frozen(eq=False)
class PreparedOperator:
    """An operator on the blocks of a case, with its parameters as control and x near the prior.

    Args:
        parts: stream of each block, as `prepare` made it.
        inputs: `at` of each block, filled up to one shape for cell scope.
        fields: block -> those it requires.
        index: position of each simulated value among the observations, shape (obs,).
        prior: all fields that `prepare` may look at, of the whole grid.
    """

    operator: ObservationOperator
    case: Case
    blocks: tuple[Block, ...]
    parts: tuple[Stream, ...]
    inputs: tuple[dict[str, Any], ...]
    fields: tuple[Mapping[str, np.ndarray], ...]
    index: np.ndarray
    control: Control
    x: np.ndarray
    observations: Observations
    prior: Mapping[str, np.ndarray]

    def parameters(self, x: Any, xp: Any = XP, block: int = 0) -> dict[str, Any]:
        """Parameters of the operator in a block."""
        grid = self.blocks[block].domain.grid
        return self.control.unpack(x, self.control.index(grid.column_class), xp).get(OPERATOR, {})

    def in_block(self, x: Any, block: int, fields: Any, at: Any, xp: Any = XP) -> Any:
        """Contribution of a block; that of a cell-scope operator is complete."""
        parameters = self.parameters(x, xp, block)
        values = self.operator.observe(fields, parameters, at, xp)
        if self.operator.scope == "cell":
            values = self.operator.complete(values, parameters, at, xp)
        return values

    def quantified(self, x: Any, at: Any, xp: Any = XP) -> dict[str, Any]:
        """Numbers that the operator computes from its parameters, scalars."""
        return dict(self.operator.quantify(self.parameters(x, xp), at, xp))

    def derived(self, x: Any, fields: Any, at: Any, xp: Any = XP) -> dict[str, Any]:
        """Derived fields of the operator in the first block, each (time, column)."""
        return dict(self.operator.derive(fields, self.parameters(x, xp), at, xp))

    def simulated(self, x: Any, fields: Any, inputs: Any, xp: Any) -> Any:
        """Simulated values of all blocks, in the order of `index`."""
        blocks = range(len(self.blocks))
        values = [self.in_block(x, b, fields[b], inputs[b], xp) for b in blocks]
        if self.operator.scope == "cell":
            parts = zip(values, self.parts, strict=True)
            return xp.concatenate([v[: len(part.values)] for v, part in parts])
        parameters = self.parameters(x, xp)
        return self.operator.complete(sum(values[1:], values[0]), parameters, inputs[0], xp)

    def values(self, x: np.ndarray) -> np.ndarray:
        """Simulated values, by numpy."""
        return np.asarray(self.simulated(x, self.fields, self.inputs, XP))


def prepare_operator(
    operator: ObservationOperator, case: Case, count: int = 1, without: int | None = None
) -> PreparedOperator:
    """The operator prepared on `count` blocks; block `without` gets no observations."""
    observations, per_cell = case.observations, operator.scope == "cell"
    if observations is None:
        message = "the case has no observations; the checks of an operator need some."
        raise CheckFailure("no-observations", "case", message)
    variables = {v.name: v for v in (*operator.requires, *operator.requires_once)}
    missing = [n for n, v in variables.items() if n not in case.fields and not v.optional]
    message = f"the case has no fields {missing}, which the operator requires."
    require(not missing, "missing-field", ", ".join(missing), message)
    prior = {n: case.fields[n] for n in variables if n in case.fields}
    required = {v.name for v in operator.requires}
    blocks = blocks_of(case.forcing, count)
    parts, fields, index = [], [], []
    for b, block in enumerate(blocks):
        domain = block.domain
        padding = np.full(domain.grid.columns - len(block.columns), block.columns[-1])
        columns = np.concatenate([block.columns, padding]).astype(int)
        at_prior = {name: values[:, columns] for name, values in prior.items()}
        inside = np.arange(len(observations))
        if per_cell:
            cells = domain.grid.locate(observations.latitude, observations.longitude)
            inside = np.flatnonzero(cells >= 0) if b != without else inside[:0]
        try:
            part = operator.prepare(observations.take(inside), domain, lambda f=at_prior: f)  # type: ignore[misc]
        except Exception as error:
            case_text = "Case(forcing, observations, fields)"
            raise _prepare_failed(operator, domain, error, case_text) from error
        require_none(stream_findings(part, len(inside)), operator)
        parts.append(part)
        fields.append({name: v for name, v in at_prior.items() if name in required})
        if per_cell or b == 0:
            index.append(inside[part.index])
    inputs = tuple(dict(part.at) for part in (padded_alike(parts)[0] if per_cell else parts))
    control = Control.of({OPERATOR: operator.parameters})
    x = np.random.default_rng(21).normal(0.0, 0.3, len(control))
    return PreparedOperator(
        operator, case, blocks, tuple(parts), inputs, tuple(fields), np.concatenate(index),
        control, x, observations, prior,
    )  # fmt: skip


def require_observations(trial: PreparedOperator) -> None:
    """Raise CheckFailure where `prepare` kept no observation."""
    dropped = dict(trial.parts[0].dropped)
    require(
        len(trial.parts[0].values), "no-observations", "prepare",
        f"prepare kept none of the case's observations (dropped: {dropped}); pass a case with "
        "observations that it keeps.",
    )  # fmt: skip
