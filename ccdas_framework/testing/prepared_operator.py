"""An operator on the blocks of a case, prepared as the core does it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import frozen

from ..core.control import Control
from ..core.interfaces import ObservationOperator
from ..core.observations import Observations, Stream
from ..core.parameters import with_overrides
from ..problem.blocks import Block, blocks_of
from ..problem.stream_data import padded_alike
from .check import CheckFailure, require
from .test_case import Case

OWNER = "operator"


@frozen(eq=False)
class PreparedOperator:
    """An operator prepared on the blocks of a case as the core does it.

    Args:
        operator: H.
        blocks: of the grid.
        parts: stream of each block, as `prepare` made it.
        inputs: `at` of each block, filled up to one shape for cell scope.
        fields: block -> those it requires.
        index: position of each simulated value among the observations, shape (obs,).
        control: of its parameters.
        observations: of the case.
        prior: all fields that `prepare` may look at, of the whole grid.
    """

    operator: ObservationOperator
    blocks: tuple[Block, ...]
    parts: tuple[Stream, ...]
    inputs: tuple[dict[str, Any], ...]
    fields: tuple[Mapping[str, np.ndarray], ...]
    index: np.ndarray
    control: Control
    observations: Observations
    prior: Mapping[str, np.ndarray]

    def parameters(self, p: Any, block: int, xp: Any) -> dict[str, Any]:
        """Parameters of the operator in a block."""
        grid = self.blocks[block].forcing.domain.grid
        index = self.control.index(grid.column_class)
        return self.control.unpack(p, index, xp).get(OWNER, {})

    def in_block(self, p: Any, b: int, fields: Any, at: Any, xp: Any) -> Any:
        """Contribution of a block; that of a cell-scope operator is complete."""
        parameters = self.parameters(p, b, xp)
        values = self.operator.observe(fields, parameters, at, xp)
        if self.operator.scope == "cell":
            values = self.operator.complete(values, parameters, at, xp)
        return values

    def derived(self, p: Any, b: int, fields: Any, at: Any, xp: Any) -> dict[str, Any]:
        """Derived fields of the operator in a block, each (time, column)."""
        return dict(self.operator.derive(fields, self.parameters(p, b, xp), at, xp))

    def simulated(self, p: Any, fields: Any, inputs: Any, xp: Any) -> Any:
        """Simulated values of all blocks, in the order of `index`."""
        blocks = range(len(self.blocks))
        values = [self.in_block(p, b, fields[b], inputs[b], xp) for b in blocks]
        if self.operator.scope == "cell":
            parts = zip(values, self.parts, strict=True)
            return xp.concatenate([v[: len(part.values)] for v, part in parts])
        parameters = self.parameters(p, 0, xp)
        return self.operator.complete(sum(values[1:], values[0]), parameters, inputs[0], xp)

    def point(self) -> np.ndarray:
        """A control vector near the prior."""
        return np.random.default_rng(21).normal(0.0, 0.3, len(self.control))


def prepare_operator(
    operator: ObservationOperator, case: Case, count: int = 1, without: int | None = None
) -> PreparedOperator:
    """The operator prepared on so many blocks; block `without` gets no observations."""
    observations = case.observations
    require(
        observations is not None, "no-observations", "case",
        "the case has no observations; an operator is tried on some.",
    )  # fmt: skip
    assert observations is not None
    variables = {v.name: v for v in (*operator.requires, *operator.requires_once)}
    missing = [n for n, v in variables.items() if n not in case.fields and not v.optional]
    require(
        not missing, "missing-field", ", ".join(missing),
        f"the case has no fields {missing}, which the operator requires.",
    )  # fmt: skip
    blocks = blocks_of(case.forcing, count)
    parts, fields, index = [], [], []
    for b, block in enumerate(blocks):
        grid = block.forcing.domain.grid
        padding = np.full(grid.columns - len(block.columns), block.columns[-1])
        columns = np.concatenate([block.columns, padding]).astype(int)
        fields_at_prior = {n: case.fields[n][:, columns] for n in variables if n in case.fields}
        members = np.arange(len(observations))
        if operator.scope == "cell":
            members = np.flatnonzero(
                grid.locate(observations.latitude, observations.longitude) >= 0
            )
            if b == without:
                members = members[:0]
        part = _prepare(operator, observations.take(members), block, fields_at_prior)
        parts.append(part)
        fields.append(
            {
                v.name: fields_at_prior[v.name]
                for v in operator.requires
                if v.name in fields_at_prior
            }
        )
        if operator.scope == "cell" or b == 0:
            index.append(members[part.index])
    alike = padded_alike(parts)[0] if operator.scope == "cell" else tuple(parts)
    control = Control.of({OWNER: with_overrides(operator.parameters, OWNER, {})})
    return PreparedOperator(
        operator, blocks, tuple(parts), tuple(dict(part.at) for part in alike), tuple(fields),
        np.concatenate(index), control, observations,
        {n: case.fields[n] for n in variables if n in case.fields},
    )  # fmt: skip


def _prepare(
    operator: ObservationOperator,
    observations: Observations,
    block: Block,
    fields_at_prior: Mapping[str, np.ndarray],
) -> Stream:
    try:
        return operator.prepare(observations, block.forcing.domain, lambda: fields_at_prior)
    except Exception as error:
        raise CheckFailure(
            "prepare-failed", "prepare",
            f"prepare of {type(operator).__name__} failed with {len(observations)} observations "
            f"on {len(block.cells)} cells: {type(error).__name__}: {error}\nIf the "
            "case of the suite does not suit the operator, pass another one: "
            "checks_for(operator, case=Case(forcing, observations, fields)).",
        ) from error  # fmt: skip
