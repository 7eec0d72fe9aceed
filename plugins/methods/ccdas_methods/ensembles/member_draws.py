"""Members drawn from the prior, and members moved inside the bounds."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import frozen

ATTEMPTS = 100  # draws of one member from the prior before it is moved inside the bounds


@frozen(eq=False)
class MemberStreams:
    """Random numbers of the members, each from a stream of its own.

    Args:
        root: number from the generator of a run, from which all streams follow.
    """

    root: int

    @classmethod
    def drawn(cls, generator: np.random.Generator) -> MemberStreams:
        """Streams that follow from the next number of a generator."""
        return cls(int(generator.integers(2**53)))  # exact as a 64-bit float

    def of(self, step: int, member: int) -> np.random.Generator:
        """The stream of a member in a step."""
        return np.random.default_rng([self.root, step, member])

    def normal(self, step: int, members: np.ndarray, size: int) -> np.ndarray:
        """Standard normal numbers of each member, shape (member, size), with mean 0 over members.

        Removing the mean loses one of N degrees of freedom, which a factor sqrt(N / (N - 1)) makes
        up for: the expected variance is 1.

        Source: Evensen (2004), Ocean Dyn. 54, 539-560, section 3.
        """
        numbers = np.array([self.of(step, int(m)).standard_normal(size) for m in members])
        count = max(len(members), 2)
        return np.asarray((numbers - numbers.mean(axis=0)) * np.sqrt(count / (count - 1.0)))


def prior_members(problem: Any, streams: MemberStreams, count: int) -> tuple[np.ndarray, int, int]:
    """Members from N(x_b, B) inside the bounds, shape (member, control).

    A member outside is drawn anew, and moved to the bound after 100 attempts.

    Returns:
        members, the number of draws that were refused, the number of members that were moved.
    """
    factor = prior_factor(problem)
    mean = np.asarray(problem.prior.mean, float)
    members, refused = [], 0
    for m in range(count):
        stream = streams.of(0, m)
        for _ in range(ATTEMPTS):
            x = mean + factor @ stream.standard_normal(len(mean))
            if not problem.control.outside(x):
                break
            refused += 1
        members.append(x)
    inside, clipped = clip_to_bounds(problem.control, np.array(members))
    return inside, refused, clipped


def prior_factor(problem: Any) -> np.ndarray:
    """L with B = L L^T, shape (control, control)."""
    return np.asarray(np.linalg.cholesky(problem.prior.covariance.dense()))


def clip_to_bounds(control: Any, members: np.ndarray) -> tuple[np.ndarray, int]:
    """Members with each element outside its bounds moved to the bound, and how many were moved.

    Args:
        control: bounds and transforms of x.
        members: shape (member, control).
    """
    outside = np.array([bool(control.outside(x)) for x in members], dtype=bool)
    if not outside.any():
        return members, 0
    lower, upper = control.limits
    inside = members.copy()
    inside[outside] = np.clip(members[outside], lower, upper)
    return inside, int(outside.sum())
