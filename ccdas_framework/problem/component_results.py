"""Results of components: whether their types, shapes and numbers are those of the interface.

The functions read types and shapes and no values of differentiated arrays, so that they accept
traced ones. A compiled function runs them once. `ccdas check` uses the same functions.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from ..core.covariance import Covariance
from ..core.errors import Finding, Findings, InvalidInput
from ..core.interfaces import ObservationOperator
from ..core.observations import Stream
from ..core.variables import Variable
from .component_package import package_of, shortened

Array = Any
MOST = 8  # findings in one message
# method -> name of its results, and the attribute that declares them
DECLARED = {"derive": ("derived field", "gives"), "quantify": ("number", "scalars")}


def require_results(findings: Sequence[Finding], component: Any, place: str) -> None:
    """Raise InvalidInput with the findings about a component, its class and its package.

    Args:
        findings: about its results; none raises nothing.
        component: whose results they are.
        place: of the component, "model 'bethy'".
    """
    if not findings:
        return
    lines = [shortened(finding.message) for finding in findings[:MOST]]
    if len(findings) > MOST:
        lines.append(f"{len(findings) - MOST} further results are wrong.")
    who = f"{type(component).__name__} of {package_of(component)}"
    raise InvalidInput(
        f"{place}: {who}: {' '.join(lines)} `ccdas check` shows more.",
        code=findings[0].code,
        where=place,
    )


def field_findings(
    fields: Any, declared: Sequence[Variable], shape: tuple[int, ...], method: str = "run"
) -> Findings:
    """Findings about the fields of `run` or `derive`, or the numbers of `quantify`, at their place.

    Codes: "wrong-type", "missing-field", "undeclared", "wrong-shape" and "single-precision".

    Args:
        fields: the result.
        declared: variables of `provides`, `gives` or `scalars`.
        shape: (time, column), () for `quantify`.
        method: its name.
    """
    findings, names = Findings(), [variable.name for variable in declared]
    if not isinstance(fields, Mapping):
        message = f"`{method}` returns {kind_of(fields)}; expected a dict of fields by name."
        findings.add("wrong-type", method, message)
        return findings
    label, attribute = DECLARED.get(method, ("field", "provides"))
    dims = "(time, column)" if shape else "()"
    returned = shortened(", ".join(sorted(map(str, fields))) or "none")
    for name in names:
        place = f"{label} '{name}'"
        if name not in fields:
            message = (
                f"`{method}` returns no {place}, which `{attribute}` declares; it returns "
                f"{returned}."
            )
            findings.add("missing-field", place, message)
        else:
            add_number_finding(findings, fields[name], shape, place, dims, method)
    for name in fields:
        if name not in names:
            message = (
                f"`{method}` returns {label} {shortened(repr(name))}, which `{attribute}` does not "
                "declare. Declare it there with its unit, or do not return it."
            )
            findings.add("undeclared", f"{label} '{name}'", message)
    return findings


def value_findings(values: Any, count: int, method: str = "observe") -> Findings:
    """Findings about simulated values of `observe` or `complete`, shape (obs,).

    Codes: "wrong-type", "wrong-shape" and "single-precision".

    Args:
        values: the result.
        count: number of observations, those of padding included.
        method: its name.
    """
    findings = Findings()
    add_number_finding(findings, values, (count,), "simulated values", "(obs,)", method)
    return findings


def scalar_findings(value: Any, method: str) -> Findings:
    """Findings about a scalar of a differentiated method; codes as in `value_findings`."""
    findings = Findings()
    if np.ndim(value) == 0 and isinstance(value, int | float):
        return findings
    add_number_finding(findings, value, (), method, "()", method)
    return findings


def add_number_finding(
    findings: Findings, values: Any, shape: tuple[int, ...], place: str, dims: str, method: str
) -> None:
    """Add a finding unless an array has a shape and 64-bit floats."""
    label = place if place == method else f"{place} of `{method}`"
    if not _is_array(values):
        message = f"{label}: {kind_of(values)}; expected an array of floats, shape {dims}."
        findings.add("wrong-type", place, message)
    elif tuple(np.shape(values)) != shape:
        message = f"{label}: shape {tuple(np.shape(values))}; expected {dims} = {shape}."
        findings.add("wrong-shape", place, message)
    elif values.dtype != np.float64:
        single = values.dtype.kind in "fV" and values.dtype.itemsize < 8
        message = (
            f"{label}: numbers of type {values.dtype}; expected 64-bit floats. Convert them "
            "in the component, or use inputs of 64 bits."
        )
        findings.add("single-precision" if single else "wrong-type", place, message)


def driver_findings(drivers: Any) -> Findings:
    """Findings about the drivers that `prepare` of a model returns: "wrong-type" at "drivers"."""
    findings = Findings()
    if not isinstance(drivers, dict | list | tuple):
        message = f"`prepare` returns {kind_of(drivers)}; expected arrays in nested dicts."
        findings.add("wrong-type", "drivers", message)
        return findings
    for path, leaf in _leaves(drivers):
        if not is_numeric(leaf):
            message = (
                f"drivers{path} of `prepare` is {kind_of(leaf)}; expected an array of numbers."
            )
            findings.add("wrong-type", "drivers", message)
    return findings


def _leaves(tree: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Path and array of nested dicts, lists and tuples, without None."""
    if isinstance(tree, dict):
        for key, part in tree.items():
            yield from _leaves(part, f"{path}[{shortened(repr(key))}]")
    elif isinstance(tree, list | tuple):
        for number, part in enumerate(tree):
            yield from _leaves(part, f"{path}[{number}]")
    elif tree is not None:
        yield path, tree


