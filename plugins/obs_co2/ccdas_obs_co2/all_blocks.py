"""What an operator over all cells computes once for all blocks of a grid."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from ccdas_framework import Domain, Observations

Result = TypeVar("Result")


def once_for_all_blocks(
    function: Callable[[Any, Observations, Domain], Result],
) -> Callable[[Any, Observations, Domain], Result]:
    """The method, which depends on the days of a domain and not on its cells, called once.

    Blocks of a grid come one after the other with the same observations and the same days. The
    result is held as long as the observations.
    """
    known: WeakKeyDictionary[Observations, tuple[Any, Any, Result]] = WeakKeyDictionary()

    @wraps(function)
    def once(operator: Any, observations: Observations, domain: Domain) -> Result:
        entry = known.get(observations)
        if entry is None or entry[0] is not operator or entry[1] is not domain.time:
            entry = operator, domain.time, function(operator, observations, domain)
            known[observations] = entry
        return entry[2]

    return once
