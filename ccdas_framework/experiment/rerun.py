"""Repetition of a run, and the difference of the results."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from attrs import frozen

from ..core.errors import Finding, Findings, InvalidInput
from ..outputs.provenance import changed_inputs, versions_that_differ
from .load import load_experiment_data
from .monitor import Monitor
from .resume import changed_seeds_and_truth, provenance_in, result_of
from .run import RunResult, run
from .run_provenance import engine_that_differs

SAME_COST = 1e-8  # of the cost, or of 1 where it is less
SAME_X = 1e-6  # prior sd


@frozen(eq=False)
class PreviousRun:
    """Result of an earlier run.

    Args:
        x: best point, name of the element -> value.
        cost: J at x.
    """

    folder: Path
    x: Mapping[str, float]
    cost: float
    status: str


@frozen(eq=False)
class Rerun:
    """A run and its repetition.

    Args:
        changed: settings, versions and inputs that differ from those of the first run.
    """

    first: PreviousRun
    result: RunResult
    changed: tuple[Finding, ...]

    @property
    def cost_difference(self) -> float:
        """J of the repetition less that of the first."""
        return self.result.optimisation.cost - self.first.cost

    @property
    def x_difference(self) -> np.ndarray:
        """x of the repetition less that of the first (prior sd), shape (control,).

        All NaN where the names of the control vectors differ.
        """
        names, x = self.result.problem.control.names, self.result.optimisation.x
        if set(self.first.x) != set(names):
            return np.full(len(names), np.nan)
        return np.asarray(x - np.array([self.first.x[name] for name in names]))

    @property
    def identical(self) -> bool:
        """Whether the results are bitwise equal."""
        return self.cost_difference == 0.0 and bool(np.all(self.x_difference == 0.0))

    @property
    def same(self) -> bool:
        """Whether the results agree within rounding errors of other machines."""
        allowed = SAME_COST * max(abs(self.first.cost), 1.0)
        near = bool(np.all(np.abs(self.x_difference) <= SAME_X))
        return near and abs(self.cost_difference) <= allowed

    @property
    def text(self) -> str:
        """Verdict, differences and changes in lines."""
        optimum, names = self.result.optimisation, self.result.problem.control.names
        lines = [
            "the same result, to the last digit" if self.identical
            else "the same result, but for rounding" if self.same else "NOT the same result",
            f"J {self.first.cost:.12g} then, {optimum.cost:.12g} now "
            f"(difference {self.cost_difference:.3g})",
            f"status '{self.first.status}' then, '{optimum.status}' now",
        ]  # fmt: skip
        difference = np.abs(self.x_difference)
        if np.isnan(difference).any():
            other = sorted(set(self.first.x) ^ set(names))
            lines.append(f"the parameters are not the same: {', '.join(other)}")
        elif len(difference):
            most = int(np.argmax(difference))
            lines.append(f"x differs by {difference[most]:.3g} prior sd at most ({names[most]})")
        changes = [str(change) for change in self.changed]
        lines += changes or ["versions and inputs are the same"]
        return "\n".join(lines)


def previous_run(folder: str | Path) -> PreviousRun:
    """Result of the run in a folder.

    Raises:
        InvalidInput: the folder holds no run, or one without an optimum.
    """
    folder = Path(folder)
    result = result_of(folder)
    for name, least in (("control", 0), ("control_posterior", 0), ("cost", 1)):
        if name not in result or result[name].ndim != 1 or result[name].size < least:
            raise InvalidInput(
                f"{folder / 'result.nc'} has no variable '{name}' of one dimension; expected the "
                "result of a run of ccdas.",
                code="missing-variable",
                where=f"result.nc: {name}",
            )
    names, x = result["control"].values.astype(str).tolist(), result["control_posterior"].values
    if result["control_posterior"].dims != result["control"].dims or x.dtype.kind not in "fiu":
        raise InvalidInput(
            f"variable 'control_posterior' of {folder / 'result.nc'} is no number for each element "
            "of 'control'; expected the result of a run of ccdas.",
            code="wrong-shape",
            where="result.nc: control_posterior",
        )
    return PreviousRun(
        folder=folder,
        x=dict(zip(names, x.tolist(), strict=True)),
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
        out: folder of the repetition.
        settings: dotted key -> value, over the configuration of the first run.

    Raises:
        InvalidInput: no result in `folder`, or `out` is that folder.
    """
    first = previous_run(folder)
    if Path(out).resolve() == first.folder.resolve():
        message = f"--out {out} is the run itself; choose another folder."
        raise InvalidInput(message, code="output-is-the-run", where="--out")
    before = provenance_in(first.folder)
    experiment = load_experiment_data(first.folder / "experiment.toml", settings=settings)
    changed = [
        Finding("setting-changed", key, f"setting {key} = {value!r} now")
        for key, value in (settings or {}).items()
    ]
    changed += changed_inputs(before, experiment.inputs, experiment.recipe_folder)
    truth = changed_seeds_and_truth(before, experiment) if before else Findings()
    changed += [finding for finding in truth if finding.where not in (settings or {})]
    changed += versions_that_differ(before)
    changed += engine_that_differs(before, experiment.engine)
    result = run(experiment, Path(out), overwrite=overwrite, monitor=monitor)
    return Rerun(first, result, tuple(changed))
