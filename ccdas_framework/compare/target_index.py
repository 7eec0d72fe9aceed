"""Targets of a problem by quantity and region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from attrs import frozen

from ..core.errors import Findings, did_you_mean
from ..problem.stream_data import StreamData
from ..targets import Target


def in_target_unit(long_name: str) -> dict[str, str]:
    """Attributes of a variable in the unit of each target."""
    return {"units": "see target_unit", "long_name": long_name}


@frozen
class TargetNames:
    """Quantity, region and unit of each target.

    Args:
        pairs: (quantity, region) of each target.
        units: of each target.
    """

    pairs: tuple[tuple[str, str], ...]
    units: tuple[str, ...]

    @classmethod
    def of(cls, targets: Mapping[str, StreamData | Target]) -> TargetNames:
        """Targets by name, in the order of the concatenated Jacobians of a problem."""
        return cls(
            tuple((name, str(label)) for name, t in targets.items() for label in t.labels),
            tuple(t.operator.observes.units for t in targets.values() for _ in t.labels),
        )

    @property
    def quantity_units(self) -> dict[str, str]:
        """Unit of each distinct quantity."""
        return dict(zip((quantity for quantity, _ in self.pairs), self.units, strict=True))

    @property
    def quantities(self) -> tuple[str, ...]:
        """The distinct quantities."""
        return tuple(self.quantity_units)

    @property
    def regions(self) -> tuple[str, ...]:
        """The distinct regions."""
        return tuple(dict.fromkeys(region for _, region in self.pairs))

    def table(self, values: np.ndarray) -> np.ndarray:
        """(..., target) as (..., region, quantity); NaN where there is no such target."""
        values = np.asarray(values)
        out = np.full((*values.shape[:-1], len(self.regions), len(self.quantities)), np.nan)
        for n, (quantity, region) in enumerate(self.pairs):
            place = self.regions.index(region), self.quantities.index(quantity)
            out[(..., *place)] = values[..., n]
        return out

    def chosen(
        self, names: Sequence[str], where: str, source: str, findings: Findings
    ) -> list[int]:
        """Positions of targets by name, and a finding for each unknown name.

        Args:
            names: 'quantity region', or a quantity in all regions; all targets where empty.
            where: key that holds the names.
            findings: receives the unknown names.
        """
        positions = {f"{quantity} {region}": [n] for n, (quantity, region) in enumerate(self.pairs)}
        for quantity in self.quantities:
            positions[quantity] = [n for n, (q, _) in enumerate(self.pairs) if q == quantity]
        for name in [n for n in names if n not in positions]:
            findings.add(
                "unknown-target",
                where,
                f"'{where}' in {source} names the target '{name}', which the experiment does not "
                f"have.{did_you_mean(name, positions)} Targets: a quantity "
                f"({', '.join(self.quantities)}), or a quantity and a region "
                f"({', '.join(self.regions)}).",
            )
        if not names:
            return list(range(len(self.pairs)))
        return list(dict.fromkeys(p for name in names for p in positions.get(name, [])))
