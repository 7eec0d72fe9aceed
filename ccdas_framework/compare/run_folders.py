"""Run folders side by side: their labels, and the faults that are found before any comparison."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from attrs import frozen

from ..core.errors import CcdasError, Finding, Findings
from ..report.run_files import RunFiles, read_run

MOST_RUNS = 8  # as many colours as readers can tell apart


@frozen(eq=False)
class ComparedRun:
    """A run and its name on the page.

    Args:
        label: name of its folder, with those above it where two folders have one name.
        files: its results.
    """

    label: str
    files: RunFiles

    def place(self, file: str) -> str:
        """The place of a finding about one of its files."""
        return f"{self.label}/{file}"

    def setting(self, section: str) -> str:
        """Name of a component as configured, "" where the configuration has none."""
        table: Any = self.files.experiment.get(section, {})
        return str(table.get("name", "")) if isinstance(table, dict) else ""


def compared_runs(folders: Sequence[Path], findings: Iterable[Finding] = ()) -> list[ComparedRun]:
    """The runs of some folders, in their order.

    Args:
        folders: of runs; the first is the one that the others are compared with.
        findings: of the caller, reported with the others.

    Raises:
        InvalidExperiment: too few or too many folders, one given twice, one without results, or a
            file that cannot be read.
    """
    found = Findings(findings)
    found += _number_findings(folders)
    runs = []
    seen: set[Path] = set()
    for folder, label in zip(folders, labels(folders), strict=True):
        resolved = folder.resolve()
        if resolved in seen:
            found.add(
                "repeated-run",
                str(folder),
                f"{folder} is given twice, perhaps by two names of one folder. Give each run once.",
            )
            continue
        seen.add(resolved)
        try:
            runs.append(ComparedRun(label, read_run(folder)))
        except CcdasError as error:
            where = error.where if error.where == str(folder) else f"{folder}/{error.where}"
            found.add(error.code, where, str(error))
    found.raise_if_any()
    return runs


def labels(folders: Sequence[Path]) -> list[str]:
    """Names of folders, each with as many folders above it as tell it from the others."""
    paths = [folder.resolve().parts for folder in folders]
    out = []
    for path in paths:
        others = [other for other in paths if other != path]
        count = 1
        while count < len(path) and any(other[-count:] == path[-count:] for other in others):
            count += 1
        out.append("/".join(path[-count:]))
    return out


def _number_findings(folders: Sequence[Path]) -> Findings:
    findings = Findings()
    if len(folders) < 2:
        findings.add(
            "too-few-runs",
            "PATH",
            f"{len(folders)} folder of a run is given; a comparison needs at least two.",
        )
    if len(folders) > MOST_RUNS:
        findings.add(
            "too-many-runs",
            "PATH",
            f"{len(folders)} folders of runs are given; one page shows at most {MOST_RUNS}. "
            "Compare them in groups.",
        )
    return findings
