"""A study: every row computed once, and the table that is made from the rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, Future, as_completed
from pathlib import Path
from typing import Any

from attrs import frozen

from ..core.errors import CcdasError, Finding, Findings
from ..execution import row_executor
from ..experiment import load_experiment
from ..experiment.monitor import Monitor
from ..outputs.study_folder import write_groups, write_toml
from .study_file import Row, StudyFile, read_study
from .study_row import computed_row
from .study_table import StudyRow, read_row, table_of, write_csv

ROWS, TABLE, STUDY = "rows", "table.csv", "study.toml"
STUDY_FILES = (TABLE, STUDY, f"{ROWS}/*.nc", "table.nc", "study.html")


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
    workers: int = 1,
    only: Sequence[int] = (),
    overwrite: bool = False,
    monitor: Monitor | None = None,
) -> Study:
    """Compute the rows of a study that do not exist yet, and make the table of all that do.

    Each row is computed by one thread, in a process of its own kind for any number of workers, so
    that the numbers do not depend on it.

    Args:
        path: study file.
        folder: of the results; rows in it that are of this study are kept.
        workers: rows at the same time.
        only: numbers of the rows to compute; by default all.
        overwrite: compute rows again whose definition has changed.
        monitor: receives the progress.

    Raises:
        InvalidExperiment: all findings.
    """
    monitor, findings = monitor or Monitor(), Findings()
    file = read_study(path, findings)
    finished = _finished(file, folder, overwrite, findings)
    for number in only:
        if not 1 <= number <= len(file.rows):
            message = f"the study has no row {number}; its rows are 1 to {len(file.rows)}."
            findings.add("unknown-row", "--row", message)
    if not findings:
        _case_findings(file, findings)
    findings.raise_if_any()
    folder.joinpath(ROWS).mkdir(parents=True, exist_ok=True)
    write_toml(folder / STUDY, file.raw)
    wanted = [row for row in file.rows if not only or row.number in only]
    waiting = [row for row in wanted if row.name not in finished]
    if waiting:
        monitor.stage(f"{len(waiting)} of {len(file.rows)} rows to compute")
        with row_executor(workers, threads=1) as executor:
            _compute(waiting, folder, executor, workers, monitor)
    return _collected(file, folder, len(waiting))


def _compute(
    rows: Sequence[Row], folder: Path, executor: Executor, workers: int, monitor: Monitor
) -> None:
    """Rows written as they end; those of one problem go to one worker after another."""
    futures: dict[Future[Any], Row] = {executor.submit(computed_row, row): row for row in rows}
    done = 0
    try:
        for future in as_completed(futures):
            row, dataset = futures[future], future.result()
            write_groups(_path(folder, row), {None: dataset})
            done += 1
            about = dataset.attrs
            cost = f", cost {about['cost']:.6g}" if "cost" in about else f": {about['message']}"
            text = f"{done} of {len(rows)}: {row.name}, {about['status']}{cost}"
            monitor.done(f"{text}, {about['seconds']:.1f} s")
    finally:
        for future in futures:
            future.cancel()


def _path(folder: Path, row: Row) -> Path:
    return folder / ROWS / f"{row.name}.nc"


def _finished(file: StudyFile, folder: Path, overwrite: bool, findings: Findings) -> frozenset[str]:
    """Names of rows whose files exist and are of the same definition."""
    finished, changed = set(), []
    for row in file.rows:
        path = _path(folder, row)
        if path.is_file():
            if read_row(path).about.get("fingerprint") == row.fingerprint:
                finished.add(row.name)
            else:
                changed.append(row.name)
    if changed and not overwrite:
        shown = ", ".join(changed[:5]) + (" ..." if len(changed) > 5 else "")
        findings.append(
            Finding(
                "changed-study",
                str(folder),
                f"{len(changed)} rows in {folder} have another definition than in the study file: "
                f"{shown}. Choose another --out, or compute them again with --overwrite.",
            )
        )
    if folder.exists() and not folder.is_dir():
        message = f"The output {folder} is a file. Choose a folder with --out."
        findings.add("output-is-a-file", str(folder), message)
    return frozenset(finished)


def _case_findings(file: StudyFile, findings: Findings) -> None:
    """Findings of each different experiment of the study, before anything is computed."""
    seen = set()
    for row in file.rows:
        problem = row.definition["problem"]
        key = str({k: v for k, v in problem.items() if k != "truth_seed"})
        if "known" in problem or key in seen:
            continue
        seen.add(key)
        try:
            load_experiment(
                problem["experiment"],
                observations=problem["streams"],
                engine=problem["engine"],
                settings=problem["settings"],
            )
        except CcdasError as error:
            findings.add_error(error, f"case '{row.case}': ", where=f"cases.{row.case}")


def _collected(file: StudyFile, folder: Path, computed: int) -> Study:
    """The study with the table of all rows that exist, written to `table.csv` and `table.nc`."""
    paths = [_path(folder, row) for row in file.rows]
    rows = tuple(read_row(path) for path in paths if path.is_file())
    table = table_of(rows)
    write_csv(folder / TABLE, table)
    return Study(file, folder, rows, table, computed, len(paths) - len(rows))
