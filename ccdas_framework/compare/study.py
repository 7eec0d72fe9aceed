"""A study: every row computed once, and the table that is made from the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from ..core.errors import CcdasError, Findings, InvalidInput
from ..experiment import load_experiment
from ..experiment.monitor import Monitor
from ..io.atomic import remove_unfinished
from ..outputs.study_folder import study_folder_problem, write_groups, write_toml
from .existing_rows import ROWS, finished_rows, row_files, row_path, rows_of_another_study
from .row_workers import computed_rows
from .study_dataset import medians_dataset, table_dataset
from .study_file import StudyFile, read_study
from .study_summary import summaries
from .study_table import StudyRow, columns_of, read_row, table_of, write_csv

TABLE, NETCDF, STUDY = "table.csv", "table.nc", "study.toml"
STUDY_FILES = (TABLE, NETCDF, f"{ROWS}/*.nc", "study.html", STUDY)


@frozen(eq=False)
class Study:
    """A study and its rows.

    Args:
        file: that describes it.
        folder: of the results.
        rows: that exist, read.
        table: a dict by column for each row.
        computed: number of rows that this call computed; the others existed.
        missing: number of rows that do not exist yet.
    """

    file: StudyFile
    folder: Path
    rows: tuple[StudyRow, ...]
    table: Sequence[Mapping[str, Any]]
    computed: int
    missing: int


def compare_methods(
    path: str | Path,
    folder: Path,
    *,
    data: Path | None = None,
    workers: int = 1,
    only: Sequence[int] = (),
    overwrite: bool = False,
    monitor: Monitor | None = None,
) -> Study:
    """Compute the rows of a study that do not exist yet, and make the table of all that do.

    Args:
        path: study file.
        folder: of the results; rows in it that are of this study are kept.
        data: folder of published data, for experiments with real input.
        workers: rows at the same time.
        only: numbers of the rows to compute; by default all.
        overwrite: compute rows again whose definition has changed, and remove those of another
            study. The file of a row stays until its successor is complete, and one of another
            study until all rows of this call are.
        monitor: receives the progress.

    Raises:
        InvalidExperiment: all findings.
    """
    monitor, findings = monitor or Monitor(), Findings()
    file = read_study(path, findings, data)
    if problem := study_folder_problem(folder, STUDY_FILES, overwrite=True):
        findings.append(problem)
    finished = finished_rows(file, folder, overwrite, findings)
    for number in only:
        if not 1 <= number <= len(file.rows):
            message = f"the study has no row {number}; its rows are 1 to {len(file.rows)}."
            findings.add("unknown-row", "--row", message)
    if not findings:
        _experiment_findings(file, findings)
    findings.raise_if_any()
    folder.joinpath(ROWS).mkdir(parents=True, exist_ok=True)
    for place in (folder, folder / ROWS):
        remove_unfinished(place)
    if Path(path).resolve() != folder.joinpath(STUDY).resolve():
        write_toml(folder / STUDY, file.raw)
    wanted = [row for row in file.rows if not only or row.number in only]
    waiting = [row for row in wanted if row.name not in finished]
    if waiting:
        monitor.stage(f"{len(waiting)} of {len(file.rows)} rows to compute")
    for done, (row, dataset) in enumerate(computed_rows(waiting, workers), 1):
        write_groups(row_path(folder, row), {None: dataset})
        monitor.done(f"{done} of {len(waiting)}: {row.name}, {_end(dataset.attrs)}")
    if overwrite:
        for path in rows_of_another_study(file, folder, Findings()):
            path.unlink(missing_ok=True)
    study = _collected(file, folder, len(waiting))
    write_table(study)
    return study


def write_table(study: Study) -> None:
    """`table.csv`, and `table.nc` with the medians over seeds in a group of its own."""
    write_csv(study.folder / TABLE, study.table, columns_of(study.table))
    title = study.file.title
    groups = {
        None: table_dataset(study.table, title),
        "medians": medians_dataset(summaries(study.table, study.rows), title),
    }
    write_groups(study.folder / NETCDF, groups)


def finished_study(folder: Path) -> Study:
    """The study of a folder of results, from its files alone.

    Raises:
        InvalidInput: the folder holds no study.
    """
    if not is_study(folder):
        raise InvalidInput(
            f"{folder} holds no study; `ccdas compare STUDY.toml --out {folder}` writes one.",
            code="missing-file",
            where=STUDY,
        )
    # its mistakes do not matter any more, such as an experiment that is not on this machine
    return _collected(read_study(folder / STUDY, Findings()), folder, 0)


def is_study(folder: Path) -> bool:
    """Whether a folder holds the results of a study."""
    return (folder / STUDY).is_file() and bool(row_files(folder))


def _end(about: Mapping[str, Any]) -> str:
    """How a row ended, for a line of the terminal."""
    cost = f", cost {about['cost']:.6g}" if "cost" in about else f": {about['message']}"
    return f"{about['status']}{cost}, {about['seconds']:.1f} s"


def _experiment_findings(file: StudyFile, findings: Findings) -> None:
    """Findings of each different experiment of the study, before anything is computed."""
    seen = set()
    for row in file.rows:
        problem = row.definition["problem"]
        if "known" in problem:
            continue
        of_truth = {**problem["settings"], **problem["truth_settings"]}
        for key, settings in (("settings", problem["settings"]), ("truth_settings", of_truth)):
            arguments = {
                "observations": problem["streams"],
                "engine": problem["engine"],
                "data": problem["data"],
                "settings": settings,
            }
            identity = str((problem["experiment"], arguments))
            if identity in seen:
                continue
            seen.add(identity)
            try:
                load_experiment(problem["experiment"], **arguments)
            except CcdasError as error:
                where = f"cases.{row.case}.{key}"
                findings.add_error(error, f"case '{row.case}': ", where=where)


def _collected(file: StudyFile, folder: Path, computed: int) -> Study:
    """The study with the table of all rows that exist."""
    paths = {row.number: row_path(folder, row) for row in file.rows}
    rows = tuple(read_row(path, number) for number, path in paths.items() if path.is_file())
    return Study(file, folder, rows, table_of(rows), computed, len(paths) - len(rows))