def stream_findings(stream: Any, received: int) -> Findings:
    """Findings about the stream that `prepare` of an operator returns, with the field as place.

    Codes: "wrong-type", "wrong-shape", "wrong-length", "wrong-index", "wrong-error" and
    "not-finite".

    Args:
        stream: the result.
        received: number of observations that `prepare` received.
    """
    findings = Findings()
    if not isinstance(stream, Stream):
        findings.add(
            "wrong-type", "prepare", f"`prepare` returns {kind_of(stream)}; a Stream is due."
        )
        return findings
    if not is_numeric(stream.values) or np.ndim(stream.values) != 1:
        message = (
            f"values of the stream are {kind_of(stream.values)}; expected floats, shape (obs,)."
        )
        findings.add("wrong-type", "values", message)
        return findings
    if infinite := int(np.isinf(stream.values).sum()):
        findings.add("not-finite", "values", f"{infinite} values of the stream are infinite.")
    count = len(stream.values)
    findings.extend(_error_findings(stream.covariance, count))
    findings.extend(_label_findings(stream.labels, count))
    findings.extend(_index_findings(stream.index, count, received))
    findings.extend(_input_findings(stream.at))
    findings.extend(_dropped_findings(stream.dropped))
    return findings


def _label_findings(labels: Any, count: int) -> Iterator[Finding]:
    """Findings about `Stream.labels`: names, or whole numbers that stand for names."""
    array = np.asarray(labels) if isinstance(labels, list | tuple) else labels
    names = _is_array(array) and np.dtype(array.dtype).kind in "USTiu"
    if _is_array(array) and array.dtype == object:
        names = all(isinstance(label, str) for label in array.ravel())
    if not names:
        message = f"labels of the stream are {kind_of(labels)}; expected an array of text."
        yield Finding("wrong-type", "labels", message)
    elif np.shape(array) != (count,):
        message = f"labels of the stream have shape {np.shape(array)}; expected ({count},)."
        yield Finding("wrong-length", "labels", message)


def _dropped_findings(dropped: Any) -> Iterator[Finding]:
    """Findings about `Stream.dropped`."""
    if not isinstance(dropped, Mapping):
        message = f"dropped of the stream is {kind_of(dropped)}; expected counts by reason."
        yield Finding("wrong-type", "dropped", message)
        return
    for reason, number in dropped.items():
        whole = isinstance(number, int | np.integer) and not isinstance(number, bool)
        if not isinstance(reason, str) or not whole or number < 0:
            message = (
                f"dropped[{shortened(repr(reason))}] of the stream is {shortened(repr(number))}; "
                "expected a count, a whole number from 0, by reason in words."
            )
            yield Finding("wrong-type", "dropped", message)


def _error_findings(covariance: Any, count: int) -> Iterator[Finding]:
    place = "covariance.sd"
    if not isinstance(covariance, Covariance):
        message = (
            f"covariance of the stream is {kind_of(covariance)}; expected a Covariance, such as "
            "Diagonal(sd)."
        )
        yield Finding("wrong-type", "covariance", message)
        return
    sd = covariance.sd
    if not is_numeric(sd) or np.shape(sd) != (count,):
        message = f"{place} of the stream is {kind_of(sd)}; expected shape ({count},), as values."
        yield Finding("wrong-length", place, message)
    elif negative := int(np.sum(sd <= 0.0)):
        message = f"{negative} of {count} errors of the stream are zero or negative."
        yield Finding("wrong-error", place, message)


