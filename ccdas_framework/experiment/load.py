"""From a name or a TOML file to a checked experiment."""

from __future__ import annotations

import tempfile
import tomllib
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Executor
from pathlib import Path
from typing import Any

import numpy as np
from attrs import field, frozen

from ..core.domain import Forcing
from ..core.errors import CcdasError, Findings, InvalidExperiment
from ..core.interfaces import Engine, ObservationOperator, Optimiser, ProcessModel
from ..core.observations import Observations
from ..core.problem import Problem
from .as_run import existing, record_files, record_folders
from .checks import (
    executor_problems,
    field_problems,
    parameter_problems,
    posterior_problems,
    prior_problems,
)
from .components import component, component_files, engine_name, registry
from .evaluation import Asked, read_evaluation, without_wrong_keys
from .exchanged import exchanged
from .installed_experiments import experiment_file
from .recipe_inputs import begin
from .schema import DEFAULTS, with_defaults, with_settings
from .targets import Targets, asked_targets

DEFAULT_DATA = Path("../shared/data")


@frozen(eq=False)
class Experiment:
    """Everything read and checked; nothing has run.

    Args:
        config: complete, as it will be written to experiment.toml.
        model: M, and its name in `config["model"]["name"]`.
        operators: H by stream name.
        observations: by stream name.
        forcing: over lead and window.
        optimiser, engine: as configured.
        evaluation: what to compare with and never to assimilate, by name.
        inputs: files that were read: forcing, observations, those that settings of components
            name, and the result that is the prior.
        attributes: of the forcing file and of each stream's file (credits, what is synthetic).
        targets: quantities whose uncertainty is wanted.
        notes: sentences about what was handled on reading, which the command line prints.
    """

    config: Mapping[str, Any]
    model: ProcessModel
    operators: Mapping[str, ObservationOperator]
    observations: Mapping[str, Observations]
    forcing: Forcing
    optimiser: Optimiser
    engine: Engine
    evaluation: Mapping[str, Asked]
    inputs: tuple[Path, ...]
    attributes: Mapping[str, Mapping[str, Any]]
    targets: Targets = field(factory=Targets)
    notes: tuple[str, ...] = ()
    _keep: Any = field(default=None, repr=False)  # temporary folder of a recipe's files

    @property
    def made_in(self) -> Path | None:
        """Temporary folder of input files that a recipe made, gone with the experiment."""
        return None if self._keep is None else Path(self._keep.name)

    @property
    def synthetic(self) -> bool:
        """Whether the observations come from a known truth."""
        return "truth" in self.config

    def build(self) -> Problem:
        """The assembled problem, without running it."""
        from .build import build

        return build(self)

    def run(
        self,
        out: str | Path,
        overwrite: bool = False,
        monitor: Any = None,
        *,
        starts: int | None = None,
        draws: int | None = None,
        executor: Executor | None = None,
    ) -> Any:
        """Optimise, propagate uncertainty and write a folder of results.

        Args:
            out: folder of the results.
            overwrite: replace the results of an earlier run there.
            monitor: told what is going on; see `run.Monitor`.
            starts: starting points to optimise from, instead of the configuration's.
            draws: parameter sets drawn from the posterior, instead of the configuration's.
            executor: where they run, instead of the configuration's.

        Returns:
            `run.RunResult`.
        """
        from .run import run

        return run(
            self, Path(out), overwrite=overwrite, monitor=monitor, starts=starts, draws=draws,
            executor=executor,
        )  # fmt: skip


