"""Origin of data, measured or not: the global attributes `data_kind` and `substitute_for`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from attrs import field, frozen
from attrs.validators import in_

MEASURED, SYNTHETIC, SUBSTITUTE = "measured", "synthetic", "substitute"
KINDS = (MEASURED, SUBSTITUTE, SYNTHETIC)  # from the most to the least direct
ATTRIBUTES = ("data_kind", "substitute_for")
YES = re.compile(r"yes\b")


@frozen
class DataKind:
    """Origin of the values of a file.

    Args:
        kind: "measured", "synthetic" or "substitute".
        substitute_for: product that the values replace, such as "SMOS soil moisture".
    """

    kind: str = field(validator=in_(KINDS))
    substitute_for: str = ""

    @classmethod
    def of(cls, attributes: Mapping[str, Any], prefix: str = "") -> DataKind | None:
        """The kind that attributes of a file declare, or None where they declare none.

        Args:
            attributes: of a netCDF file or group.
            prefix: before the names of the attributes, as in "forcing_data_kind".
        """
        kind, substitute_for = (attributes.get(prefix + name) for name in ATTRIBUTES)
        if kind not in KINDS:
            return None
        return cls(str(kind), str(substitute_for or ""))

    @classmethod
    def declared(cls, synthetic: str, substitute_for: str = "") -> DataKind:
        """The kind of a record of observations or of a forcing file that is about to be written.

        Args:
            synthetic: 'no', or 'yes: ' and the reason, as of `ObservationRecord`.
            substitute_for: the product that the values stand in for.
        """
        if substitute_for:
            return cls(SUBSTITUTE, substitute_for)
        return cls(SYNTHETIC if YES.match(synthetic) else MEASURED)

    def attributes(self, prefix: str = "") -> dict[str, str]:
        """The attributes that `of` reads."""
        values = zip(ATTRIBUTES, (self.kind, self.substitute_for), strict=True)
        return {prefix + name: text for name, text in values if text}


def least_direct(kinds: Iterable[DataKind | None]) -> DataKind | None:
    """The kind of several files together, or None where one of them declares none.

    Synthetic data come before substitutes, and these before measured data.
    """
    declared = list(kinds)
    if not declared or None in declared:
        return None
    kind = max((k.kind for k in declared if k is not None), key=KINDS.index)
    products = {k.substitute_for for k in declared if k is not None and k.kind == kind}
    return DataKind(kind, ", ".join(sorted(products - {""})))
