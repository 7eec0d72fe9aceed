"""A traced step as a graph, with its arrays."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from attrs import frozen

from .derivatives import Cut
from .flat import FlatProgram, Unsupported
from .graph import Graph
from .layouts import Layouts, loop_length
from .scalar_step import ScalarStep
from .source import Leaf


@frozen(eq=False)
class Step:
    """A step of the time loop as a graph.

    Args:
        graph: of the step of one column.
        results: nodes of each result, shape of the result without columns; the carry first.
        leaves: inputs: the carry, today's values and parameters.
        outputs: results: the carry, and the outputs of a day.
        carries: number of arrays of the carry.
        hours: passes of the inner loop, 0 without one.
    """

    graph: Graph
    results: list[np.ndarray]
    leaves: list[Leaf]
    outputs: list[Leaf]
    carries: int
    hours: int

    @cached_property
    def cut(self) -> Cut:
        """The step before, within and after its hours."""
        cut = Cut(self.graph, [int(n) for nodes in self.results for n in nodes.ravel()])
        _ = cut.after
        return cut

    @cached_property
    def state(self) -> list[tuple[int, int]]:
        """Array and element of each number of the carry."""
        sizes = [nodes.size for nodes in self.results[: self.carries]]
        return [(number, e) for number, size in enumerate(sizes) for e in range(size)]

    @property
    def stored(self) -> int:
        """Numbers of a day that the adjoint needs: the carry and the sums over hours."""
        return len(self.state) + len(self.cut.sums)

    @cached_property
    def history(self) -> Leaf:
        """Array of the stored numbers."""
        return Leaf("x_history", (self.stored, 1), daily=True)

    def active_nodes(self, active: Sequence[bool]) -> set[int]:
        """Inputs in use of the active arrays, and of the carry that depends on them."""
        nodes = self.graph.nodes
        moving = list(active)
        while True:
            nodes_in_use = {
                node
                for node in self.cut.inputs
                if isinstance(nodes[node][1][0], int) and moving[nodes[node][1][0]]
            }
            reached = self.graph.reached(nodes_in_use)
            further = [
                n
                for n in range(self.carries)
                if not moving[n] and reached.intersection(map(int, self.results[n].ravel()))
            ]
            if not further:
                return nodes_in_use
            for n in further:
                moving[n] = True


def step_of(
    program: FlatProgram, carries: int, todays: int, columns: int, shapes: Sequence[tuple[int, ...]]
) -> Step:
    """Graph of a step; an axis of hours becomes a loop where every use of it allows that.

    Raises:
        Unsupported: the step has no translation.
    """
    hours = loop_length(shapes[carries:], columns)
    try:
        return _step(program, carries, todays, columns, hours)
    except Unsupported:
        if hours is None:
            raise
        return _step(program, carries, todays, columns, None)


def _step(program: FlatProgram, carries: int, todays: int, columns: int, hours: int | None) -> Step:
    layouts, graph = Layouts(program, columns, hours), Graph()
    scalar = ScalarStep(program, layouts, graph)
    leaves = []
    for number, variable in enumerate(program.inputs):
        layout = layouts.of(variable)
        if number < carries and (layout.column is None or layout.loop is not None):
            raise Unsupported("an array of the carry has no columns, or an axis of hours")
        daily = carries <= number < carries + todays
        name = f"{'x' if daily else 'a'}{number}"
        has_columns = layout.column is not None
        leaves.append(Leaf(name, variable.shape, has_columns, layout.loop, daily))
    outputs = [
        Leaf(f"{'o' if n < carries else 'y'}{n}", v.shape, daily=n >= carries)
        for n, v in enumerate(program.results)
    ]
    step = Step(graph, scalar.results, leaves, outputs, carries, hours or 0)
    _ = step.cut
    return step
