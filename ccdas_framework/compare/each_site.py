"""One run for each cell of an experiment, and one table of their results."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from ..core.errors import Finding, Findings
from ..experiment import Experiment
from ..experiment.monitor import Monitor
from ..outputs.study_folder import study_folder_problem, write_groups
from .row_workers import computed_rows
from .site_runs import KEPT, SiteRun, computed_site, failed_site, runs_of
from .site_table import columns_of_sites, sites_dataset, table_of_sites
from .study_table import write_csv

TABLE, NETCDF = "sites.csv", "sites.nc"
SITE_FILES = (TABLE, NETCDF, "sites.html", "*/experiment.toml")


@frozen(eq=False)
class EachSite:
    """Runs of the cells of an experiment.

    Args:
        experiment: with all cells.
        folder: of the results, with a folder for each run.
        table: a dict by column for each cell.
        computed: number of runs that this call computed or continued; the others existed.
    """

    experiment: Experiment
    folder: Path
    table: Sequence[Mapping[str, Any]]
    computed: int


def each_site(
    experiment: Experiment,
    arguments: Mapping[str, Any],
    out: Path,
    *,
    workers: int = 1,
    overwrite: bool = False,
    monitor: Monitor | None = None,
    findings: Iterable[Finding] = (),
) -> EachSite:
    """Run an experiment with each of its cells alone, and make the table of all runs.

    Complete results of the same configuration are kept, and interrupted runs are continued. A run
    that fails leaves the others alone, and the next call computes it again.

    Args:
        experiment: with all cells.
        arguments: of `load_experiment`, which gave the experiment.
        out: folder of the results, with a folder for each cell.
        workers: runs at the same time.
        overwrite: replace results of another configuration.
        monitor: receives the progress.
        findings: of the caller, reported with the others.

    Raises:
        InvalidExperiment: all findings.
        KeyboardInterrupt: a run was interrupted.
    """
    monitor, found = monitor or Monitor(), Findings(findings)
    if problem := study_folder_problem(out, SITE_FILES, overwrite=True):
        found.append(problem)
    runs = runs_of(experiment, arguments, out, overwrite, found)
    found.raise_if_any()
    waiting = [run for run in runs if run.state != KEPT]
    monitor.stage(f"{len(waiting)} of {len(runs)} sites to run")
    failures: dict[str, str] = {}
    ended = computed_rows(waiting, workers, computed_site, failed_site)
    for done, (run, outcome) in enumerate(ended, 1):
        status, message = str(outcome.attrs["status"]), str(outcome.attrs["message"])
        monitor.done(f"{done} of {len(waiting)}: {run.name}, {status}: {message}")
        if status == "failed":
            failures[run.name] = message
    result = EachSite(experiment, out, _table(runs, failures), len(waiting))
    title = experiment.config.experiment.title or experiment.config.experiment.name
    out.mkdir(parents=True, exist_ok=True)
    write_csv(out / TABLE, result.table, columns_of_sites(result.table))
    write_groups(out / NETCDF, {None: sites_dataset(result.table, title)})
    return result


def _table(runs: Sequence[SiteRun], failures: Mapping[str, str]) -> list[dict[str, Any]]:
    folders = {run.name: run.folder for run in runs}
    return table_of_sites(folders, failures, {run.name: run.remarks for run in runs})
