"""What an observation operator has to be true to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np

from ..core.interfaces import ObservationOperator
from ..engines.namespace import leaves, numpy_namespace
from .case import Case
from .check import Check, require, require_close, require_finite, require_inside
from .declarations import is_a_frozen_record, operator_is_declared
from .derivatives import Differentiated, derivative_checks
from .prepared import Prepared, prepared

XP = numpy_namespace()
BLOCKS = 3


def operator_checks(
    operator: ObservationOperator, case: Callable[[], Case], engines: tuple[str, ...]
) -> Iterator[Check]:
    """All checks of an operator, by name."""

    @cache
    def whole() -> Prepared:
        return prepared(operator, case())

    yield Check("it is a frozen record of its settings", "", lambda: is_a_frozen_record(operator))
    yield Check("its declarations make sense", "", lambda: operator_is_declared(operator))
    yield Check(
        "a stream has a value, an error and a name for each observation", "",
        lambda: stream_is_complete(whole()),
    )  # fmt: skip
    yield Check("simulated values are finite and in range", "", lambda: values_are_good(whole()))
    if operator.gives:
        yield Check(
            "it derives the fields it declares and all are finite and in range", "",
            lambda: derived_fields_are_good(whole()),
        )  # fmt: skip
    yield Check("observing changes nothing", "", lambda: observing_changes_nothing(whole()))
    yield Check(
        "blocks add up" if operator.scope == "domain" else "blocks give the values of the whole",
        "", lambda: blocks_agree(whole(), prepared(operator, case(), BLOCKS)),
    )  # fmt: skip
    if operator.scope == "cell":
        yield Check(
            "a block may have no observations", "",
            lambda: a_block_may_be_empty(operator, case(), whole()),
        )  # fmt: skip
    yield from derivative_checks(lambda: differentiated(whole()), engines)


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
    """Shape (obs,), finite, within the valid_range of `observes`."""
    simulated = trial.simulated(trial.point(), trial.fields, trial.ats, XP)
    expected = (len(trial.parts[0].values),)
    require(expected[0] > 0, "prepare kept no observation of the case; nothing is simulated.")
    require(
        np.shape(simulated) == expected,
        f"simulated values have shape {np.shape(simulated)}; expected (obs,) = {expected}.",
    )
    require_finite(simulated, "simulated values")
    require_inside(simulated, trial.operator.observes.valid_range, "what the operator simulates")


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


def blocks_agree(whole: Prepared, cut: Prepared) -> None:
    """Each observation has the value it has on the whole grid."""
    if whole.operator.scope == "domain":
        for b, part in enumerate(cut.parts):
            require(
                np.array_equal(part.index, whole.index),
                f"block {b} keeps observations {part.index.tolist()}, the whole grid "
                f"{whole.index.tolist()}; an operator of scope 'domain' keeps the same everywhere.",
            )
    _same_by_index(whole, cut, whole.index)


def a_block_may_be_empty(operator: ObservationOperator, case: Case, whole: Prepared) -> None:
    """Where a block has no observations the others are as ever, and what fills it up is finite."""
    full = prepared(operator, case, BLOCKS)
    for b, part in enumerate(full.parts):
        if not len(part.values) or len(part.values) == len(whole.index):
            continue  # nothing to leave out, or nothing would be left
        cut = prepared(operator, case, BLOCKS, without=b)
        require(
            len(cut.parts[b].values) == 0,
            f"block {b} got no observations but made a stream of some.",
        )
        filling = cut.in_block(cut.point(), b, cut.fields[b], cut.ats[b], XP)
        require_finite(filling, f"what fills up block {b}, which has no observations,")
        kept = np.concatenate([part for n, part in enumerate(_split(full)) if n != b])
        _same_by_index(whole, cut, kept)


def _split(cut: Prepared) -> list[np.ndarray]:
    edges = np.cumsum([len(part.values) for part in cut.parts])
    return np.split(cut.index, edges[:-1])


def _same_by_index(whole: Prepared, cut: Prepared, expected: np.ndarray) -> None:
    require(
        sorted(cut.index.tolist()) == sorted(expected.tolist()),
        f"blocks keep observations {sorted(cut.index.tolist())}, the whole grid keeps "
        f"{sorted(expected.tolist())} of these.",
    )
    p = whole.point()
    values = np.asarray(cut.simulated(p, cut.fields, cut.ats, XP))
    every = np.asarray(whole.simulated(p, whole.fields, whole.ats, XP))
    at_index = dict(zip(whole.index.tolist(), every, strict=True))
    require_close(
        values, [at_index[n] for n in cut.index.tolist()], rtol=1e-12, atol=1e-15,
        what=f"values of {len(cut.blocks)} blocks and of the whole grid",
    )  # fmt: skip


def differentiated(trial: Prepared) -> Differentiated:
    """Simulated values as a function of own parameters and fields; fields move by a part.

    Of what is derived the means over time stand after them, brought to the same size.
    """
    (fields,) = trial.fields
    require(len(trial.index), "prepare kept no observation of the case; nothing is differentiated.")
    p = trial.point()
    derived = trial.derived(p, 0, fields, trial.ats[0], XP)
    size = {name: float(np.max(np.abs(values))) or 1.0 for name, values in derived.items()}

    def of(xp: Any) -> Callable[..., Any]:
        def both(v: Any, ats: Any) -> Any:
            found = [trial.simulated(v["p"], (v["fields"],), ats, xp)]
            given = trial.derived(v["p"], 0, v["fields"], ats[0], xp)
            found += [xp.mean(given[name], axis=0) / size[name] for name in sorted(given)]
            return xp.concatenate(found)

        return both

    change = {n: np.full(v.shape, 0.1 * (np.std(v) or 1.0)) for n, v in fields.items()}
    return Differentiated(
        of=of,
        at={"p": p, "fields": {n: np.asarray(v, float) for n, v in fields.items()}},
        change={"p": np.ones(len(p)), "fields": change},
        constants=trial.ats,
        relative=1e-6,
        absolute=1e-6,
    )
