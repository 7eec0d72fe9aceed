"""Repeating a run, and whether it gives the same again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from attrs import frozen

from ..core.errors import Finding, InvalidInput
from ..outputs.provenance import changed_inputs, versions_that_differ
from ..outputs.run_folder import read_result
from .experiment_data import ExperimentData
from .load import load_experiment_data
from .monitor import Monitor
from .resume import provenance_in, record_of_run
from .run import RunResult, run

SAME_COST = 1e-8  # of the cost, or of 1 where it is less
SAME_X = 1e-6  # prior sd


@frozen(eq=False)
class Earlier:
    """What the first run found.

    Args:
        folder: of its results.
        control: names, shape (control,).
        x: best point, shape (control,).
        cost: there.
        status: how it ended.
    """

    folder: Path
    control: tuple[str, ...]
    x: np.ndarray
    cost: float
    status: str


@frozen(eq=False)
class Rerun:
    """A run and its repetition.

    Args:
        first: what is repeated.
        experiment: as it was run.
        result: of the repetition.
        changed: settings, versions and inputs that differ from those of the first run.
    """

    first: Earlier
    experiment: ExperimentData
    result: RunResult
    changed: tuple[Finding, ...]

    @property
    def cost_difference(self) -> float:
        """J of the repetition less that of the first."""
        return self.result.optimisation.cost - self.first.cost

    @property
    def x_difference(self) -> np.ndarray:
        """x of the repetition less that of the first (prior sd), NaN where one lacks the other's.

        Shape (control,) of the repetition.
        """
        position = {name: n for n, name in enumerate(self.first.control)}
        names = self.result.problem.control.names
        first = [self.first.x[position[n]] if n in position else np.nan for n in names]
        if set(position) != set(names):
            return np.full(len(names), np.nan)
        difference: np.ndarray = self.result.optimisation.x - np.array(first)
        return difference

    @property
    def identical(self) -> bool:
        """Whether every digit is the same."""
        return self.cost_difference == 0.0 and bool(np.all(self.x_difference == 0.0))

    @property
    def same(self) -> bool:
        """Whether the results agree as far as rounding on another machine lets them."""
        allowed = SAME_COST * max(abs(self.first.cost), 1.0)
        near = bool(np.all(np.abs(self.x_difference) <= SAME_X))
        return near and abs(self.cost_difference) <= allowed

    @property
    def text(self) -> str:
        """What a reader wants to know, in lines."""
        found, names = self.result.optimisation, self.result.problem.control.names
        if self.identical:
            verdict = "the same result, to the last digit"
        elif self.same:
            verdict = "the same result, but for rounding"
        else:
            verdict = "NOT the same result"
        lines = [
            verdict,
            f"J {self.first.cost:.12g} then, {found.cost:.12g} now "
            f"(difference {self.cost_difference:.3g})",
            f"status '{self.first.status}' then, '{found.status}' now",
        ]
        difference = np.abs(self.x_difference)
        if np.isnan(difference).any():
            other = sorted(set(self.first.control) ^ set(names))
            lines.append(f"the parameters are not the same: {', '.join(other)}")
        elif len(difference):
            most = int(np.argmax(difference))
            lines.append(f"x differs by {difference[most]:.3g} prior sd at most ({names[most]})")
        changes = [str(change) for change in self.changed]
        lines += changes or ["versions and inputs are the same"]
        return "\n".join(lines)


def first_run(folder: str | Path) -> Earlier:
    """What a run found, from its folder.

    Raises:
        InvalidInput: no run there, or one without an optimum.
    """
    folder = Path(folder)
    record_of_run(folder)
    path = folder / "result.nc"
    if not path.is_file():
        raise InvalidInput(
            f"{folder} holds no result.nc: that run found nothing to compare with. "
            f"`ccdas resume {folder}` goes on with it.",
            code="missing-file",
            where="result.nc",
        )
    result = read_result(path)
    return Earlier(
        folder=folder,
        control=tuple(str(name) for name in result["control"].values),
        x=result["control_posterior"].values,
        cost=float(np.min(result["cost"].values)),
        status=str(result.attrs.get("status", "")),
    )


def rerun(
    folder: str | Path,
    out: str | Path,
    overwrite: bool = False,
    monitor: Monitor | None = None,
    settings: Mapping[str, Any] | None = None,
) -> Rerun:
    """Run the experiment of a folder again, and compare.

    Args:
        folder: of the first run.
        out: folder of the repetition.
        overwrite: replace the results of an earlier run there.
        monitor: receives the progress.
        settings: dotted key -> value, over what was run.

    Raises:
        InvalidInput: no result in `folder`, or `out` is that folder.
    """
    first = first_run(folder)
    if Path(out).resolve() == first.folder.resolve():
        raise InvalidInput(
            f"--out {out} is the run to be repeated; choose another folder.",
            code="output-is-the-run",
            where="--out",
        )
    before = provenance_in(first.folder)
    experiment = load_experiment_data(first.folder / "experiment.toml", settings=settings)
    changed = [
        Finding("setting-changed", key, f"setting {key} = {value!r} now")
        for key, value in (settings or {}).items()
    ]
    changed += changed_inputs(before, experiment.inputs, experiment.recipe_folder)
    changed += versions_that_differ(before)
    result = run(experiment, Path(out), overwrite=overwrite, monitor=monitor)
    return Rerun(first, experiment, result, tuple(changed))