def load_experiment(
    name_or_path: str | Path = "demo",
    observations: Sequence[str] | None = None,
    model: str | None = None,
    engine: str = "auto",
    data: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
    *,
    optimiser: str | None = None,
    seed: int | None = None,
    designed: Collection[str] = (),
) -> Experiment:
    """Read and check an experiment: configuration, plugins, forcing and observations.

    Args:
        name_or_path: a shipped name or a TOML file.
        observations: streams to assimilate; by default those of the file.
        model: process model instead of the file's.
        engine: "auto", "autograd", "jax" or another registered one.
        data: folder of published data for recipes that read it, instead of the file's.
        settings: dotted key -> value, over what the file says.
        optimiser: instead of the file's.
        seed: instead of the file's.
        designed: streams whose observations are not read, because a design asks for others.

    Raises:
        InvalidExperiment: everything wrong, a sentence each.
    """
    problems: list[Any] = []
    raw, source, folder = _read(name_or_path)
    settings = settings or {}
    notes: list[str] = []
    for section, name in (("model", model), ("optimiser", optimiser)):
        notes += map(str, exchanged(raw, section, name or settings.get(f"{section}.name"), source))
    raw = with_settings(raw, settings, problems)
    if engine != "auto":
        raw["engine"] = {"name": engine}
    if seed is not None:
        raw.setdefault("experiment", {})["seed"] = seed
    if observations is not None:
        given = raw.get("streams", {})
        given = given if isinstance(given, Mapping) else {}
        raw["streams"] = {name: given.get(name, {}) for name in observations}
    config = with_defaults(raw, source, problems)
    if not config["streams"]:
        problems.append(
            f"no observations are named in {source}; say which with --obs, for instance co2,sm,vod."
        )
    without_wrong_keys(config, source, problems)
    record_folders(config, folder, _data_folder(config, folder, data))
    config["engine"]["name"] = engine_name(config["engine"].get("name"))
    keep, recipe_files, inputs_folder = _inputs(config, problems)
    failed = inputs_folder is None and "recipe" in config["inputs"]
    folders: tuple[Path, ...] = () if failed else (folder, Path.cwd())
    if inputs_folder is not None:
        folders = (inputs_folder, *folders)
    parts = _components(config, source, folders, problems)
    if recipe_files is not None:
        missing = _observations(recipe_files, config, parts["operators"], designed, problems)
        designed = {*designed, *missing}
    loaded = _data(config, parts, inputs_folder, folders, designed, problems)
    record_files(config, parts, inputs_folder, folders)
    problems += parameter_problems(config, parts["model"], parts["operators"])
    problems += prior_problems(config["prior"]) + posterior_problems(config)
    problems += executor_problems(config)
    problems += field_problems(config, parts["model"], parts["operators"], DEFAULTS)
    targets = Targets()
    if parts["model"] is not None and loaded["forcing"] is not None:
        made = (parts["model"], parts["operators"], loaded["forcing"].domain)
        targets = asked_targets(config, *made, folders, problems)
        loaded["inputs"] += targets.files
    if problems:
        raise InvalidExperiment(problems)
    loaded["notes"] = (*notes, *loaded.get("notes", ()))
    return Experiment(config=config, keep=keep, targets=targets, **parts, **loaded)


def _read(name_or_path: str | Path) -> tuple[dict[str, Any], str, Path]:
    path = experiment_file(name_or_path)
    try:
        with open(path, "rb") as file:
            return tomllib.load(file), path.name, path.parent
    except tomllib.TOMLDecodeError as error:
        raise InvalidExperiment([f"{path} is not valid TOML: {error}."]) from None


def _data_folder(config: Mapping[str, Any], folder: Path, given: str | Path | None) -> Path | None:
    """Folder of published data: the argument, else the configuration's, else the usual one."""
    if given is not None:
        return Path(given).resolve()
    if "data" in config["inputs"]:
        return existing(config["inputs"]["data"], folder)
    usual = "recipe" in config["inputs"] and DEFAULT_DATA.is_dir()
    return DEFAULT_DATA.resolve() if usual else None


def _inputs(config: Mapping[str, Any], problems: list[str]) -> tuple[Any, Any, Path | None]:
    """The folder of input files, and where the experiment names a recipe who makes more of them."""
    wanted = config["inputs"]
    if "folder" in wanted:
        path = Path(wanted["folder"])
        if not path.is_dir():
            problems.append(f"[inputs] folder '{path}' does not exist.")
        return None, None, path
    if "recipe" not in wanted:
        return None, None, None
    found = registry()
    keep = tempfile.TemporaryDirectory(prefix="ccdas-inputs-")
    try:
        found.require_one("recipes", wanted["recipe"])
        recipe_files = begin(
            wanted["recipe"],
            Path(keep.name),
            Path(wanted["data"]) if "data" in wanted else None,
            wanted.get("settings", {}),
            seed=config["experiment"]["seed"],
            recipes=found.recipes,
            added=found.recipe_observations.get(wanted["recipe"]),
        )
    except CcdasError as error:
        told, where = str(error), f"recipe '{wanted['recipe']}'"
        problems.append(f"[inputs] {told if told.startswith(where) else f'{where}: {told}'}")
        return keep, None, None
    return keep, recipe_files, recipe_files.folder


