"""`ccdas run`: optimisation, and a folder of results."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import DATA, ENGINE, EXPERIMENT, MODEL, OBS, OPTIMISER, OUT, OVERWRITE, SEED, SET

STARTS = Annotated[
    int | None,
    typer.Option("--starts", help="Number of starting points; the best result is used."),
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
    overwrite: OVERWRITE = False,
    set_: SET = None,
) -> None:
    """Assimilate observations: optimise parameters, and estimate uncertainties and fluxes."""
    from ..core.errors import InvalidExperiment
    from ..outputs.run_folder import folder_problem
    from ..terminal.progress import Console
    from ..terminal.run_summary import summary
    from .options import loaded_experiment, names, settings

    values = settings(set_)
    values |= {} if starts is None else {"experiment.starts": starts}
    values |= {} if draws is None else {"posterior.draws": draws}
    folder = out or Path("runs") / Path(experiment).stem
    problem = folder_problem(folder, overwrite)
    findings = [problem] if problem else []
    loaded = loaded_experiment(
        findings, experiment, names(obs), model, engine, data, values, optimiser=optimiser,
        seed=seed,
    )  # fmt: skip
    if findings:
        raise InvalidExperiment(findings)
    print(summary(loaded, loaded.run(folder, overwrite=overwrite, monitor=Console())))
