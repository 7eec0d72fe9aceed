"""Fields that are expected to be in balance, and change from year to year of the window."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from attrs import field, frozen

from ..core.errors import Findings
from .assembled_problem import Problem
from .component_package import package_of

SHORTEST_YEAR = 360  # days of a complete year, of any calendar
LEAST_SHARE = 0.01  # of the field over all classes; less may change without harm


@frozen
class YearlyMeans:
    """Means of fields over each class of columns, in the first and the last year of the window.

    A class with less than 1 % of the total of a field has no drift.
    Only fields whose variable has a `largest_drift` count. A window of less than two complete years
    has no drift.
    """

    problem: Problem
    # field -> class -> weighted sums of the first and the last year, shape (2,)
    _sums: dict[str, dict[int, np.ndarray]] = field(factory=dict, init=False)

    @property
    def years(self) -> np.ndarray:
        """Complete years of the window, by number."""
        domain = self.problem.blocks[0].forcing.domain
        numbers, days = np.unique(domain.year[domain.window], return_counts=True)
        return np.asarray(numbers[days >= SHORTEST_YEAR])

    def add(self, block: int, fields: Mapping[str, np.ndarray]) -> None:
        """Add the fields of a block, (time, column) each."""
        years = self.years
        if len(years) < 2:
            return
        domain = self.problem.blocks[block].forcing.domain
        grid, year = domain.grid, domain.year[domain.window]
        weight = grid.area[grid.column_cell] * grid.column_fraction  # 0 in padded columns
        for variable in self.problem.model.provides:
            if variable.largest_drift is None:
                continue
            values = np.asarray(fields[variable.name])[domain.window]
            means = np.stack([values[year == n].mean(axis=0) for n in years[[0, -1]]])
            sums = self._sums.setdefault(variable.name, {})
            for kind in np.unique(grid.column_class):
                of_kind = grid.column_class == kind
                total = (means * weight)[:, of_kind].sum(axis=1)
                sums[int(kind)] = sums.get(int(kind), np.zeros(2)) + total

    def findings(self, run: str) -> Findings:
        """A remark "drift" for each field that changes faster than its variable declares."""
        findings, years = Findings(), self.years
        for variable in self.problem.model.provides:
            limit, changes = variable.largest_drift, {}
            sums = self._sums.get(variable.name, {})
            least = LEAST_SHARE * sum(sums.values(), np.zeros(2)).max()
            for kind, (first, last) in sums.items():
                if first > 0.0 and last > 0.0 and max(first, last) >= least:
                    changes[kind] = (last / first) ** (1.0 / (years[-1] - years[0])) - 1.0
            fast = {
                kind: change for kind, change in sorted(changes.items())
                if limit is not None and abs(change) > limit
            }  # fmt: skip
            if fast and limit is not None:
                place = f"field '{variable.name}'"
                owner = f"model '{self.problem.model_name}' of {package_of(self.problem.model)}"
                listed = ", ".join(f"class {k} by {100.0 * c:+.1f} %" for k, c in fast.items())
                findings.add(
                    "drift",
                    place,
                    f"{place}: {owner} with the {run} parameters changes by more than "
                    f"{100.0 * limit:g} % a year within the window, {listed}. The run may start "
                    "far from balance, or the weather of the years differs: compare with a longer "
                    "time.spin_up_years.",
                )
        return findings
