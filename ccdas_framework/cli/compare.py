"""`ccdas compare`: methods on one budget from a study file, or existing runs side by side."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..core.errors import Findings
from ..report.format import significant
from ..terminal.text_table import table
from .display import progress, show
from .options import DATA, OUT, OVERWRITE

if TYPE_CHECKING:
    from ..compare.study import Study

PATHS = Annotated[
    list[Path],
    typer.Argument(metavar="PATH...", help="A study file, or folders of two or more runs."),
]
WORKERS = Annotated[int, typer.Option(min=1, max=4096, help="Rows computed at the same time.")]
ROW = Annotated[
    list[int] | None,
    typer.Option("--row", help="Number of a row to compute, instead of all; may be repeated."),
]
LIST = Annotated[bool, typer.Option("--list", help="List the rows by number and compute none.")]


def compare(
    paths: PATHS,
    out: OUT = None,
    data: DATA = None,
    workers: WORKERS = 1,
    row: ROW = None,
    list_: LIST = False,
    overwrite: OVERWRITE = False,
) -> None:
    """Compare methods by a study file, or existing runs on one page by their folders."""
    studies = [path for path in paths if path.suffix == ".toml" and not path.is_dir()]
    for_studies = {"--data": data, "--workers": workers != 1, "--row": row, "--list": list_}
    argument_findings(paths, studies, for_studies).raise_if_any()
    if not studies:
        _compare_runs(paths, out or Path("runs") / "comparison", overwrite)
        return
    (path,) = paths
    if list_:
        _list_rows(path)
        return
    from ..compare.study import compare_methods

    folder = out or Path("runs") / path.stem
    study = compare_methods(
        path, folder, data=data, workers=workers, only=row or (), overwrite=overwrite,
        monitor=progress(),
    )  # fmt: skip
    if not study.missing:
        _write_page(study)
    show(
        f"{study_text(study)}\n\nresults: {folder.absolute()}",
        lambda: {
            "folder": str(folder.absolute()), "table": study.table, "missing": study.missing,
        },
    )  # fmt: skip


def argument_findings(
    paths: Sequence[Path], studies: Sequence[Path], for_studies: Mapping[str, object]
) -> Findings:
    """Findings about study files beside others, and about options that folders of runs ignore.

    Args:
        studies: the study files among the paths.
        for_studies: option of a study -> whether it is given.
    """
    findings = Findings()
    for path in studies if len(paths) > 1 else ():
        findings.add(
            "mixed-arguments",
            str(path),
            f"{path} is a study file beside other arguments. Give one study file, or folders of "
            "runs only.",
        )
    for option in [name for name, given in for_studies.items() if given and not studies]:
        findings.add("wrong-option", option, f"{option} is for a study file, not for runs.")
    return findings


def _compare_runs(folders: Sequence[Path], out: Path, overwrite: bool) -> None:
    from ..compare.run_comparison import compare_runs

    folder = compare_runs(folders, out, overwrite).absolute()
    show(f"results: {folder}", lambda: {"folder": str(folder)})


def _write_page(study: Study) -> None:
    """The page of a study; without the extra `report` a warning."""
    from ..compare.study_page import write_page
    from ..core.errors import CcdasError

    try:
        write_page(study)
    except CcdasError as error:
        warnings.warn(str(error), stacklevel=1)


def _list_rows(path: Path) -> None:
    from ..compare.study_file import read_study

    findings = Findings()
    file = read_study(path, findings)
    findings.raise_if_any()
    lines = [f"{row.number:5d}  {row.name}" for row in file.rows]
    show("\n".join(lines), lambda: {"rows": {row.number: row.name for row in file.rows}})


def study_text(study: Study) -> str:
    """The main columns of the table, and what is missing."""
    head = ("method", "case", "seed", "status", "cost", "model runs", "s", "distance", "coverage")
    rows = [
        (
            str(line["method"]),
            "-".join(str(line[k]) for k in ("case", "model", "streams") if line[k]),
            str(line["seed"]),
            str(line["status"]) + (" *" if line["marked"] else ""),
            *(
                "" if line[name] == "" else significant(float(line[name]), 5)
                for name in ("cost", "model_runs", "seconds", "distance_to_truth", "coverage")
            ),
        )
        for line in study.table
    ]
    text = table(head, rows)
    if any(line["marked"] for line in study.table):
        text += "\n* marked: its posterior is compared with nothing; the table has the reason"
    if study.missing:
        text += f"\n{study.missing} of {len(study.file.rows)} rows are not computed yet"
    return text
