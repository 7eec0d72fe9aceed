"""What an observation operator has to be true to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np

from ..core.interfaces import ObservationOperator
from ..engines.namespace import leaves, numpy_namespace
from .case import Case
from .check import Check, require, require_finite, require_inside
from .declarations import is_a_frozen_record, operator_is_declared
from .derivatives import derivative_checks
from .dimensions import operator_has_units, units_agree_with_installed
from .effects import without_effect
from .missing import optional_fields, unknown_errors, unknown_values
from .operator_blocks import BLOCKS, a_block_may_be_empty, blocks_agree, completes_alike
from .operator_derivatives import differentiated
from .prepared import Prepared, prepared
from .reading import Read, reads_what_is_declared, tell

XP = numpy_namespace()


def operator_checks(
    operator: ObservationOperator, case: Callable[[], Case], engines: tuple[str, ...]
) -> Iterator[Check]:
    """All checks of an operator, by name."""

    @cache
    def whole() -> Prepared:
        return prepared(operator, case())

    for name, stage, declared in (
        ("it is a frozen record of its settings", "loads", is_a_frozen_record),
        ("its declarations make sense", "metadata", operator_is_declared),
        ("its units and dimensions make sense", "units and dims", operator_has_units),
        ("its units are those of what is installed", "units and dims", units_agree_with_installed),
    ):
        yield Check(name, stage, lambda r=declared: r(operator))  # type: ignore[misc]
    for name, run in (
        ("a stream has a value, an error and a name for each observation", stream_is_complete),
        ("simulated values are finite and in range", values_are_good),
        ("observing changes nothing", observing_changes_nothing),
        ("it reads what it declares and no more", reads_what_it_declares),
        ("every parameter changes something", parameters_matter),
    ):
        yield Check(name, "values", lambda r=run: r(whole()))  # type: ignore[misc]
    if operator.gives:
        yield Check(
            "it derives the fields it declares and all are finite and in range", "values",
            lambda: derived_fields_are_good(whole()),
        )  # fmt: skip
    yield Check(
        "blocks add up", "blocks add up",
        lambda: blocks_agree(whole(), prepared(operator, case(), BLOCKS)),
    )  # fmt: skip
    if operator.scope == "domain":
        yield Check(
            "what is added after the blocks depends on no block", "blocks add up",
            lambda: completes_alike(prepared(operator, case(), BLOCKS)),
        )  # fmt: skip
    else:
        yield Check(
            "a block may have no observations", "blocks add up",
            lambda: a_block_may_be_empty(operator, case(), whole()),
        )  # fmt: skip
    for name, by_case in (
        ("observations without a value are kept and simulated", unknown_values),
        ("an unknown error gets a rule or stays unknown", unknown_errors),
        ("optional fields may be there or not", optional_fields),
    ):
        if by_case is not optional_fields or any(
            v.optional for v in (*getattr(operator, "requires", ()), *operator.requires_once)
        ):
            yield Check(name, "missing values", lambda r=by_case: r(operator, case()))  # type: ignore[misc]
    yield from derivative_checks(cache(lambda: differentiated(whole())), engines)


def stream_is_complete(trial: Prepared) -> None:
    """Lengths agree, errors are positive, `at` holds numbers, positions are distinct."""
    (stream,) = trial.parts
    count = len(stream.values)
    require(
        count > 0,
        f"prepare kept none of the case's observations (dropped: {dict(stream.dropped)}); pass a "
        "case with observations that it keeps.",
    )
    lengths = {
        "covariance.sd": len(stream.covariance.sd),
        "labels": len(stream.labels),
        "index": len(stream.index),
    }
    for name, length in lengths.items():
        require(length == count, f"{name} of the stream has {length} entries, values {count}.")
    sd = np.asarray(stream.covariance.sd)
    require(
        np.all(sd > 0.0),
        f"{int(np.sum(~(sd > 0)))} of {count} errors of the stream are not positive: {sd}.",
    )
    require(
        len(set(stream.index.tolist())) == count,
        "index of the stream names an observation twice; it is the position of each kept value.",
    )
    for name, value in stream.at.items():
        require(
            (isinstance(value, np.ndarray) or np.isscalar(value))
            and np.asarray(value).dtype.kind in "biuf",
            f"at['{name}'] is {type(value).__name__} of {np.asarray(value).dtype}; `observe` is "
            "given numbers and arrays of numbers.",
        )


def values_are_good(trial: Prepared) -> None:
    """Shape (obs,), finite, at the prior mean within the valid_range of `observes`."""
    simulated = trial.simulated(trial.point(), trial.fields, trial.ats, XP)
    expected = (len(trial.parts[0].values),)
    require(expected[0] > 0, "prepare kept no observation of the case; nothing is simulated.")
    require(
        np.shape(simulated) == expected,
        f"simulated values have shape {np.shape(simulated)}; expected (obs,) = {expected}.",
    )
    require_finite(simulated, "simulated values")
    at_prior = trial.simulated(np.zeros(len(trial.control)), trial.fields, trial.ats, XP)
    require_inside(
        at_prior, trial.operator.observes.valid_range, "what the operator simulates at its prior"
    )


def derived_fields_are_good(trial: Prepared) -> None:
    """Every field of `gives` and no other, (time, column), finite, within its valid_range."""
    (fields,), (at,) = trial.fields, trial.ats
    found = trial.derived(trial.point(), 0, fields, at, XP)
    names = {variable.name for variable in trial.operator.gives}
    require(set(found) == names, f"derive returns {sorted(found)}; gives names {sorted(names)}.")
    shape = np.shape(next(iter(fields.values())))
    for variable in trial.operator.gives:
        values = np.asarray(found[variable.name])
        require(
            values.shape == shape,
            f"derived field '{variable.name}' has shape {values.shape}; expected (time, column) = "
            f"{shape}.",
        )
        require_finite(values, f"derived field '{variable.name}'")
        require_inside(values, variable.valid_range, f"derived field '{variable.name}'")


def observing_changes_nothing(trial: Prepared) -> None:
    """Same values again; fields, `at` and parameters as they were."""
    p = trial.point()
    own = trial.parameters(p, 0, XP)
    given = [trial.fields, trial.ats, own]
    kept = [np.copy(leaf) for leaf in leaves(given)]
    first = trial.simulated(p, trial.fields, trial.ats, XP)
    trial.operator.observe(trial.fields[0], own, trial.ats[0], XP)
    second = trial.simulated(p, trial.fields, trial.ats, XP)
    require(np.array_equal(first, second), "observing twice gives different values.")
    require(
        all(np.array_equal(a, b) for a, b in zip(kept, leaves(given), strict=True)),
        "observe wrote into its fields, its parameters or `at`.",
    )


def reads_what_it_declares(trial: Prepared) -> None:
    """Fields of `requires`, all of `parameters`, and no others; `prepare` may look at more."""
    operator, (fields,), (at,) = trial.operator, trial.fields, trial.ats
    own = Read(trial.parameters(trial.point(), 0, XP))
    looked, once = Read(fields), Read(trial.prior)
    missing = None
    try:
        operator.prepare(trial.observations, trial.blocks[0].forcing.domain, lambda: once)
        values = operator.observe(looked, own, at, XP)
        operator.complete(values, own, at, XP)
        operator.derive(looked, own, at, XP)
    except KeyError as problem:
        missing = problem
    asked = {**looked.asked, **dict.fromkeys(set(once.asked) & set(fields))}
    every = (*operator.requires, *operator.requires_once)
    problems = [
        *reads_what_is_declared("field", "requires", asked, operator.requires),
        *(
            text
            for text in reads_what_is_declared("field", "requires_once", once.asked, every)
            if "does not declare" in text
        ),
        *reads_what_is_declared("parameter", "parameters", own.asked, operator.parameters),
    ]
    if missing is not None:
        problems = [text for text in problems if "does not declare" in text]
        if not problems:
            raise missing
    tell(problems, "Declare what is used, and nothing else.")


def parameters_matter(trial: Prepared) -> None:
    """Each parameter changes what is simulated, or a field that is derived."""
    operator, (fields,), (at,) = trial.operator, trial.fields, trial.ats
    grid = trial.blocks[0].forcing.domain.grid

    def run(own: Mapping[str, Any]) -> list[np.ndarray]:
        values = operator.complete(operator.observe(fields, own, at, XP), own, at, XP)
        given = operator.derive(fields, own, at, XP)
        return [np.asarray(values), *(np.asarray(given[name]) for name in sorted(given))]

    points = [trial.parameters(p, 0, XP) for p in (trial.point(), 3.0 * trial.point())]
    without_effect(operator.parameters, points, grid.column_class, run)
