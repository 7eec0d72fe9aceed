"""Which axes of the arrays of a step are columns, and which are the hours of a day.

Columns are the lanes of a vector and hours a loop, as long as every operation on these axes is
elementwise, a sum over hours or the choice of one hour. Any other use is not supported, so that a
wrong guess costs the translation and never a wrong value.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from attrs import frozen

from .flat import Equation, FlatProgram, Unsupported, Variable
from .operations import ELEMENTWISE

SHORTEST_LOOP = 4  # a shorter axis is written out
POINTWISE = frozenset(
    (*ELEMENTWISE, "select_n", "integer_pow", "square", "rsqrt", "copy",
     "convert_element_type", "is_finite", "optimization_barrier", "copy_p", "sign")
)  # fmt: skip
REDUCTIONS = {
    "reduce_sum": "add", "reduce_max": "max", "reduce_min": "min", "reduce_prod": "mul",
    "reduce_and": "and", "reduce_or": "or",
}  # fmt: skip


@frozen
class Layout:
    """Axes of a variable.

    Args:
        dims: length of each axis in the array of its numbers; 1 for the axes of columns and hours,
            and where all numbers along the axis are the same.
        column: position of the axis of columns, or None.
        loop: position of the axis of hours, or None.
    """

    dims: tuple[int, ...]
    column: int | None = None
    loop: int | None = None


def loop_length(shapes: Sequence[tuple[int, ...]], columns: int) -> int | None:
    """Length of the axis of hours: the most common first axis before that of columns, or None."""
    lengths = Counter(
        shape[0]
        for shape in shapes
        if len(shape) > 1 and shape[-1] == columns and shape[0] >= SHORTEST_LOOP
    )
    return lengths.most_common(1)[0][0] if lengths else None


class Layouts:
    """Layout of each variable of a program.

    Args:
        program: the step.
        columns: length of the axis of columns, the last one of each input that has it.
        loop: length of the axis of hours, or None where no axis is a loop.

    Raises:
        Unsupported: an operation mixes columns or hours.
    """

    def __init__(self, program: FlatProgram, columns: int, loop: int | None) -> None:
        self.columns, self.loop = columns, loop
        self._known = {id(v): self._of_shape(v.shape, v.shape, True) for v in program.inputs}
        for equation in program.equations:
            layouts_of_outputs = self._of_outputs(equation)
            for variable, layout in zip(equation.outputs, layouts_of_outputs, strict=True):
                both = layout.column is not None and layout.column == layout.loop
                places = (layout.column, layout.loop)
                if both or any(layout.dims[a] != 1 for a in places if a is not None):
                    raise Unsupported(f"'{equation.name}' mixes columns, hours or other axes")
                self._known[id(variable)] = layout

    def of(self, variable: Variable) -> Layout:
        """Layout of a variable or a constant."""
        if variable.constant is None:
            return self._known[id(variable)]
        shape = tuple(np.shape(varying(variable.constant)))
        return self._of_shape(shape, shape, False)

    def _of_shape(self, shape: tuple[int, ...], dims: tuple[int, ...], has_columns: bool) -> Layout:
        column = len(shape) - 1 if has_columns and shape and shape[-1] == self.columns else None
        axes = (a for a, n in enumerate(shape) if n == self.loop and a != column)
        loop = next(axes, None) if self.loop is not None else None
        return Layout(
            tuple(1 if a in (column, loop) else n for a, n in enumerate(dims)), column, loop
        )

    def _of_outputs(self, equation: Equation) -> list[Layout]:
        name, operands = equation.name, [self.of(v) for v in equation.inputs]
        if name in POINTWISE:
            return [self._common(operands, len(equation.outputs[0].shape))]
        if name in REDUCTIONS:
            return [self._reduced(equation, operands[0])]
        method = getattr(self, f"_{name}", None)
        if method is None:
            raise Unsupported(f"the step uses '{name}', which has no translation")
        result = method(equation, *operands)
        return result if isinstance(result, list) else [result]

    def _common(self, layouts: list[Layout], rank: int) -> Layout:
        layouts = [x for x in layouts if len(x.dims) == rank]
        places = []
        for kind in ("column", "loop"):
            axes = {getattr(x, kind) for x in layouts} - {None}
            if len(axes) > 1:
                raise Unsupported(f"two axes of one array are a {kind}")
            places.append(next(iter(axes), None))
        dims = tuple(max(x.dims[axis] for x in layouts) for axis in range(rank))
        return Layout(dims, *places)

    def _moved(
        self, layout: Layout, positions: Sequence[int | None], dims: Sequence[int]
    ) -> Layout:
        """The layout with axis i at positions[i]; an axis of columns must stay."""
        places = []
        for axis in (layout.column, layout.loop):
            place = None if axis is None else positions[axis]
            if axis is not None and place is None:
                raise Unsupported("an axis of columns or hours is removed")
            places.append(place)
        return Layout(tuple(dims), *places)

    def _broadcast_in_dim(self, equation: Equation, layout: Layout, *_: Layout) -> Layout:
        shape, places = equation.params["shape"], equation.params["broadcast_dimensions"]
        before = equation.inputs[0].shape
        dims = [1] * len(shape)
        for axis, place in enumerate(places):
            dims[place] = layout.dims[axis]
            if axis == layout.column and before[axis] != shape[place]:
                raise Unsupported("one column is repeated")
        return self._moved(layout, places, dims)

    def _reshape(self, equation: Equation, layout: Layout) -> Layout:
        before, after = equation.inputs[0].shape, equation.outputs[0].shape
        if [n for n in before if n != 1] == [n for n in after if n != 1]:
            return self._same_order(before, after, layout)
        last = len(before) - 1
        kept = layout.column is None or (layout.column == last and after[-1] == self.columns)
        if not kept or layout.loop is not None:
            raise Unsupported("a reshape mixes columns or hours with other axes")
        if layout.column is None:
            return Layout(tuple(after))
        return Layout((*after[:-1], 1), len(after) - 1)

    def _same_order(
        self, before: tuple[int, ...], after: tuple[int, ...], layout: Layout
    ) -> Layout:
        """Layout after axes of length 1 were put in or left out."""
        dims = [1] * len(after)
        positions: list[int | None] = [None] * len(before)
        places = iter([a for a, n in enumerate(after) if n != 1])
        for axis, n in enumerate(before):
            if n != 1:
                positions[axis] = place = next(places)
                dims[place] = layout.dims[axis]
        if layout.column is not None and self.columns == 1 and after and after[-1] == 1:
            positions[layout.column] = len(after) - 1
        return self._moved(layout, positions, dims)

    def _squeeze(self, equation: Equation, layout: Layout) -> Layout:
        gone = {d % len(layout.dims) for d in equation.params["dimensions"]}
        kept = [axis for axis in range(len(layout.dims)) if axis not in gone]
        positions = [kept.index(a) if a in kept else None for a in range(len(layout.dims))]
        return self._moved(layout, positions, [layout.dims[a] for a in kept])

    def _transpose(self, equation: Equation, layout: Layout) -> Layout:
        order = list(equation.params["permutation"])
        positions = [order.index(axis) for axis in range(len(order))]
        return self._moved(layout, positions, [layout.dims[axis] for axis in order])

    def _slice(self, equation: Equation, layout: Layout) -> Layout:
        before, after = equation.inputs[0].shape, equation.outputs[0].shape
        if layout.column is not None and before[layout.column] != after[layout.column]:
            raise Unsupported("single columns are selected")
        loop = layout.loop
        if loop is not None and before[loop] != after[loop]:
            if after[loop] != 1:
                raise Unsupported("a part of the hours is selected")
            loop = None
        dims = tuple(1 if d == 1 else n for d, n in zip(layout.dims, after, strict=True))
        return Layout(dims, layout.column, loop)

    def _index(self, equation: Equation, layout: Layout) -> Layout:
        if layout.column == 0:
            raise Unsupported("single columns are selected")
        column = None if layout.column is None else layout.column - 1
        loop = None if layout.loop in (None, 0) else layout.loop - 1  # type: ignore[operator]
        return Layout(layout.dims[1:], column, loop)

    def _unstack(self, equation: Equation, layout: Layout) -> list[Layout]:
        axis = equation.params["axis"]
        if axis in (layout.column, layout.loop):
            raise Unsupported("columns or hours are taken apart")
        positions = [a - (a > axis) for a in range(len(layout.dims))]
        dims = [d for a, d in enumerate(layout.dims) if a != axis]
        return [self._moved(layout, positions, dims)] * len(equation.outputs)

    def _stack(self, equation: Equation, *layouts: Layout) -> Layout:
        axis, rank = equation.params["axis"], len(equation.outputs[0].shape)
        positions = [a + (a >= axis) for a in range(rank - 1)]
        raised = [self._moved(x, positions, (*x.dims[:axis], 1, *x.dims[axis:])) for x in layouts]
        common = self._common(raised, rank)
        dims = tuple(len(layouts) if a == axis else d for a, d in enumerate(common.dims))
        return Layout(dims, common.column, common.loop)

    def _concatenate(self, equation: Equation, *layouts: Layout) -> Layout:
        axis, shape = equation.params["dimension"], equation.outputs[0].shape
        common = self._common(list(layouts), len(shape))
        if axis in (common.column, common.loop):
            raise Unsupported("columns or hours are joined")
        dims = tuple(shape[a] if a == axis else d for a, d in enumerate(common.dims))
        return Layout(dims, common.column, common.loop)

    def _reduced(self, equation: Equation, layout: Layout) -> Layout:
        axes = set(equation.params["axes"])
        if layout.column in axes:
            raise Unsupported("columns are summed")
        if layout.loop in axes and equation.name != "reduce_sum":
            raise Unsupported(f"'{equation.name}' of hours has no translation")
        kept = [a for a in range(len(layout.dims)) if a not in axes]

        def place(axis: int | None) -> int | None:
            return kept.index(axis) if axis in kept else None

        dims = tuple(layout.dims[a] for a in kept)
        return Layout(dims, place(layout.column), place(layout.loop))


def varying(values: np.ndarray) -> np.ndarray:
    """A constant with length 1 along axes on which it does not change."""
    for axis in range(values.ndim):
        first = values.take([0], axis)
        if values.shape[axis] > 1 and np.array_equal(values, np.broadcast_to(first, values.shape)):
            values = first
    return values
