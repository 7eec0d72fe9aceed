"""Units as UDUNITS text with spaces and exponents; compared here, converted only in `io`."""

from __future__ import annotations

import re
from collections import Counter


def unit_factors(units: str) -> Counter[str]:
    """Exponent of each base symbol in a unit text: 'gC m-2 d-1' -> {gC: 1, m: -2, d: -1}."""
    factors: Counter[str] = Counter()
    for term in units.split():
        match = re.fullmatch(r"([A-Za-z%°µ]+)(?:\^|\*\*)?([+-]?\d+)?", term)
        if match is None:
            factors[term] += 1
        else:
            factors[match[1]] += int(match[2] or 1)
    factors.pop("1", None)
    return Counter({symbol: power for symbol, power in factors.items() if power})


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
