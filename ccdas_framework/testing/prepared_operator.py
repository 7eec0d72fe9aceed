"""An operator on the blocks of a case, prepared as the core does it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import frozen

from ..core.blocks import Block, blocks_of
from ..core.control import Control
from ..core.interfaces import ObservationOperator
from ..core.observations import Observations, Stream
from ..core.parameters import with_overrides
from ..core.streams import padded_alike
from .case import Case
from .check import require

OWNER = "operator"


@frozen(eq=False)
class Prepared:
    """An operator prepared on the blocks of a case as the core does it.

    Args:
        operator: H.
        blocks: of the grid.
        parts: stream of each block, as `prepare` made it.
        ats: `at` of each block, filled up to one shape for cell scope.
        fields: block -> those it requires.
        index: position of each simulated value among the observations, shape (obs,).
        control: of its parameters.
        observations: of the case.
        prior: all fields that `prepare` may look at, of the whole grid.
    """

    operator: ObservationOperator
    blocks: tuple[Block, ...]
    parts: tuple[Stream, ...]
    ats: tuple[dict[str, Any], ...]
    fields: tuple[Mapping[str, np.ndarray], ...]
    index: np.ndarray
    control: Control
    observations: Observations
    prior: Mapping[str, np.ndarray]

    def parameters(self, p: Any, block: int, xp: Any) -> dict[str, Any]:
        """Its own parameters in a block."""
        grid = self.blocks[block].forcing.domain.grid
        index = self.control.index(grid.column_class)
        return self.control.unpack(p, index, xp).get(OWNER, {})

    def in_block(self, p: Any, b: int, fields: Any, at: Any, xp: Any) -> Any:
        """What a block contributes; that of a cell-scope operator is complete."""
        own = self.parameters(p, b, xp)
        values = self.operator.observe(fields, own, at, xp)
        if self.operator.scope == "cell":
            values = self.operator.complete(values, own, at, xp)
        return values

    def derived(self, p: Any, b: int, fields: Any, at: Any, xp: Any) -> dict[str, Any]:
        """The fields that the operator gives in a block, each (time, column)."""
        return dict(self.operator.derive(fields, self.parameters(p, b, xp), at, xp))

    def simulated(self, p: Any, fields: Any, ats: Any, xp: Any) -> Any:
        """Simulated values of all blocks, in the order of `index`."""
        blocks = range(len(self.blocks))
        values = [self.in_block(p, b, fields[b], ats[b], xp) for b in blocks]
        if self.operator.scope == "cell":
            parts = zip(values, self.parts, strict=True)
            return xp.concatenate([v[: len(part.values)] for v, part in parts])
        own = self.parameters(p, 0, xp)
        return self.operator.complete(sum(values[1:], values[0]), own, ats[0], xp)

    def point(self) -> np.ndarray:
        """A control vector near the prior."""
        return np.random.default_rng(21).normal(0.0, 0.3, len(self.control))


def prepared(
    operator: ObservationOperator, case: Case, count: int = 1, without: int | None = None
) -> Prepared:
    """The operator prepared on so many blocks; block `without` gets no observations."""
    seen = case.observations
    require(seen is not None, "the case has no observations; an operator is tried on some.")
    assert seen is not None
    known = {v.name: v for v in (*operator.requires, *operator.requires_once)}
    missing = [n for n, v in known.items() if n not in case.fields and not v.optional]
    require(not missing, f"the case has no fields {missing}, which the operator requires.")
    blocks = blocks_of(case.forcing, count)
    parts, fields, index = [], [], []
    for b, block in enumerate(blocks):
        grid = block.forcing.domain.grid
        padding = np.full(grid.columns - len(block.columns), block.columns[-1])
        columns = np.concatenate([block.columns, padding]).astype(int)
        given = {n: case.fields[n][:, columns] for n in known if n in case.fields}
        members = np.arange(len(seen))
        if operator.scope == "cell":
            members = np.flatnonzero(grid.locate(seen.latitude, seen.longitude) >= 0)
            if b == without:
                members = members[:0]
        part = _prepare(operator, seen.take(members), block, given)
        parts.append(part)
        fields.append({v.name: given[v.name] for v in operator.requires if v.name in given})
        if operator.scope == "cell" or b == 0:
            index.append(members[part.index])
    alike = padded_alike(parts)[0] if operator.scope == "cell" else tuple(parts)
    control = Control.of({OWNER: with_overrides(operator.parameters, OWNER, {})})
    return Prepared(
        operator, blocks, tuple(parts), tuple(dict(part.at) for part in alike), tuple(fields),
        np.concatenate(index), control, seen,
        {n: case.fields[n] for n in known if n in case.fields},
    )  # fmt: skip


def _prepare(
    operator: ObservationOperator,
    observations: Observations,
    block: Block,
    given: Mapping[str, np.ndarray],
) -> Stream:
    try:
        return operator.prepare(observations, block.forcing.domain, lambda: given)
    except Exception as problem:
        raise AssertionError(
            f"prepare of {type(operator).__name__} failed with {len(observations)} observations "
            f"on {len(block.cells)} cells: {type(problem).__name__}: {problem}\nWhere the case "
            "that the suite made does not suit the operator, pass another one: "
            "checks_for(operator, case=Case(forcing, observations, fields))."
        ) from problem
