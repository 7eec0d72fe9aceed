"""Runs of the members of an ensemble: those that can be used, and why the others failed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import frozen

STREAM_FAILS = 0.9  # share of the members beyond which a stream is the cause, not the members
FEWEST = 3  # members for a covariance


@frozen(eq=False)
class MemberRuns:
    """Results of one run of each member.

    Args:
        usable: whether a member takes part in the update, shape (member,).
        residuals: R^-1/2 (y - H) of the usable ones, shape (usable member, obs).
        absurd: number of members that are finite but absurdly far from the observations.
        cause: sentence about the failures; empty without one.
    """

    usable: np.ndarray
    residuals: np.ndarray
    absurd: int
    cause: str

    @property
    def failed(self) -> int:
        """Number of members that failed."""
        return int(np.sum(~self.usable))


def run_members(problem: Any, members: np.ndarray, absurd: float) -> MemberRuns:
    """Run the model for each member.

    A member fails if one of its simulated observations is not finite. It also fails if the root
    mean square of its whitened residuals exceeds `absurd` times the median over the finite
    members, or over 1 where the median is below 1: such a member alone would set all covariances.

    Args:
        problem: simulates and whitens.
        members: shape (member, control), inside the bounds.
        absurd: largest root mean square residual, relative to the median of the members.
    """
    simulated = problem.simulate_many(members)
    finite = np.array(
        [all(np.isfinite(v[m]).all() for v in simulated.values()) for m in range(len(members))],
        dtype=bool,
    )
    residuals = whitened(problem, {name: v[finite] for name, v in simulated.items()})
    size = _root_mean_square(residuals)
    limit = absurd * max(float(np.median(size)), 1.0) if len(size) else np.inf
    near = size <= limit
    usable = finite.copy()
    usable[finite] = near
    cause = _cause(problem, simulated, finite, int(np.sum(~near)), limit)
    return MemberRuns(usable, residuals[near], int(np.sum(~near)), cause)


def whitened(problem: Any, simulated: Mapping[str, np.ndarray]) -> np.ndarray:
    """R^-1/2 (y - H) of each member, streams in order, shape (member, obs)."""
    return np.concatenate(
        [
            np.asarray(stream.whiten((stream.values - simulated[name]).T, np)).T
            for name, stream in problem.streams.items()
        ],
        axis=1,
    )


def observation_name(problem: Any, position: int) -> str:
    """Stream and place of an observation, by its position among those of all streams."""
    for name, stream in problem.streams.items():
        if position < len(stream.values):
            return f"'{name}' at {stream.labels[position]} (number {position + 1})"
        position -= len(stream.values)
    raise IndexError(position)


def _root_mean_square(residuals: np.ndarray) -> np.ndarray:
    """Of each member, shape (member,); infinite where the squares are too large."""
    with np.errstate(over="ignore"):
        return np.asarray(np.sqrt(np.mean(residuals**2, axis=1)))


def _cause(
    problem: Any, simulated: Mapping[str, np.ndarray], finite: np.ndarray, absurd: int, limit: float
) -> str:
    """Sentences about the failed members; empty without one."""
    count, sentences = len(finite), []
    if not finite.all():
        missing = {name: ~np.isfinite(values) for name, values in simulated.items()}
        each = np.concatenate([m.sum(axis=0) for m in missing.values()])
        most = int(np.argmax(each))
        sentences.append(
            f"{int(np.sum(~finite))} of {count} members have a simulated value that is not finite, "
            f"most often that of {observation_name(problem, most)}, in {int(each[most])} members"
        )
        by_stream = {name: int(m.any(axis=1).sum()) for name, m in missing.items()}
        causes = [name for name, failed in by_stream.items() if failed >= STREAM_FAILS * count]
        if causes and len(causes) < len(by_stream):
            sentences.append(
                f"stream {' and '.join(repr(name) for name in causes)} fails in nearly all "
                "members, so that the stream is the cause and not the parameters"
            )
        first = getattr(problem, "first_failure", "")
        if first:
            sentences.append(f"the first failure: {first}")
    if absurd:
        sentences.append(
            f"{absurd} of {count} members are absurdly far from the observations, with a root mean "
            f"square residual above {limit:.3g} error sd"
        )
    return "; ".join(sentences)
