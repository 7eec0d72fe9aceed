"""Checks of an operator on variants of its case: a divided grid, missing values and fields."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import evolve

from ..core.trees import tree_leaves
from .check import CheckFailure, require, require_close, require_finite
from .prepared_components import XP, PreparedOperator, prepare_operator
from .test_case import optional_variants

BLOCKS = 3
DESIGN = "A design, or a map, simulates observations at places without data."


def operator_blocks_agree(undivided: PreparedOperator) -> None:
    """Each observation has the value it has on the undivided grid."""
    divided = prepare_operator(undivided.operator, undivided.case, BLOCKS)
    if undivided.operator.scope == "domain":
        for b, part in enumerate(divided.parts):
            require(
                np.array_equal(part.index, undivided.index), "block-index", f"block {b}",
                f"block {b} keeps observations {part.index.tolist()}, the undivided grid "
                f"{undivided.index.tolist()}; with scope 'domain' each block keeps the same ones.",
            )  # fmt: skip
    _same_by_index(undivided, divided, undivided.index)


def completion_ignores_blocks(undivided: PreparedOperator) -> None:
    """`complete` gives the same with the `at` of each block."""
    divided = prepare_operator(undivided.operator, undivided.case, BLOCKS)
    parameters = divided.parameters(divided.x)
    summed = np.linspace(1.0, 2.0, len(divided.parts[0].values))
    first, *others = (
        divided.operator.complete(summed, parameters, inputs, XP) for inputs in divided.inputs
    )
    for b, values in enumerate(others, 1):
        require(
            np.array_equal(first, values), "block-dependent-completion", f"block {b}",
            f"complete adds something else with the `at` of block {b} than with that of block 0; "
            "it is called once, after the blocks are summed.",
        )  # fmt: skip


def a_block_may_be_empty(undivided: PreparedOperator) -> None:
    """The other blocks are unaffected by one without observations, whose padding is finite."""
    operator, case = undivided.operator, undivided.case
    full = prepare_operator(operator, case, BLOCKS)
    edges = np.cumsum([len(part.values) for part in full.parts])
    index = np.split(full.index, edges[:-1])
    for b, part in enumerate(full.parts):
        if not len(part.values) or len(part.values) == len(undivided.index):
            continue  # nothing to leave out, or nothing would be left
        divided = prepare_operator(operator, case, BLOCKS, without=b)
        message = f"block {b} got no observations but made a stream of some."
        require(not len(divided.parts[b].values), "block-index", f"block {b}", message)
        padding = divided.in_block(divided.x, b, divided.fields[b], divided.inputs[b])
        require_finite(padding, f"padding of block {b}, which has no observations,")
        expected = np.concatenate([positions for n, positions in enumerate(index) if n != b])
        _same_by_index(undivided, divided, expected)


def _same_by_index(
    undivided: PreparedOperator, divided: PreparedOperator, expected: np.ndarray
) -> None:
    positions = divided.index.tolist()
    require(
        sorted(positions) == sorted(expected.tolist()), "block-index", "blocks",
        f"blocks keep observations {sorted(positions)}, the undivided grid keeps "
        f"{sorted(expected.tolist())} of these.",
    )  # fmt: skip
    by_index = dict(zip(undivided.index.tolist(), undivided.values(undivided.x), strict=True))
    values, reference = divided.values(divided.x), [by_index[n] for n in positions]
    text = f"values of {len(divided.blocks)} blocks and of the undivided grid"
    require_close(values, reference, "blocks-differ", "simulated values", text, 1e-12, 1e-15)


# -- missing values -------------------------------------------------------------------------------


def unknown_values(complete: PreparedOperator) -> None:
    """NaN for some values, and for all of them: places and simulated values stay."""
    observations = complete.observations
    some = np.where(np.arange(len(observations)) % 3 == 0, np.nan, observations.values)
    for text, values in (("some values NaN", some), ("all values NaN", np.nan * some)):
        trial = _prepared(complete, text, observations=observations.with_values(values))
        lost = sorted(set(complete.index.tolist()) - set(trial.index.tolist()))
        require(
            not lost, "observations-dropped", "prepare",
            f"with {text}, prepare leaves out observations {lost} "
            f"(dropped: {dict(trial.parts[0].dropped)}). {DESIGN}",
        )  # fmt: skip
        for name, array in trial.parts[0].at.items():
            require_finite(array, f"at['{name}'] with {text}")
        by_index = dict(zip(trial.index, trial.values(trial.x), strict=True))
        simulated = [by_index[n] for n in complete.index]
        require_close(
            simulated, complete.values(complete.x), "values-differ", "simulated values",
            f"simulated values with {text}, and with all,", 1e-12, 1e-15,
        )  # fmt: skip


def unknown_errors(trial: PreparedOperator) -> None:
    """NaN for all errors: a positive number or NaN comes back, and every place is kept."""
    observations = trial.observations
    nothing = np.full(len(observations), np.nan)
    for text, incomplete in (
        ("errors NaN", evolve(observations, sd=nothing)),
        ("values and errors NaN", evolve(observations, sd=nothing, values=nothing)),
    ):
        (part,) = _prepared(trial, text, observations=incomplete).parts
        sd = np.asarray(part.covariance.sd)
        wrong = ~np.isnan(sd) & ~((sd > 0.0) & np.isfinite(sd))
        require(
            not wrong.any() and len(sd) == len(part.values), "wrong-error", "covariance.sd",
            f"with {text}, {int(wrong.sum())} of {len(sd)} errors of the stream are neither "
            "positive nor NaN; give them a rule, or leave them NaN, which the framework refuses.",
        )  # fmt: skip


def optional_fields(trial: PreparedOperator) -> None:
    """The operator works with and without the fields that it calls optional."""
    cases = optional_variants(trial.operator, trial.case)
    texts = "without its optional fields", "with its optional fields"
    for text, case in zip(texts, cases, strict=True):
        variant = _prepared(trial, text, fields=case.fields)
        require_finite(variant.values(variant.x), f"simulated values {text}")
        derived = variant.derived(variant.x, variant.fields[0], variant.inputs[0])
        for leaf in tree_leaves(derived):
            require_finite(leaf, f"derived fields {text}")


def _prepared(trial: PreparedOperator, text: str, **changes: Any) -> PreparedOperator:
    """The operator prepared on its case with some changes."""
    try:
        return prepare_operator(trial.operator, evolve(trial.case, **changes))
    except CheckFailure as failure:
        message = f"{text}: {str(failure).splitlines()[0]}. {DESIGN}"
        raise CheckFailure("prepare-failed", "prepare", message) from failure
