"""Comparison of a finished run with withheld observations and published estimates."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from attrs import frozen

from ..core.errors import InvalidInput
from ..evaluation import Evaluation, ZonalEvaluation, evaluation_groups
from ..execution import block_processes
from ..experiment import Experiment, load_experiment
from ..experiment.monitor import Monitor
from ..experiment.output_attributes import attributes
from ..experiment.rerun import previous_run
from ..experiment.resume import changed_parameters, provenance_in, require_changeable
from ..experiment.run_outputs import report
from ..outputs.provenance import changed_inputs
from ..outputs.study_folder import write_groups
from ..problem.assembled_problem import Problem

MAY_CHANGE = ("evaluation", "compute", "engine")  # sections of the configuration
NAME = "evaluation.nc"


@frozen(eq=False)
class RunEvaluation:
    """Comparisons of a run with independent data.

    Args:
        path: of `evaluation.nc`.
        evaluation: name -> comparison.
        notes: sentences on comparisons that were left out and on changed inputs.
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
) -> RunEvaluation:
    """Compare prior and posterior of a run with the data of its `[evaluation]` tables.

    The model runs twice. Nothing is optimised, and of the run only `evaluation.nc` and the report
    change.

    Args:
        data: folder of published data, instead of that of the run.
        out: folder for `evaluation.nc`; by default that of the run, whose report is then written
            again.
        settings: dotted key -> value, of the sections of `MAY_CHANGE`.

    Raises:
        InvalidInput: no finished run, or nothing to compare with.
        InvalidExperiment: data that cannot be read, or a setting of another section.
    """
    folder, monitor = Path(folder), monitor or Monitor()
    optimum = previous_run(folder).x
    target = target_folder(folder, out)
    require_changeable(settings or (), MAY_CHANGE)
    monitor.stage("reading the experiment")
    experiment = load_experiment(folder / "experiment.toml", data=data, settings=settings)
    notes = [*map(str, experiment.notes), *changes_since(folder, experiment)]
    if not experiment.evaluation:
        remarks = "".join(f" {note}" for note in experiment.notes)
        raise InvalidInput(
            f"the run in {folder} has no data to compare with in [evaluation].{remarks} Add some, "
            "for instance with --set evaluation.NAME.stream=co2 and a file evaluation_NAME.nc of "
            "withheld observations, or with --set evaluation.NAME.reference=FILE.nc and --set "
            "evaluation.NAME.field=nep.",
            code="nothing-to-compare",
            where="evaluation",
        )
    monitor.stage("assembling the problem")
    problem = experiment.build()
    x = aligned(folder, problem, optimum)
    comparisons = {name: r.prepared(problem) for name, r in experiment.evaluation.items()}
    target.mkdir(parents=True, exist_ok=True)
    monitor.stage("running the model with prior and posterior")
    with block_processes(problem.forward.executor):
        evaluation = {name: compare(problem.prior.mean, x) for name, compare in comparisons.items()}
    groups = evaluation_groups(evaluation, attributes(experiment))
    write_groups(target / NAME, groups)
    if target.resolve() == folder.resolve():
        monitor.stage("report")
        report(folder)
    return RunEvaluation(target / NAME, evaluation, tuple(notes))


def target_folder(folder: Path, out: str | Path | None) -> Path:
    """Folder for `evaluation.nc`; raises InvalidInput where it is a file."""
    target = folder if out is None else Path(out)
    if target.exists() and not target.is_dir():
        message = f"--out {target} is a file; expected a folder. Choose another --out."
        raise InvalidInput(message, code="output-is-a-file", where=str(target))
    return target


def changes_since(folder: Path, experiment: Experiment) -> list[str]:
    """A line for each input that has changed or is not read since the run."""
    before = provenance_in(folder)
    changed = changed_inputs(before, experiment.inputs, experiment.recipe_folder) if before else []
    return [f"warning: {finding}" for finding in changed if finding.code != "input-added"]


def aligned(folder: Path, problem: Problem, x: Mapping[str, float]) -> np.ndarray:
    """The point in the order of the problem, shape (control,).

    Raises:
        InvalidInput: the problem has other parameters than the run.
    """
    names = problem.control.names
    if set(names) != set(x):
        raise changed_parameters(folder, x, names)
    return np.array([x[name] for name in names])
