"""Direction in which a flux counts as positive, from the attributes of its variable."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_WORDS = {
    "upward": re.compile(r"(?:^|_)(?:upward|upwelling|outgoing)(?:_|$)"),
    "downward": re.compile(r"(?:^|_)(?:downward|downwelling|incoming)(?:_|$)"),
}
_OF_AXIS = {"up": "upward", "down": "downward"}  # the attribute `positive`, as CMIP writes it


def flux_direction(attributes: Mapping[str, Any]) -> str:
    """Direction that counts as positive, "upward" or "downward", or "" where nothing states it.

    It is that of the CF standard name, or of the attribute `positive`.

    Args:
        attributes: of the variable.
    """
    name = str(attributes.get("standard_name", ""))
    for direction, word in _WORDS.items():
        if word.search(name):
            return direction
    return _OF_AXIS.get(str(attributes.get("positive", "")).strip().lower(), "")
