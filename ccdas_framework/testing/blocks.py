"""An operator on the blocks of a grid: what they give together."""

from __future__ import annotations

import numpy as np

from ..core.interfaces import ObservationOperator
from ..engines.namespace import numpy_namespace
from .case import Case
from .check import require, require_close, require_finite
from .prepared import Prepared, prepared

XP = numpy_namespace()
BLOCKS = 3


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


def completes_alike(cut: Prepared) -> None:
    """`complete` gives the same with the `at` of each block."""
    own = cut.parameters(cut.point(), 0, XP)
    summed = np.linspace(1.0, 2.0, len(cut.parts[0].values))
    first = cut.operator.complete(summed, own, cut.ats[0], XP)
    for b, at in enumerate(cut.ats):
        require(
            np.array_equal(first, cut.operator.complete(summed, own, at, XP)),
            f"complete adds something else with the `at` of block {b} than with that of block 0; "
            "it is called once, after the blocks are summed.",
        )


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
