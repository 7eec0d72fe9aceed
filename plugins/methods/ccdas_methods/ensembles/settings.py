"""Settings that the ensemble methods have in common."""

from __future__ import annotations

from typing import Any

from attrs import field, frozen
from attrs.validators import in_

from ccdas_framework import in_range, is_flag

from .localisation import KINDS, Localisation


@frozen
class UpdateRules:
    """How an ensemble is updated.

    Args:
        localisation: "none", "threshold" or "taper".
        threshold: least correlation that counts, in sampling errors.
        inflation: factor on the spread after each update.
        absurd: root mean square residual of a failed member, relative to the median.
        least_share: share of the members that has to be left.
    """

    localisation: Localisation
    threshold: float
    inflation: float
    absurd: float
    least_share: float

    @classmethod
    def of(cls, method: Any) -> UpdateRules:
        """Those of a method with settings of these names."""
        return cls(
            method.localisation,
            method.threshold,
            method.inflation,
            method.absurd,
            method.least_share,
        )


def members_setting() -> Any:
    """Number of members."""
    return field(default=100, validator=in_range(3, 1_000_000, whole=True))


def localisation_setting() -> Any:
    """Kind of localisation."""
    return field(default="none", validator=in_(KINDS))


def threshold_setting() -> Any:
    """Least correlation that counts, in sampling errors 1 / sqrt(N - 1)."""
    return field(default=3.0, validator=in_range(0.0, 100.0))


def inflation_setting() -> Any:
    """Factor on the spread."""
    return field(default=1.0, validator=in_range(1.0, 10.0))


def absurd_setting() -> Any:
    """Root mean square residual of a failed member, relative to the median."""
    return field(default=1000.0, validator=in_range(10.0, 1e12))


def least_share_setting() -> Any:
    """Share of the members that has to be left."""
    return field(default=0.25, validator=in_range(0.0, 1.0))


def flag_setting(default: bool) -> Any:
    """True or false."""
    return field(default=default, validator=is_flag)
