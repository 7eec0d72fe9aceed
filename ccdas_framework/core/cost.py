"""The cost function, as it is defined."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .covariance import half_square
from .interfaces import Prior

if TYPE_CHECKING:
    from .streams import StreamData

Array = Any


def cost_terms(
    x: Array,
    simulated: Mapping[str, Array],
    prior: Prior,
    streams: Mapping[str, StreamData],
    xp: Any,
) -> dict[str, Array]:
    """J(x) = J_prior(x) + sum over streams s of |y_s - H_s(M(x))|^2 / 2 in R_s, term by term.

    Args:
        x: control vector, shape (control,).
        simulated: H_s(M(x)) by stream, shape (obs,) each.
        prior: gives J_prior.
        streams: give y and R.

    Returns:
        'prior' and each stream: scalars without unit.
    """
    terms = {"prior": prior.negative_log_density(x, xp)}
    for name, stream in streams.items():
        terms[name] = half_square(stream.whiten(stream.values - simulated[name], xp), xp)
    return terms
