"""Mark of a setting that holds names of classes or regions."""

from __future__ import annotations

from typing import Literal

METADATA = "names_of"


def names_of(kind: Literal["class", "region"]) -> dict[str, str]:
    """Metadata of a setting whose value is one name, or several, of classes or of regions.

    An experiment refuses a name that does not exist. Classes are those of the parameters of the
    process model that are indexed by class. Regions are those of the cells of the forcing file, and
    "Global".

    Example: `shrubs: tuple[int, ...] = field(default=(7, 8), metadata=names_of("class"))`.
    """
    return {METADATA: kind}