def _observations(
    recipe_files: Any,
    config: Mapping[str, Any],
    operators: Mapping[str, ObservationOperator],
    designed: Collection[str],
    problems: list[str],
) -> list[str]:
    """Have the recipe write the streams asked for; gives those it cannot.

    A stream with a file of its own is left alone; that file may be one of another stream of the
    recipe, so that two streams can share one.
    """
    missing = []
    for stream, operator in operators.items():
        named = config["streams"][stream].get("observations")
        wanted = stream if named is None else str(named).removesuffix(".nc")
        if stream in designed or (named is not None and wanted not in recipe_files.streams):
            continue
        try:
            recipe_files.write(wanted, operator)
        except CcdasError as error:
            problems.append(f"[inputs] {error}")
            missing.append(stream)
    return missing


def _components(
    config: Mapping[str, Any], source: str, folders: tuple[Path, ...], problems: list[str]
) -> dict[str, Any]:
    def of(kind: str, section: str) -> Any:
        table = dict(config[section])
        name = table.pop("name", None)
        if name is None and any(f"'{section}.name'" in text for text in problems):
            return None
        if name is None:
            problems.append(f"[{section}] in {source} lacks the key 'name'.")
            return None
        return component(kind, name, table, f"{source}, [{section}]", folders, problems)

    operators = {}
    for stream, table in config["streams"].items():
        own = {k: v for k, v in table.items() if k not in ("operator", "observations")}
        operator = component(
            "observation_operators",
            table.get("operator", stream),
            own,
            f"{source}, [streams.{stream}]",
            folders,
            problems,
        )
        if operator is not None:
            operators[stream] = operator
    return {
        "model": of("process_models", "model"),
        "optimiser": of("optimisers", "optimiser"),
        "engine": of("engines", "engine"),
        "operators": operators,
    }


def _data(
    config: Mapping[str, Any],
    parts: Mapping[str, Any],
    inputs_folder: Path | None,
    folders: tuple[Path, ...],
    designed: Collection[str],
    problems: list[Any],
) -> dict[str, Any]:
    """Forcing and observations; what cannot be read leaves its sentences in `problems`."""
    from ..io import read_forcing, read_observations
    from .build import read_attributes

    out: dict[str, Any] = {
        "forcing": None, "observations": {}, "evaluation": {}, "inputs": (), "attributes": {},
        "notes": (),
    }  # fmt: skip
    if inputs_folder is None and config["inputs"].get("recipe"):
        return out
    model, operators = parts["model"], parts["operators"]
    read: list[Path] = []
    findings = Findings()

    def path_of(name: str) -> Path:
        found = next((f / name for f in folders if (f / name).is_file()), Path(name))
        read.append(found)
        return found

    forcing_path = path_of(str(config["inputs"].get("forcing", "forcing.nc")))
    out["attributes"]["forcing"] = read_attributes(forcing_path)
    if model is not None:
        time = config["time"]
        out["forcing"] = read_forcing(
            forcing_path,
            model.requires,
            start=np.datetime64(str(time["start"])) if "start" in time else None,
            days=time.get("days"),
            lead_days=max((o.lead_days for o in operators.values()), default=0),
            spin_up_years=time.get("spin_up_years", model.spin_up_years),
            cells=config["grid"].get("cells"),
            findings=findings,
        )
    for stream, operator in operators.items():
        if stream in designed:
            continue
        path = path_of(str(config["streams"][stream].get("observations", f"{stream}.nc")))
        out["attributes"][stream] = read_attributes(path)
        found = read_observations(path, operator.observes, findings)
        if found is not None:
            out["observations"][stream] = found
    problems.extend(findings)
    out["evaluation"], out["notes"] = read_evaluation(
        config, model, operators, out["observations"], out["forcing"], path_of, problems
    )
    made = (model, parts["optimiser"], parts["engine"], *operators.values())
    read += [path for part in made if part is not None for path in component_files(part)]
    if "run" in config["prior"]:
        read.append(Path(str(config["prior"]["run"])) / "result.nc")
    out["inputs"] = tuple(dict.fromkeys(read))
    return out
