"""A finished run beside what it did not assimilate: observations kept aside, results of others."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from attrs import frozen

from ..core.errors import Finding, InvalidExperiment, InvalidInput
from ..evaluation import Evaluation, ZonalEvaluation, evaluation_groups
from ..experiment import Experiment, load_experiment
from ..experiment.monitor import Monitor
from ..experiment.resume import provenance_in, record_of_run
from ..experiment.run_outputs import attributes, report
from ..outputs.provenance import changed_inputs
from ..outputs.run_folder import read_result
from ..outputs.study_folder import write_groups
from ..problem.assembled_problem import Problem

MAY_CHANGE = ("evaluation", "compute", "engine")  # sections; all else would be another run
NAME = "evaluation.nc"


@frozen(eq=False)
class Evaluated:
    """What a run was compared with.

    Args:
        path: of `evaluation.nc`.
        evaluation: name -> comparison.
        notes: what was left out or is no longer as it was, a sentence each.
    """

    path: Path
    evaluation: Mapping[str, Evaluation | ZonalEvaluation]
    notes: tuple[str, ...]


def evaluate_run(
    folder: str | Path,
    data: str | Path | None = None,
    out: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
    monitor: Monitor | None = None,
) -> Evaluated:
    """Compare prior and posterior of a run with what its `[evaluation]` names.

    The model runs twice; nothing is optimised, and nothing of the run is changed but its
    `evaluation.nc` and its report.

    Args:
        folder: of the run.
        data: folder of published data, instead of the one the run had.
        out: folder for `evaluation.nc`; that of the run where left out, whose report is then
            written again.
        settings: dotted key -> value, of the sections of `MAY_CHANGE`.
        monitor: told what is going on.

    Raises:
        InvalidInput: no finished run there, or nothing to compare with.
        InvalidExperiment: what is to be compared with cannot be read, or another key is changed.
    """
    folder, monitor = Path(folder), monitor or Monitor()
    x_found = posterior_of(folder)
    target = target_folder(folder, out)
    fixed = [
        Finding(
            "fixed-key",
            key,
            f"--set {key} would make it another run; of a finished one only "
            f"{', '.join(MAY_CHANGE)} may change.",
        )
        for key in settings or {}
        if key.split(".")[0] not in MAY_CHANGE
    ]
    if fixed:
        raise InvalidExperiment(fixed)
    monitor.stage("reading the experiment")
    experiment = load_experiment(folder / "experiment.toml", data=data, settings=settings)
    notes = [*map(str, experiment.notes), *changes_since(folder, experiment)]
    if not experiment.evaluation:
        notes_text = "".join(f" {note}" for note in experiment.notes)
        raise InvalidInput(
            f"the run in {folder} names nothing to compare with in [evaluation].{notes_text} Name "
            "something, for instance --set evaluation.NAME.stream=co2 with a file "
            "evaluation_NAME.nc of observations kept aside, or --set "
            "evaluation.NAME.reference=FILE.nc with --set evaluation.NAME.field=nep.",
            code="nothing-to-compare",
            where="evaluation",
        )
    monitor.stage("assembling the problem")
    problem = experiment.build()
    x = aligned(folder, problem, x_found)
    compared = {name: r.prepared(problem) for name, r in experiment.evaluation.items()}
    target.mkdir(parents=True, exist_ok=True)
    monitor.stage("running the model with prior and posterior")
    evaluation = {name: compare(problem.prior.mean, x) for name, compare in compared.items()}
    groups = evaluation_groups(evaluation, attributes(experiment))
    write_groups(target / NAME, groups)
    if target.resolve() == folder.resolve():
        monitor.stage("report")
        report(folder)
    return Evaluated(target / NAME, evaluation, tuple(notes))


def posterior_of(folder: Path) -> dict[str, float]:
    """The best point of a run, element -> x.

    Raises:
        InvalidInput: no run there, or one that optimised nothing.
    """
    record_of_run(folder)
    path = folder / "result.nc"
    if not path.is_file():
        raise InvalidInput(
            f"{folder} holds no result.nc, so there is no posterior to compare. Give the folder of "
            f"a finished `ccdas run`; `ccdas resume {folder}` goes on with one that was stopped.",
            code="missing-file",
            where="result.nc",
        )
    result = read_result(path)
    if "control_posterior" not in result:
        raise InvalidInput(
            f"{path} has no variable 'control_posterior'; it is no result of a run.",
            code="missing-variable",
            where="result.nc: control_posterior",
        )
    names = result["control"].values.astype(str)
    return {
        str(n): float(v) for n, v in zip(names, result["control_posterior"].values, strict=True)
    }


def target_folder(folder: Path, out: str | Path | None) -> Path:
    """Where `evaluation.nc` goes.

    Raises:
        InvalidInput: it is a file.
    """
    target = folder if out is None else Path(out)
    if target.exists() and not target.is_dir():
        raise InvalidInput(
            f"--out {target} is a file; expected a folder. Choose another --out.",
            code="output-is-a-file",
            where=str(target),
        )
    return target


def changes_since(folder: Path, experiment: Experiment) -> list[str]:
    """A line for each input of the run that has changed or is no longer read."""
    before = provenance_in(folder)
    changed = changed_inputs(before, experiment.inputs, experiment.recipe_folder) if before else []
    return [f"warning: {finding}" for finding in changed if finding.code != "input-added"]


def aligned(folder: Path, problem: Problem, x: Mapping[str, float]) -> np.ndarray:
    """The point in the order of the problem.

    Raises:
        InvalidInput: the parameters are no longer those of the run.
    """
    names = problem.control.names
    if set(names) != set(x):
        other = ", ".join(sorted(set(names) ^ set(x)))
        raise InvalidInput(
            f"the run in {folder} has {len(x)} parameters and the same configuration gives "
            f"{len(names)} now; they differ in {other}. Install the versions that provenance.json "
            "names, or run it again.",
            code="changed-parameters",
            where=str(folder),
        )
    return np.array([x[name] for name in names])
