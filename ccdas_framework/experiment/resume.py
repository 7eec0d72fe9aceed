"""Going on with a run that was interrupted."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from ..core.errors import Finding, InvalidExperiment, InvalidInput
from ..outputs.checkpoints import History, read_histories
from ..outputs.provenance import changed_inputs, versions_that_differ
from ..outputs.run_folder import RunFolder
from .build import build
from .experiment_data import ExperimentData
from .load import load_experiment_data
from .monitor import Monitor
from .optimise import executor_for
from .run import RunResult, run_problem
from .run_outputs import provenance_of

MAY_CHANGE = ("optimiser.iterations", "compute.workers", "compute.executor")


@frozen(eq=False)
class Interrupted:
    """A run that did not come to its end.

    Args:
        folder: of its results.
        experiment: as it was run.
        histories: number of each starting point -> how far it came.
        names: of the control vector.
        provenance: of the run so far.
        seconds: that it took.
        changed: versions that differ from those of the run.
    """

    folder: Path
    experiment: ExperimentData
    histories: Mapping[int, History]
    names: tuple[str, ...]
    provenance: Mapping[str, Any]
    seconds: float
    changed: tuple[Finding, ...]


def interrupted(folder: str | Path, settings: Mapping[str, Any] | None = None) -> Interrupted:
    """Read and check an interrupted run; nothing is computed.

    Args:
        folder: of its results.
        settings: of `MAY_CHANGE`, dotted key -> value.

    Raises:
        InvalidInput: no run there, a complete one, or one that found no point.
        InvalidExperiment: its input files have changed, or another key is to be changed.
    """
    folder, settings = Path(folder), dict(settings or {})
    record_of_run(folder)
    status = _status(folder)
    further = status == "iteration limit" and "optimiser.iterations" in settings
    if status not in ("", "interrupted") and not further:
        raise InvalidInput(
            f"the run in {folder} is complete: it ended with status '{status}'. There is nothing "
            f"to go on with{_more(status)}; `ccdas rerun {folder} --out NEW` repeats it.",
            code="complete-run",
            where=str(folder),
        )
    fixed = [
        Finding(
            "fixed-key",
            key,
            f"--set {key} would make it another run; a run is gone on with as it was begun. Only "
            f"{', '.join(MAY_CHANGE)} may change.",
        )
        for key in settings
        if key not in MAY_CHANGE
    ]
    names, histories = read_histories(folder)
    if fixed:
        raise InvalidExperiment(fixed)
    experiment = load_experiment_data(folder / "experiment.toml", settings=settings)
    before = provenance_in(folder)
    if changed := changed_inputs(before, experiment.inputs, experiment.recipe_folder):
        advice = "Put the earlier files back, or begin a new run from the changed ones."
        last = changed.pop()
        raise InvalidExperiment([*changed, evolve(last, message=f"{last.message} {advice}")])
    if further:
        histories = {n: _reopened(history) for n, history in histories.items()}
    return Interrupted(
        folder=folder,
        experiment=experiment,
        histories=histories,
        names=names,
        provenance=before,
        seconds=max((line.get("seconds", 0.0) for line in log_lines(folder)), default=0.0),
        changed=tuple(versions_that_differ(before)),
    )


def resume(
    run: Interrupted, monitor: Monitor | None = None, executor: Executor | None = None
) -> RunResult:
    """Go on where the run stood, in its folder, to where it would have ended.

    Args:
        run: as `interrupted` gives it.
        monitor: receives the progress.
        executor: where starting points run, instead of the configuration's.

    Raises:
        InvalidInput: the parameters are no longer those of the run.
    """
    monitor, experiment = monitor or Monitor(), run.experiment
    began = time.monotonic() - run.seconds
    monitor.stage("assembling the problem")
    problem = build(experiment)
    if problem.control.names != run.names:
        other = ", ".join(sorted(set(problem.control.names) ^ set(run.names)))
        raise InvalidInput(
            f"the run in {run.folder} has {len(run.names)} parameters and the same configuration "
            f"gives {len(problem.control)} now; they differ in {other or 'their order'}. "
            "Install the versions that provenance.json names, or begin a new run.",
            code="changed-parameters",
            where=str(run.folder),
        )
    with executor_for(experiment, executor) as used, RunFolder(run.folder, again=True) as folder:
        now = provenance_of(experiment, problem)
        parts = [*run.provenance.get("interrupted", ()), _part(run.provenance)]
        folder.write_experiment(experiment.config.to_dict())
        folder.write_provenance({**now, "interrupted": parts})
        folder.log({"event": "resumed", "seconds": run.seconds})
        return run_problem(experiment, problem, folder, monitor, began, used, run.histories)


def record_of_run(folder: Path) -> None:
    """Raise where a folder does not say which experiment was run there.

    Raises:
        InvalidInput: no folder, or one without experiment.toml.
    """
    if not (folder / "experiment.toml").is_file():
        what = "holds no experiment.toml" if folder.is_dir() else "is no folder"
        raise InvalidInput(
            f"{folder} {what}; expected the folder of a run, as `ccdas run --out` named it.",
            code="not-a-run",
            where=str(folder),
        )


def provenance_in(folder: Path) -> dict[str, Any]:
    """`provenance.json` of a run; empty where it was stopped before it was written."""
    path = folder / "provenance.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}


def log_lines(folder: Path) -> list[dict[str, Any]]:
    """Lines of `log.jsonl`; one that was cut short by the end of the run is left out."""
    path, found = folder / "log.jsonl", []
    for text in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        try:
            found.append(dict(json.loads(text)))
        except ValueError:
            continue
    return found


def _status(folder: Path) -> str:
    """How the run ended; '' where it never did, or was gone on with and stopped again."""
    events = [line for line in log_lines(folder) if line.get("event") in ("finished", "resumed")]
    return str(events[-1].get("status", "")) if events else ""


def _more(status: str) -> str:
    if status != "iteration limit":
        return ""
    return ", unless more is allowed with --set optimiser.iterations=N"


def _reopened(history: History) -> History:
    return evolve(history, status="") if history.status == "iteration limit" else history


def _part(before: Mapping[str, Any]) -> dict[str, Any]:
    """Of an earlier part of the run: when, how and with what."""
    return {key: before[key] for key in ("date", "command", "framework") if key in before}
