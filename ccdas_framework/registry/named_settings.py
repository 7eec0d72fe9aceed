"""Mark of a setting that holds names of classes, regions or places."""

from __future__ import annotations

from typing import Literal

METADATA = "names_of"


def names_of(kind: Literal["class", "region", "place"]) -> dict[str, str]:
    """Metadata of a setting whose value is one name, or several, of classes, regions or places.

    An experiment refuses a name that does not exist. Classes are those of the parameters of the
    process model that are indexed by class. Regions are those of the cells of the forcing file, and
    "Global". Places are the labels in the file of observations of the operator.

    Example: `shrubs: tuple[int, ...] = field(default=(7, 8), metadata=names_of("class"))`.
    """
    return {METADATA: kind}
