"""Observations far from their simulated values, by place and day."""

from __future__ import annotations

import numpy as np

from ..core.errors import Finding
from ..problem.stream_data import misfit_text

LIMIT = 5.0  # error sd; of a million Gaussian errors fewer than one is larger
NAMED = 5  # observations that a message names


def large_misfits(
    stream: str,
    units: str,
    *,
    observed: np.ndarray,
    simulated: np.ndarray,
    sd: np.ndarray,
    place: np.ndarray,
    start: np.ndarray,
) -> list[Finding]:
    """One finding, "large-misfits", where |y - H(x)| exceeds 5 error sd; none where it does not.

    The message counts them and names the farthest five, so that a model that misses a whole stream
    takes one line as well.

    Args:
        stream: its name.
        units: of observed, simulated and sd, shape (obs,) each.
        place: name of the place of each value, shape (obs,).
        start: first day of each value, datetime64[D], shape (obs,).
    """
    distance = np.abs(observed - simulated) / sd
    far = np.flatnonzero(distance > LIMIT)
    if not len(far):
        return []
    far = far[np.argsort(-distance[far], kind="stable")]
    named = "; ".join(
        misfit_text(place[n], start[n], observed[n], simulated[n], units)
        + f", {distance[n]:.3g} sd"
        for n in far[:NAMED]
    )
    message = (
        f"stream '{stream}': {len(far)} of {len(observed)} observations more than {LIMIT:g} "
        f"sd of their errors from the simulated values{_farthest(len(far))}: {named}. Correct or "
        "remove wrong values, or consider larger errors. In "
        f"[streams.{stream}] 'gross_error' leaves out values far from the prior run, and 'robust' "
        "reduces their weight."
    )
    return [Finding("large-misfits", f"streams.{stream}", message)]


def _farthest(count: int) -> str:
    return f", the farthest {NAMED} are" if count > NAMED else ""
