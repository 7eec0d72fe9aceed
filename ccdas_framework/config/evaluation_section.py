"""Section [evaluation.NAME]: comparison with data that are never assimilated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from attrs import frozen

from ..core.errors import Findings
from .keys import matching, text
from .reader import joined
from .section import Section
from .values import is_integer, matches

# kind of a comparison -> data in words, keys
KINDS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "field": ("observations of a field at their cells", ("field", "observations")),
    "stream": (
        "withheld observations, through the operator of a stream",
        ("stream", "observations"),
    ),
    "reference": ("published sums by latitude", ("reference", "field", "sign", "bands")),
}


EDGES = {"type": "array", "minItems": 2,
         "items": {"type": "number", "minimum": -90, "maximum": 90}}  # fmt: skip


@frozen(kw_only=True)
class EvaluationSection(Section):
    """One comparison with data that are never assimilated."""

    complete: ClassVar[bool] = False

    field: str | None = text("field of the model", otherwise="NAME")
    observations: str | None = text("file of the observations", otherwise='"evaluation_NAME.nc"')
    stream: str | None = text("stream of withheld observations", otherwise="none")
    reference: str | None = text("file of published sums by latitude", otherwise="none")
    sign: int = matching(
        "-1 where the reference counts the other direction as positive",
        "1, or -1 where the reference counts the other direction as positive,",
        {"enum": [1, -1]},
        default=1,
        test=lambda v: is_integer(v) and v in (1, -1),
    )
    bands: tuple[float, ...] = matching(
        "edges of bands of latitude (degrees)",
        "edges of bands of latitude from south to north, such as [-90, -30, 30, 90],",
        EDGES,
        default=(-90, -30, 0, 30, 60, 90),
        test=lambda v: matches(v, EDGES) and bool(np.all(np.diff(v) > 0)),
    )

    @property
    def kind(self) -> str:
        """Kind of the comparison, a key of `KINDS`."""
        if self.reference is not None:
            return "reference"
        return "field" if self.stream is None else "stream"


def evaluation_findings(tables: Mapping[str, EvaluationSection], source: str) -> Findings:
    """A finding "misplaced-key" for each key that does not belong to its comparison."""
    findings = Findings()
    for name, table in tables.items():
        kind = table.kind
        data, keys = KINDS[kind]
        for key in table.specified:
            if key not in keys:
                place = joined(f"evaluation.{name}", key)
                findings.add(
                    "misplaced-key",
                    place,
                    f"'{place}' in {source} does not go with '{kind}', which compares with "
                    f"{data}. Keys with '{kind}': {', '.join(keys)}.",
                )
    return findings
