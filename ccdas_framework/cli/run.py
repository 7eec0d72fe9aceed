"""`ccdas run`: optimisation, and a folder of results."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Annotated, Any

import typer

from .display import progress, show
from .options import DATA, ENGINE, EXPERIMENT, MODEL, OBS, OPTIMISER, OUT, OVERWRITE, SEED, SET

STARTS = Annotated[
    int | None,
    typer.Option("--starts", help="Number of starting points; the best result is used."),
]
EACH_SITE = Annotated[
    bool, typer.Option("--each-site", help="One run for each cell of the experiment, and a table.")
]
WORKERS = Annotated[
    int, typer.Option(min=1, max=4096, help="Sites at the same time, with --each-site.")
]
RESUME = Annotated[
    bool,
    typer.Option("--resume", help="Continue an interrupted run in --out, or begin a new one."),
]
DRAWS = Annotated[
    int | None,
    typer.Option("--draws", help="Parameter sets drawn from the posterior, with their fields."),
]


def run(
    experiment: EXPERIMENT = "demo",
    obs: OBS = None,
    model: MODEL = None,
    optimiser: OPTIMISER = None,
    engine: ENGINE = "auto",
    data: DATA = None,
    out: OUT = None,
    seed: SEED = None,
    starts: STARTS = None,
    draws: DRAWS = None,
    each_site: EACH_SITE = False,
    workers: WORKERS = 1,
    overwrite: OVERWRITE = False,
    resume: RESUME = False,
    set_: SET = None,
) -> None:
    """Assimilate observations: optimise parameters, and estimate uncertainties and fluxes."""
    from ..core.errors import Finding, InvalidExperiment
    from ..outputs.run_folder import CHECKPOINT, files_of_start, folder_problem
    from ..terminal.result_values import run_values
    from ..terminal.run_summary import summary
    from .options import loaded_experiment, names, settings
    from .resume import continue_run

    values = settings(set_)
    values |= {} if starts is None else {"experiment.starts": starts}
    values |= {} if draws is None else {"posterior.draws": draws}
    stem = Path(experiment).stem
    arguments: dict[str, Any] = {
        "name_or_path": experiment, "observations": names(obs), "model": model, "engine": engine,
        "data": data, "settings": values, "optimiser": optimiser, "seed": seed,
    }  # fmt: skip
    if resume and (each_site or overwrite):
        option = "--each-site" if each_site else "--overwrite"
        message = f"--resume and {option} exclude each other; give one of them."
        raise InvalidExperiment([Finding("wrong-option", "--resume", message)])
    if each_site:
        _run_each_site(arguments, out or Path("runs") / f"{stem}-sites", workers, overwrite)
        return
    folder = out or Path("runs") / stem
    if resume and (folder / CHECKPOINT).is_file():
        continue_run(folder, arguments)
        return
    begun = files_of_start(folder, experiment) if resume else []
    problem = None if begun else folder_problem(folder, overwrite)
    findings = [problem] if problem else []
    if workers != 1:
        message = "--workers is for --each-site; compute.workers is for the blocks of one run."
        findings.append(Finding("wrong-option", "--workers", message))
    loaded = loaded_experiment(findings, **arguments)
    if findings:
        raise InvalidExperiment(findings)
    for file in begun:
        file.unlink()
    result = loaded.run(folder, overwrite=overwrite, monitor=progress())
    show(summary(loaded, result), lambda: run_values(result))


def _run_each_site(arguments: dict[str, Any], out: Path, workers: int, overwrite: bool) -> None:
    from ..compare.each_site import each_site
    from ..compare.site_page import write_site_page
    from ..compare.site_table import measures_of
    from ..core.errors import CcdasError
    from ..terminal.sites_text import sites_text
    from .options import loaded_experiment

    loaded = loaded_experiment((), **arguments)
    result = each_site(
        loaded, arguments, out, workers=workers, overwrite=overwrite, monitor=progress()
    )
    try:
        write_site_page(result)
    except CcdasError as error:  # without the extra `report` there is no page
        warnings.warn(str(error), stacklevel=1)
    text = sites_text(result.table, measures_of(result.table))
    show(
        f"{text}\n\nresults: {out.absolute()}",
        lambda: {"folder": str(out.absolute()), "sites": result.table},
    )
