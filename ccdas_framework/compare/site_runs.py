"""Runs of the single cells of an experiment, each in a folder of its own."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from ..config.target_tables import PlaceSection
from ..core.budget import FAILED
from ..core.domain import Grid
from ..core.errors import Findings
from ..experiment import Experiment, load_experiment
from ..experiment.resume import MAY_CHANGE, interrupted, provenance_in, resume, status_of
from ..io.toml_text import toml_text
from ..outputs.provenance import checksums, inputs_that_differ, versions_that_differ
from ..outputs.run_folder import folder_problem
from ..outputs.variable_tables import dataset_of, file_attributes

NEW, AGAIN, UNFINISHED, KEPT = "new", "again", "unfinished", "kept"
ITERATIONS = "optimiser.iterations"


@frozen(eq=False)
class SiteRun:
    """The run of one cell.

    Args:
        name: of the cell, and of the folder.
        folder: of its results.
        arguments: of `load_experiment`.
        state: "new"; "again", where it replaces results; "unfinished", where it continues them; or
            "kept", where they are complete.
        settings: keys that an unfinished run continues with.
        remarks: versions and input files that have changed since a run that is kept.
    """

    name: str
    folder: Path
    arguments: Mapping[str, Any]
    state: str = NEW
    settings: Mapping[str, Any] = {}
    remarks: str = ""

    @property
    def problem_id(self) -> str:
        """Its problem, which no other run shares."""
        return self.name


def places_of(grid: Grid, findings: Findings) -> dict[str, PlaceSection]:
    """Name of each cell, from its label where it has one, and its place by its centre.

    Cells that the experiment leaves out may have the same label, but not the same centre.

    Args:
        grid: of the experiment.
        findings: receives a finding for each name of several cells.
    """
    labels = grid.label.astype(str).tolist() or [""] * grid.cells
    points = zip(grid.latitude.tolist(), grid.longitude.tolist(), strict=True)
    places, names = {}, []
    for number, (label, point) in enumerate(zip(labels, points, strict=True), 1):
        names.append(re.sub(r"^\.|[^\w.+-]", "_", label) if label else f"cell_{number}")
        places[names[-1]] = PlaceSection(cells=(point,))
    for name, count in Counter(name.lower() for name in names).items():
        if count > 1:
            findings.add(
                "repeated-name",
                name,
                f"{count} cells have the name '{name}', which is that of a folder, also where case "
                "does not count. Exclude all but one of them, or rename them in the forcing file.",
            )
    return places


def runs_of(
    experiment: Experiment, arguments: Mapping[str, Any], out: Path, overwrite: bool,
    findings: Findings,
) -> list[SiteRun]:  # fmt: skip
    """The run of each cell of an experiment, with the state of its folder.

    Args:
        arguments: of `load_experiment`, which gave the experiment.
        out: folder of the folders.
        overwrite: replace results of another configuration.
        findings: receives a finding for each folder that cannot be written to.
    """
    runs, inputs = [], checksums(experiment.inputs, experiment.recipe_folder)
    for name, place in places_of(experiment.forcing.domain.grid, findings).items():
        grid = evolve(experiment.config.grid, select=place)
        table = evolve(experiment.config, grid=grid).to_dict()
        settings = {**(arguments.get("settings") or {}), "grid.select": table["grid"]["select"]}
        run = SiteRun(name, out / name, {**arguments, "settings": settings})
        run = _with_state(run, table, overwrite, findings)
        runs.append(evolve(run, remarks=_changes(run.folder, inputs)) if run.state == KEPT else run)
    return runs


def _changes(folder: Path, inputs: Mapping[str, str]) -> str:
    """Versions and input files that have changed since the run in a folder.

    A file that only one of the two reads, such as a mask that selects the cells, does not count.

    Args:
        inputs: checksums of the files now.
    """
    before = provenance_in(folder)
    inputs_now = inputs_that_differ(before, inputs)
    changed = [finding for finding in inputs_now if finding.code == "input-changed"]
    return "; ".join(str(finding) for finding in [*versions_that_differ(before), *changed])


def _with_state(
    run: SiteRun, table: Mapping[str, Any], overwrite: bool, findings: Findings
) -> SiteRun:
    """The run with the state of its folder; `table` is its configuration."""
    path = run.folder / "experiment.toml"
    if not path.is_file():
        if problem := folder_problem(run.folder, overwrite):
            findings.append(problem)
        return run
    before = tomllib.loads(path.read_text("utf-8"))
    now = tomllib.loads(toml_text(table))
    limits = [each.get("optimiser", {}).get("iterations") for each in (before, now)]
    if _definition(before) != _definition(now):
        if not overwrite:
            findings.add(
                "changed-run",
                str(run.folder),
                f"{run.folder} holds a run of another configuration. Choose another --out, or "
                "replace it with --overwrite.",
            )
        return evolve(run, state=AGAIN)
    status = status_of(run.folder)
    further = status == "iteration limit" and limits[0] != limits[1]
    if status not in ("", "interrupted") and not further:
        return evolve(run, state=KEPT)
    if not (run.folder / "checkpoint.npz").is_file():  # before its first iteration
        return evolve(run, state=AGAIN)
    return evolve(run, state=UNFINISHED, settings={ITERATIONS: limits[1]} if further else {})


def _definition(table: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration without the keys that a continued run may change."""
    changeable = {tuple(key.split(".")) for key in MAY_CHANGE}
    return {
        section: {key: value for key, value in keys.items() if (section, key) not in changeable}
        if isinstance(keys, Mapping)
        else keys
        for section, keys in table.items()
    }


def computed_site(run: SiteRun) -> Any:
    """Run or continue one cell.

    Returns:
        A dataset without variables, whose attributes say how the run ended.
    """
    try:
        if run.state == UNFINISHED:
            result = resume(interrupted(run.folder, run.settings))
        else:
            experiment = load_experiment(**run.arguments)
            result = experiment.run(run.folder, overwrite=run.state == AGAIN)
    except (Exception, SystemExit) as error:  # the other runs go on
        return failed_site(run, error)
    status = status_of(run.folder)
    return _outcome(status, result.optimisation.message)


def failed_site(run: SiteRun, error: BaseException) -> Any:
    """The same for a run that an error ended."""
    return _outcome(FAILED, " ".join(f"{type(error).__name__}: {error}".split()))


def _outcome(status: str, message: str) -> Any:
    return dataset_of({}, file_attributes({"status": status, "message": message}))
