"""Continuation of an interrupted run."""

from __future__ import annotations

import json
import time
import tomllib
import warnings
from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import Executor
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from attrs import evolve, frozen

from ..core.errors import CcdasWarning, Finding, Findings, InvalidExperiment, InvalidInput
from ..execution import block_processes
from ..outputs.checkpoints import History, read_histories
from ..outputs.provenance import changed_inputs, versions_that_differ
from ..outputs.run_folder import RunFolder, read_result
from ..problem.work_progress import listening_to_work
from .build import build, truth_in
from .experiment_data import ExperimentData
from .load import load_experiment_data
from .monitor import Monitor
from .optimise import executor_for
from .run import ASSEMBLING, RunResult, run_problem
from .run_provenance import provenance_of, seeds_of, truth_record
from .truth import truth_of

MAY_CHANGE = (
    "optimiser.iterations", "compute.workers", "compute.executor", "compute.wait",
    "compute.blocks", "compute.memory",
)  # fmt: skip
GROUPED = "gradient_workers"  # in provenance.json: number that groups the blocks of a gradient
MORE = {"iteration limit": "Continue it with --set optimiser.iterations=N, a larger limit. "}


@frozen(eq=False)
class Interrupted:
    """An interrupted run.

    Args:
        histories: number of each starting point -> its iterations.
        provenance: of the run so far.
        seconds: duration of the run so far.
        changed: versions that differ from those of the run.
    """

    folder: Path
    experiment: ExperimentData
    histories: Mapping[int, History]
    provenance: Mapping[str, Any]
    seconds: float
    changed: tuple[Finding, ...]


def interrupted(folder: str | Path, settings: Mapping[str, Any] | None = None) -> Interrupted:
    """Read and check an interrupted run; nothing is computed.

    Args:
        settings: keys of `MAY_CHANGE`, dotted key -> value.

    Raises:
        InvalidInput: no run, a complete one, one without an accepted point, or other parameters
            than those of the run.
        InvalidExperiment: changed input files, or a setting of another key.
    """
    folder, settings = Path(folder), dict(settings or {})
    record_of_run(folder)
    status = status_of(folder)
    further = goes_further(status, settings)
    if is_complete(folder, settings):
        raise InvalidInput(
            f"the run in {folder} is complete with status '{status}'. {MORE.get(status, '')}"
            f"`ccdas rerun {folder} --out NEW` repeats it.",
            code="complete-run",
            where=str(folder),
        )
    names, histories = read_histories(folder)
    require_changeable(settings, MAY_CHANGE)
    experiment = load_experiment_data(folder / "experiment.toml", settings=settings)
    _say_what_becomes_of_blocks(folder, settings, experiment.config.compute.blocks)
    before = provenance_in(folder)
    if before:
        require_unchanged_inputs(before, experiment)
    else:
        _say_nothing_is_compared(folder)
    if experiment.control.names != names:
        raise changed_parameters(folder, names, experiment.control.names)
    if before:
        changed_seeds_and_truth(before, experiment).raise_if_any()
    if further:
        for number, history in histories.items():
            if history.status == "iteration limit":
                histories[number] = evolve(history, status="")
    return Interrupted(
        folder=folder,
        experiment=experiment,
        histories=histories,
        provenance=before,
        seconds=max((line.get("seconds", 0.0) for line in log_lines(folder)), default=0.0),
        changed=tuple(versions_that_differ(before)) if before else (),
    )


def require_unchanged_inputs(before: Mapping[str, Any], experiment: ExperimentData) -> None:
    """Raise InvalidExperiment where input files differ from those of a run.

    Args:
        before: provenance of the run.
    """
    if changed := changed_inputs(before, experiment.inputs, experiment.recipe_folder):
        advice = "Put the earlier files back, or begin a new run from the changed ones."
        last = changed.pop()
        raise InvalidExperiment([*changed, evolve(last, message=f"{last.message} {advice}")])


