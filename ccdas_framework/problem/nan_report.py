"""Place of the first value or derivative that is not finite."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

import numpy as np

from ..core.errors import NotANumber
from .component_package import package_of, shortened
from .component_results import array_names_with_nan
from .cost import CostFunctions
from .forward_model import ForwardModel
from .jacobian import field_tangents, stream_jacobians


def require_finite(forward: ForwardModel, x: np.ndarray) -> None:
    """Raise NotANumber with field, day, cell and class, or with the stream, if there is a NaN."""
    model_name = forward.model_functions.model_name
    for b in range(len(forward.blocks)):
        for name, values in forward.block_fields(x, b).items():
            bad = ~np.isfinite(values)
            if bad.any():
                raise NotANumber(
                    f"field '{name}' of model '{model_name}' is {values[_first(bad)]} "
                    f"{_of_field(forward, b, bad)}. "
                    "Check the forcing of that cell and the parameters of that class.",
                    where=f"model '{model_name}'",
                )
    for name, values in forward.simulate(x, forward.functions).items():
        bad = ~np.isfinite(values)
        if bad.any():
            raise NotANumber(
                f"stream '{name}' is not finite {_of_stream(forward, name, bad)} "
                f"although every field of the model is. {_origin_in_operator(forward, name)}",
                where=f"stream '{name}'",
            )


def _origin_in_operator(forward: ForwardModel, name: str) -> str:
    """Sentence about the arrays of `at` with NaN, or about parameters where there are none."""
    stream = forward.streams[name]
    arrays = sorted({a for part in stream.parts for a in array_names_with_nan(part.at)})
    if not arrays:
        return "Check the parameters of its operator."
    return (
        f"`prepare` of {type(stream.operator).__name__} of {package_of(stream.operator)} returns "
        f"NaN in `at`: {shortened(', '.join(arrays))}."
    )


def require_finite_derivatives(forward: ForwardModel, cost: CostFunctions, x: np.ndarray) -> None:
    """Raise NotANumber with element, owner and day, if a derivative of finite values is not finite.

    The tangent runs come first, because they give the day. A reverse sweep multiplies zeros by
    infinities where a tangent run does not, so it may fail alone.
    """
    # an infinite derivative in one direction is NaN in those where it is multiplied by zero
    for is_bad in (np.isinf, np.isnan):
        _require_tangents(forward, x, is_bad)
        for name, jacobian in stream_jacobians(forward, x, forward.functions)[1].items():
            bad = is_bad(jacobian)
            if bad.any():
                affected = np.asarray(bad.any(axis=0))
                first = bad[:, int(np.argmax(affected))]
                raise _operator_error(forward, name, first, _element_names(forward, affected))
    if forward.reverse_mode:
        _require_finite_adjoint(forward, cost, x)


def _require_tangents(
    forward: ForwardModel, x: np.ndarray, is_bad: Callable[[np.ndarray], np.ndarray]
) -> None:
    """Raise NotANumber if the derivative of a field is bad; its owner is the model then."""
    model_name = forward.model_functions.model_name
    for b in range(len(forward.blocks)):
        for runs, _, tangents in field_tangents(forward, x, b):
            for (number, run), name in product(enumerate(runs), tangents):
                values = np.asarray(tangents[name][number])
                anywhere = is_bad(values)
                for element, mask in run.elements if anywhere.any() else ():
                    bad = anywhere & (mask > 0.0)
                    if bad.any():
                        raise NotANumber(
                            f"the derivative of field '{name}' of model '{model_name}' with "
                            f"respect to '{element.name}' is {values[_first(bad)]} "
                            f"{_of_field(forward, b, bad)}. {_advice(model_name)}",
                            where=f"model '{model_name}'",
                        )


def _require_finite_adjoint(forward: ForwardModel, cost: CostFunctions, x: np.ndarray) -> None:
    """Raise NotANumber if the reverse sweep of a stream or of the model is not finite."""
    contributions = forward.contributions(x, forward.functions)
    value, weights = cost.gradient({"x": x, **contributions})
    if not np.isfinite(value):  # of a finite misfit: the errors are too small
        return
    weights = dict(weights)
    _require_finite_elements(forward, weights.pop("x"), "the prior, or the end of an operator")
    for name, values in weights.items():
        if (bad := ~np.isfinite(values)).any():
            raise _operator_error(forward, name, bad, "its sum over the grid")
    model_name = forward.model_functions.model_name
    for b, by_stream in enumerate(forward.split(weights)):
        index, drivers = forward.index[b], forward.drivers[b]
        fields, pull_fields = forward.field_functions.pullback(x, index, drivers)
        for name, stream in forward.streams.items():
            functions = forward.functions_of({name: stream})
            inputs = forward.operator_inputs(b, {name: stream})
            pull = functions.pullback({"fields": fields, "x": x}, index, inputs)[1]
            adjoint = pull({name: by_stream[name]})
            _require_finite_adjoint_fields(forward, b, name, adjoint["fields"])
            place = f"stream '{name}'"
            _require_finite_elements(forward, adjoint["x"], place)
            gradient = pull_fields(adjoint["fields"])
            _require_finite_elements(forward, gradient, f"model '{model_name}'")


def _require_finite_adjoint_fields(
    forward: ForwardModel, block: int, stream: str, fields: Mapping[str, Any]
) -> None:
    for name, values in fields.items():
        bad = ~np.isfinite(np.asarray(values))
        if bad.any():
            raise NotANumber(
                f"the derivative of stream '{stream}' with respect to field '{name}' is "
                f"{values[_first(bad)]} {_of_field(forward, block, bad)}, in the "
                f"reverse sweep. {_advice()}",
                where=f"stream '{stream}'",
            )


def _require_finite_elements(forward: ForwardModel, gradient: Any, owner: str) -> None:
    bad = ~np.isfinite(np.asarray(gradient))
    if bad.any():
        raise NotANumber(
            f"the gradient of the cost with respect to {_element_names(forward, bad)} is not "
            f"finite in the reverse sweep of {owner}, although its tangent is on every day. "
            f"{_advice()}",
            where=owner,
        )


def _operator_error(
    forward: ForwardModel, stream: str, bad: np.ndarray, element: str
) -> NotANumber:
    """The error of a stream whose values at `bad` have no finite derivative, shape (obs,)."""
    return NotANumber(
        f"the derivative of stream '{stream}' with respect to {element} is not finite "
        f"{_of_stream(forward, stream, bad)}, although its values and the derivatives of the "
        f"fields are. {_advice()}",
        where=f"stream '{stream}'",
    )


def _element_names(forward: ForwardModel, affected: np.ndarray) -> str:
    """The first three elements, shape (control,), and the number of the others."""
    names = [e.name for e, a in zip(forward.control.active, affected, strict=True) if a]
    more = f" and {len(names) - 3} other elements" if len(names) > 3 else ""
    return f"{', '.join(map(repr, names[:3]))}{more}"


def _advice(component: str = "NAME") -> str:
    return (
        "A root, a logarithm or a division has no derivative there; use xp.where on its argument. "
        f"`ccdas check {component}` shows more."
    )


def _first(bad: np.ndarray) -> tuple[int, ...]:
    """Index of the first True."""
    return tuple(int(n) for n in np.unravel_index(int(np.argmax(bad)), bad.shape))


def _of_field(forward: ForwardModel, block: int, bad: np.ndarray) -> str:
    """Day, cell and class of the first True, shape (time, column), and the number of them."""
    return f"{day_and_cell(forward, block, _first(bad))} ({int(bad.sum())} such values)"


def _of_stream(forward: ForwardModel, name: str, bad: np.ndarray) -> str:
    """Place and day of the first True, shape (obs,), and the number of them."""
    return f"{place_and_day(forward, name, _first(bad))} ({int(bad.sum())} values)"


def day_and_cell(forward: ForwardModel, block: int, position: tuple[int, ...]) -> str:
    """Day, cell and class of a value of a field in a block; `position` is (time, column)."""
    domain, (day, column) = forward.blocks[block].domain, position
    cell = domain.grid.column_cell[column]
    return (
        f"on {domain.time[day]} in the cell at latitude {domain.grid.latitude[cell]:g}, longitude "
        f"{domain.grid.longitude[cell]:g}, class {domain.grid.column_class[column]}"
    )


def place_and_day(forward: ForwardModel, name: str, position: tuple[int, ...]) -> str:
    """Place and day of a value of a stream; `position` is (obs,)."""
    stream, (n,) = forward.streams[name], position
    return f"at '{stream.labels[n]}' on {stream.start[n]}"
