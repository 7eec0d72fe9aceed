"""Units as UDUNITS text with spaces and exponents; compared here, converted only in `io`."""

from __future__ import annotations


def same_units(first: str, second: str) -> bool:
    """Whether two texts name the same unit, whatever the order of their factors.

    No conversion is known here: 'm2 m-2' and '1' differ, because a declaration should say which
    it means.
    """
    return first.strip() == second.strip() or (
        bool(first.strip("1 ")) == bool(second.strip("1 ")) and _written(first) == _written(second)
    )


def _written(units: str) -> tuple[str, ...]:
    return tuple(sorted(units.replace("^", "").replace("**", "").split()))