def _index_findings(index: Any, count: int, received: int) -> Iterator[Finding]:
    if not _is_array(index) or np.dtype(index.dtype).kind not in "iu":
        message = f"index of the stream is {kind_of(index)}; expected an array of whole numbers."
        yield Finding("wrong-type", "index", message)
    elif np.shape(index) != (count,):
        message = (
            f"index of the stream has shape {np.shape(index)}; expected ({count},), as values."
        )
        yield Finding("wrong-length", "index", message)
    elif count and (np.min(index) < 0 or np.max(index) >= received):
        message = (
            f"index of the stream lies in {np.min(index)}..{np.max(index)}, but `prepare` received "
            f"{received} observations, with positions 0..{received - 1}."
        )
        yield Finding("wrong-index", "index", message)
    elif len(np.unique(index)) != count:
        message = (
            "index of the stream names an observation twice; it is the position of each value "
            "among the observations that `prepare` receives."
        )
        yield Finding("wrong-index", "index", message)


def _input_findings(inputs: Any) -> Iterator[Finding]:
    """Findings about `Stream.at`."""
    if not isinstance(inputs, Mapping):
        message = f"`at` of the stream is {kind_of(inputs)}; expected a dict of arrays."
        yield Finding("wrong-type", "at", message)
        return
    for name, values in inputs.items():
        if not isinstance(name, str) or not is_numeric(values):
            place = f"at[{shortened(repr(name))}]"
            message = (
                f"{place} is {kind_of(values)}; `observe` takes numbers and arrays of numbers."
            )
            yield Finding("wrong-type", place, message)


def derived_fields(
    operator: ObservationOperator,
    fields: Mapping[str, Array],
    parameters: Mapping[str, Array],
    inputs: Mapping[str, Array],
    xp: Any,
    place: str = "",
) -> dict[str, Array]:
    """Result of `derive`, fields of `gives`, (time, column) each.

    Raises:
        InvalidInput: a field is missing, undeclared, or of another type or shape.
    """
    derived = operator.derive(fields, parameters, inputs, xp)
    shape = tuple(np.shape(next(iter(fields.values()))))
    findings = field_findings(derived, operator.gives, shape, "derive")
    require_results(findings, operator, place or f"operator '{type(operator).__name__}'")
    return dict(derived)


def quantified(
    operator: ObservationOperator,
    parameters: Mapping[str, Array],
    inputs: Mapping[str, Array],
    xp: Any,
) -> dict[str, Array]:
    """Result of `quantify`, numbers of `scalars`, scalars.

    Raises:
        InvalidInput: a number is missing, undeclared, or of another type or shape.
    """
    numbers = operator.quantify(parameters, inputs, xp)
    findings = field_findings(numbers, operator.scalars, (), "quantify")
    require_results(findings, operator, f"operator '{type(operator).__name__}'")
    return dict(numbers)


def prior_findings(mean: Any, covariance: Any, size: int) -> Findings:
    """Findings about mean and covariance of a prior: codes as in `stream_findings`.

    Args:
        mean: x_b.
        covariance: B.
        size: number of elements of x.
    """
    findings = Findings()
    if not is_numeric(mean) or np.shape(mean) != (size,):
        message = f"mean of the prior is {kind_of(mean)}; expected floats, shape ({size},)."
        findings.add("wrong-shape", "mean", message)
    elif not np.all(np.isfinite(mean)):
        findings.add("not-finite", "mean", "mean of the prior is not finite.")
    findings.extend(_error_findings(covariance, size))
    return findings


def array_names_with_nan(inputs: Mapping[str, Any]) -> Collection[str]:
    """Names of the arrays of `Stream.at` that hold NaN."""
    return [n for n, v in inputs.items() if np.asarray(v).dtype.kind == "f" and np.isnan(v).any()]


def _is_array(value: Any) -> bool:
    """Whether a value is an array of numpy or of an engine; masked and labelled ones are none."""
    if isinstance(value, np.ndarray):
        return not isinstance(value, np.ma.MaskedArray | np.matrix)
    # `values` is an attribute of the arrays and tables of xarray and pandas
    return hasattr(value, "shape") and hasattr(value, "dtype") and not hasattr(value, "values")


def is_numeric(value: Any) -> bool:
    """Whether a value is a real number or an array of them."""
    if isinstance(value, bool | int | float):
        return True
    return _is_array(value) and np.dtype(value.dtype).kind in "biuf"


def kind_of(value: Any) -> str:
    """Type of a value, with shape and type of its elements: 'ndarray of object, shape (3,)'."""
    name = type(value).__name__
    if value is None or isinstance(value, str):
        return shortened(repr(value))
    if hasattr(value, "dtype") and hasattr(value, "shape"):
        return f"{name} of {value.dtype}, shape {tuple(value.shape)}"
    return f"{name} of length {len(value)}" if hasattr(value, "__len__") else name
