"""Fields that are expected to be in balance, and still adjust from the start of the run."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from attrs import field, frozen

from ..core.domain import Domain
from ..core.errors import Findings
from .assembled_problem import Problem
from .component_package import package_of

MONTH = 30  # days of a mean state
YEARS = (366, 365)  # days after which the weather of the lead comes again
LEAST_SHARE = 0.01  # of the field over all classes; less may change without harm


@frozen
class StatesAYearApart:
    """Means of fields over each class of columns, before the window and a year later.

    The lead repeats the first year of the window. The month before the window and the last month of
    that year have the same weather, and so have the days before both. A field in balance has the
    same state in both months, whatever the weather of later years. A run with a lead shorter than
    a month compares the first month of the run.
    A class with less than 1 % of the total of a field has no drift.
    Only fields whose variable has a `largest_drift` count. A window shorter than a year has no
    drift.
    """

    problem: Problem
    # field -> class -> weighted sums of the two months, shape (2,)
    _sums: dict[str, dict[int, np.ndarray]] = field(factory=dict, init=False)

    def add(self, block: int, fields: Mapping[str, np.ndarray]) -> None:
        """Add the fields of a block, (time, column) each."""
        domain = self.problem.blocks[block].domain
        months = _months(domain)
        if months is None:
            return
        grid = domain.grid
        weight = grid.area[grid.column_cell] * grid.column_fraction  # 0 in padded columns
        for variable in self.problem.model.provides:
            if variable.largest_drift is None:
                continue
            values = np.asarray(fields[variable.name])
            means = np.stack([values[month].mean(axis=0) for month in months])
            sums = self._sums.setdefault(variable.name, {})
            for kind in np.unique(grid.column_class):
                of_kind = grid.column_class == kind
                total = (means * weight)[:, of_kind].sum(axis=1)
                sums[int(kind)] = sums.get(int(kind), np.zeros(2)) + total

    def findings(self, run: str) -> Findings:
        """A remark "drift" for each field that changes faster than its variable declares."""
        findings = Findings()
        for variable in self.problem.model.provides:
            limit, sums = variable.largest_drift, self._sums.get(variable.name, {})
            least = LEAST_SHARE * sum(sums.values(), np.zeros(2)).max()
            changes = {
                kind: after / before - 1.0 for kind, (before, after) in sorted(sums.items())
                if before > 0.0 and after > 0.0 and max(before, after) >= least
            }  # fmt: skip
            fast = {k: c for k, c in changes.items() if limit is not None and abs(c) > limit}
            if fast and limit is not None:
                place = f"field '{variable.name}'"
                owner = f"model '{self.problem.model_name}' of {package_of(self.problem.model)}"
                listed = ", ".join(f"class {k} by {100.0 * c:+.1f} %" for k, c in fast.items())
                findings.add(
                    "drift",
                    place,
                    f"{place}: {owner} with the {run} parameters changes by more than "
                    f"{100.0 * limit:g} % in the first year of the window, {listed}. It still "
                    "adjusts from the start of the run. Compare with a longer time.spin_up_years.",
                )
        return findings


def _months(domain: Domain) -> tuple[slice, slice] | None:
    """Days of the month before the window and of that a year later; None without a year."""
    end = max(domain.lead, MONTH)
    for year in YEARS:
        later = end + year
        if later <= domain.days and domain.day_of_year[end - 1] == domain.day_of_year[later - 1]:
            return slice(end - MONTH, end), slice(later - MONTH, later)
    return None