def _say_nothing_is_compared(folder: Path) -> None:
    message = (
        f"{folder} has no provenance.json. Input files, seeds and versions are taken as those of "
        "the run, because nothing says whether they have changed. With another number of workers "
        "the last digits of a gradient may differ."
    )
    where = str(folder / "provenance.json")
    warnings.warn(CcdasWarning(message, code="missing-file", where=where), stacklevel=2)


def _say_what_becomes_of_blocks(folder: Path, settings: Mapping[str, Any], blocks: int) -> None:
    """Warn where the blocks of a run change, or stay although their limit changes."""
    then = tomllib.loads((folder / "experiment.toml").read_text(encoding="utf-8"))
    before = then.get("compute", {}).get("blocks", 1)
    if blocks != before:
        key = "compute.blocks"
        message = (
            f"compute.blocks was {before} in that run and is {blocks} now. The last digits of cost "
            "and gradient depend on it, so that the result may differ from that of an "
            "uninterrupted run."
        )
    elif settings.get("compute.memory") not in (None, then.get("compute", {}).get("memory")):
        key = "compute.memory"
        message = (
            f"the run keeps its compute.blocks = {blocks} with the new compute.memory. To change "
            "them, set compute.blocks, which changes the last digits of cost and gradient."
        )
    else:
        return
    warnings.warn(CcdasWarning(message, code="changed-blocks", where=key), stacklevel=2)


def goes_further(status: str, settings: Mapping[str, Any]) -> bool:
    """Whether a run at its iteration limit has a larger one now."""
    return status == "iteration limit" and "optimiser.iterations" in settings


