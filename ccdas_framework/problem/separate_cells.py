"""Cells of the grid that are solved separately, in one run of the model.

Each cell (a site, say) has a control vector of its own, and its observations depend on the cell
alone. The model runs once over all cells, each column with the parameters of its cell, so that ten
sites cost little more than one.
"""

from __future__ import annotations

import numpy as np
from attrs import evolve, field, frozen

from ..core.covariance import Diagonal
from ..core.errors import Findings, InvalidInput
from ..core.pickling import ByFields
from .assembled_problem import Problem


@frozen(eq=False)
class SeparateCells(ByFields):
    """A problem separated into independent ones, one for each cell.

    Args:
        problem: as assembled; its control vector is that of one cell.

    Raises:
        InvalidInput: something couples the cells.
    """

    problem: Problem
    together: Problem = field(init=False, repr=False)
    rows: tuple[np.ndarray, ...] = field(init=False, repr=False)

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
                    f"the errors of {place} are correlated, possibly between cells. Only "
                    "independent errors can be separated."
                )
                findings.add("correlated-errors", place, message)
        for e in problem.control.active:
            index = e.parameter.index
            if index not in (None, "class") or (index is None and e.owner != problem.model_name):
                message = (
                    f"parameter '{e.name}' is not one of the columns, so cells cannot have "
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
        for cell in range(len(self)):
            copies += [
                evolve(e, position=cell * size + e.position, cell=cell)
                for e in self.problem.control.active
            ]
        control = evolve(self.problem.control, elements=tuple(copies))
        forward = self.problem.forward.with_model(control=control, separate_cells=True)
        return evolve(self.problem, forward=forward, targets={})

    @rows.default
    def _rows(self) -> tuple[np.ndarray, ...]:
        """Positions of each cell's observations among those of all streams in order."""
        cell = []
        for stream in self.problem.streams.values():
            for index, block in zip(stream.pieces(stream.index), self.problem.blocks, strict=True):
                places = stream.observations.take(index)
                grid = block.domain.grid
                cell.append(block.all_cells[grid.locate(places.latitude, places.longitude)])
        of_row = np.concatenate(cell) if cell else np.zeros(0, dtype=int)
        return tuple(np.flatnonzero(of_row == c) for c in range(len(self)))

    def __len__(self) -> int:
        return sum(len(block.cells) for block in self.problem.blocks)

    def misfits(self, x: np.ndarray) -> list[np.ndarray]:
        """Whitened y - H(x) of each cell, shape (its obs,); x has shape (cell, control)."""
        misfits = self.together.residuals(np.ravel(x))
        return [misfits[rows] for rows in self.rows]

    def misfits_and_jacobians(self, x: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
        """Result of `misfits` and whitened Jacobian of each cell, shape (obs, control)."""
        simulated, jacobian = self.together.simulate_and_jacobian(np.ravel(x))
        misfits = self.together.whitened_misfits(simulated)
        whitened = self.together.whitened(jacobian)
        size = len(self.problem.control)
        return [
            (misfits[rows], whitened[rows, c * size : (c + 1) * size])
            for c, rows in enumerate(self.rows)
        ]
