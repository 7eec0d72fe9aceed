"""Units as UDUNITS text with spaces and exponents; compared in the core, converted in `io`."""

from __future__ import annotations


def same_units(first: str, second: str) -> bool:
    """Whether two texts name the same unit, whatever the order of their factors.

    Nothing is converted: 'm2 m-2' and '1' differ.
    """
    return first.strip() == second.strip() or (
        bool(first.strip("1 ")) == bool(second.strip("1 ")) and _factors(first) == _factors(second)
    )


def _factors(units: str) -> tuple[str, ...]:
    return tuple(sorted(units.replace("^", "").replace("**", "").split()))