def changes(folder: Path, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Those of some settings that may change and differ from the run in a folder."""
    record_of_run(folder)
    table = tomllib.loads((folder / "experiment.toml").read_text(encoding="utf-8"))
    stored = {f"{name}.{k}": v for name, keys in table.items() if isinstance(keys, dict)
              for k, v in keys.items()}  # fmt: skip
    return {k: v for k, v in settings.items() if k in MAY_CHANGE and stored.get(k) != v}


def is_complete(folder: Path, settings: Mapping[str, Any]) -> bool:
    """Whether the run in a folder has ended, so that nothing is left to continue."""
    status = status_of(folder)
    return status not in ("", "interrupted") and not goes_further(status, settings)


def resume(
    run: Interrupted, monitor: Monitor | None = None, executor: Executor | None = None
) -> RunResult:
    """Continue a run in its folder, to the result of an uninterrupted run.

    Args:
        run: result of `interrupted`.
    """
    monitor = monitor or Monitor()
    with listening_to_work(monitor.work):
        return _resumed(run, monitor, executor)


def _resumed(run: Interrupted, monitor: Monitor, executor: Executor | None) -> RunResult:
    experiment = run.experiment
    began = time.monotonic() - run.seconds
    monitor.stage(ASSEMBLING)
    before = run.provenance
    problem = build(experiment, before.get(GROUPED))
    truth = truth_in(experiment, problem)
    with (
        block_processes(problem.forward.executor),
        executor_for(experiment, executor) as used,
        RunFolder(run.folder, again=True) as folder,
    ):
        now = provenance_of(experiment, problem, truth)
        part = {key: before[key] for key in ("date", "command", "framework") if key in before}
        part = part or {"provenance": "missing"}
        parts = [*before.get("interrupted", ()), part]
        folder.write_experiment(experiment.config.to_dict())
        kept = {GROUPED: before.get(GROUPED, now[GROUPED])}
        folder.write_provenance({**now, **kept, "interrupted": parts})
        folder.log({"event": "resumed", "seconds": run.seconds})
        return run_problem(
            experiment, problem, folder, monitor, began, used, run.histories, truth, run.seconds
        )


def changed_seeds_and_truth(before: Mapping[str, Any], experiment: ExperimentData) -> Findings:
    """Findings on seeds, noise and true parameters that differ from those of a run.

    Args:
        before: provenance of the run.
    """
    findings, advice = Findings(), "Put the earlier value back, or begin a new run."
    then = before.get("seeds", {})
    for key, seed in seeds_of(experiment).items():
        if key in then and then[key] != seed:
            text = f"{key} was {then[key]} in that run and is {seed} now. {advice}"
            findings.add("setting-changed", key, text)
    section = experiment.config.truth
    if section is None:
        return findings
    now = truth_record(experiment, truth_of(section, experiment.control))
    recorded = before.get("truth", {})
    if recorded.get("noise", now["noise"]) != now["noise"]:
        text = f"truth.noise is {now['noise']} now and was not in that run. {advice}"
        findings.add("setting-changed", "truth.noise", text)
    values, true = recorded.get("parameters", {}), now["parameters"]
    other = [name for name in true if not np.isclose(values.get(name, np.nan), true[name])]
    if other:
        shown = ", ".join(other[:5]) + (f" and {len(other) - 5} others" if len(other) > 5 else "")
        findings.add(
            "changed-truth",
            "truth",
            f"the truth of synthetic observations is not that of the run: {shown}. Put [truth] and "
            "the versions of that run back, or begin a new run.",
        )
    return findings


def record_of_run(folder: Path) -> None:
    """Raise InvalidInput where a folder does not exist or has no experiment.toml."""
    if not (folder / "experiment.toml").is_file():
        reason = "holds no experiment.toml" if folder.is_dir() else "is no folder"
        message = f"{folder} {reason}; expected the folder of a run, that of `ccdas run --out`."
        raise InvalidInput(message, code="not-a-run", where=str(folder))


def require_changeable(keys: Iterable[str], may_change: Collection[str]) -> None:
    """Raise InvalidExperiment for keys other than those that may change.

    Args:
        keys: dotted keys.
        may_change: keys, and sections, names without a dot, whose keys all may change.
    """
    fixed = [
        Finding(
            "fixed-key",
            key,
            f"--set {key} would make it another run; only {', '.join(may_change)} may change.",
        )
        for key in keys
        if key not in may_change and key.partition(".")[0] not in may_change
    ]
    if fixed:
        raise InvalidExperiment(fixed)


def changed_parameters(
    folder: Path, names: Collection[str], names_now: Collection[str]
) -> InvalidInput:
    """Error of a run whose configuration now gives other parameters."""
    other = ", ".join(sorted(set(names) ^ set(names_now))) or "their order"
    return InvalidInput(
        f"the run in {folder} has {len(names)} parameters and its configuration gives "
        f"{len(names_now)} now; they differ in {other}. Install the versions that provenance.json "
        "names, or begin a new run.",
        code="changed-parameters",
        where=str(folder),
    )


def result_of(folder: Path) -> Any:
    """Dataset `result.nc` of a run; raises InvalidInput where there is no run or no result."""
    record_of_run(folder)
    if not (folder / "result.nc").is_file():
        raise InvalidInput(
            f"{folder} holds no result.nc; expected the folder of a finished run. `ccdas resume "
            f"{folder}` continues an interrupted one.",
            code="missing-file",
            where="result.nc",
        )
    return read_result(folder / "result.nc")


def provenance_in(folder: Path) -> dict[str, Any]:
    """`provenance.json` of a run; empty where it does not exist."""
    path = folder / "provenance.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}


def status_of(folder: Path) -> str:
    """Status with which a run ended, '' before its end."""
    ends = ("finished", "resumed")
    events = [line for line in log_lines(folder) if line.get("event") in ends]
    return str(events[-1].get("status", "")) if events else ""


def log_lines(folder: Path) -> list[dict[str, Any]]:
    """Lines of `log.jsonl`, without one that the end of the run cut short."""
    path, lines = folder / "log.jsonl", []
    for text in path.read_text(encoding="utf-8").splitlines() if path.is_file() else ():
        with suppress(ValueError):
            lines.append(dict(json.loads(text)))
    return lines
