"""Members: parts of the grid that are solved separately, in one run of the model.

Every member (a site, say) has its own control vector, and its observations depend on its own cells
alone. The model runs once over all cells, each column with the parameters of its member, so that
ten sites cost little more than one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from attrs import evolve, field, frozen

from ..core.control import Control
from ..core.covariance import Diagonal
from ..core.errors import Findings, InvalidInput
from .assembled_problem import Problem


@frozen(eq=False)
class Members:
    """A problem separated into independent ones.

    Args:
        problem: as assembled; its control vector is that of one member.
        labels: name of each member.
        cell_member: which member each cell of the grid belongs to, shape (cell,).

    Raises:
        InvalidInput: something couples the members.
    """

    problem: Problem
    labels: tuple[str, ...]
    cell_member: np.ndarray
    together: Problem = field(init=False, repr=False)
    rows: tuple[np.ndarray, ...] = field(init=False, repr=False)

    @classmethod
    def by_cell(cls, problem: Problem, labels: Sequence[str]) -> Members:
        """Each cell a member, `labels` their names, shape (cell,)."""
        return cls(problem, tuple(str(label) for label in labels), np.arange(len(labels)))

    def __attrs_post_init__(self) -> None:
        problem, findings = self.problem, Findings()
        for name, stream in problem.streams.items():
            place = f"stream '{name}'"
            if stream.domain_scope:
                message = (
                    f"{place} sums over the whole grid, so its parts cannot be solved separately. "
                    "Leave it out, or solve all cells jointly."
                )
                findings.add("domain-scope", place, message)
            if not all(isinstance(part.covariance, Diagonal) for part in stream.parts):
                message = (
                    f"the errors of {place} are correlated, possibly between members. Only "
                    "independent errors can be separated."
                )
                findings.add("correlated-errors", place, message)
        for e in problem.control.active:
            index = e.parameter.index
            if index not in (None, "class") or (index is None and e.owner != problem.model_name):
                message = (
                    f"parameter '{e.name}' is not one of the columns, so members cannot have "
                    "copies of it. Switch it off in [parameters], or solve all cells jointly."
                )
                findings.add("shared-parameter", f"parameters.{e.name}", message)
        if len(findings):
            first = next(iter(findings))
            text = " ".join(f.message for f in findings)
            raise InvalidInput(text, code=first.code, where=first.where)

    @together.default
    def _together(self) -> Problem:
        elements = self.problem.control.elements
        size = len(self.problem.control)
        copies = [e for e in elements if e.position < 0]
        for member in range(len(self.labels)):
            copies += [
                evolve(e, position=member * size + e.position, member=member)
                for e in self.problem.control.active
            ]
        forward = self.problem.forward.with_model(
            control=Control(tuple(copies)), cell_member=np.asarray(self.cell_member)
        )
        return evolve(self.problem, forward=forward, targets={})

    @rows.default
    def _rows(self) -> tuple[np.ndarray, ...]:
        """Positions of each member's observations among those of all streams in order."""
        member = []
        for stream in self.problem.streams.values():
            first = 0
            for part, block in zip(stream.parts, self.problem.blocks, strict=True):
                last = first + len(part.values)
                places = stream.observations.take(stream.index[first:last])
                grid = block.forcing.domain.grid
                cells = grid.locate(places.latitude, places.longitude)
                member.append(np.asarray(self.cell_member)[block.all_cells[cells]])
                first = last
        of_row = np.concatenate(member) if member else np.zeros(0, dtype=int)
        return tuple(np.flatnonzero(of_row == m) for m in range(len(self.labels)))

    @property
    def stream_of_row(self) -> np.ndarray:
        """Name of the stream of each observation, all streams in order, shape (obs,)."""
        streams = self.problem.streams
        return np.repeat(list(streams), [len(s.values) for s in streams.values()])

    def __len__(self) -> int:
        return len(self.labels)

    def misfits(self, x: np.ndarray) -> list[np.ndarray]:
        """Whitened y - H(x) of each member, shape (its obs,); x has shape (member, control)."""
        misfits = self.together.residuals(np.ravel(x))
        return [misfits[rows] for rows in self.rows]

    def misfits_and_jacobians(self, x: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """Result of `misfits` and whitened Jacobian of each member, shape (obs, control)."""
        simulated, jacobian = self.together.simulate_and_jacobian(np.ravel(x))
        misfits = self.together.whitened_misfits(simulated)
        whitened = self.together.whitened(jacobian)
        size = len(self.problem.control)
        return [
            (misfits[rows], whitened[rows, m * size : (m + 1) * size])
            for m, rows in enumerate(self.rows)
        ]
