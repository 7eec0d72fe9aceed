"""`ccdas run`: optimise, and write a folder of results."""

from __future__ import annotations

from pathlib import Path

from .options import (
    DATA,
    DRAWS,
    ENGINE,
    EXPERIMENT,
    MODEL,
    OBS,
    OPTIMISER,
    OUT,
    OVERWRITE,
    SEED,
    SET,
    STARTS,
)


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
    """Assimilate observations: optimise parameters, give their uncertainty and that of fluxes."""
    from ..core.errors import InvalidExperiment
    from ..outputs.run_folder import folder_problem
    from ..terminal.progress import Console
    from ..terminal.run_summary import summary
    from .options import checked, names, settings

    given = settings(set_) | ({} if starts is None else {"experiment.starts": starts})
    given |= {} if draws is None else {"posterior.draws": draws}
    folder = out or Path("runs") / Path(experiment).stem
    problems = [text for text in [folder_problem(folder, overwrite)] if text]
    loaded = checked(
        problems, experiment, names(obs), model, engine, data, given, optimiser=optimiser, seed=seed
    )
    if problems:
        raise InvalidExperiment(problems)
    result = loaded.run(folder, overwrite=overwrite, monitor=Console())
    print(summary(loaded, result))
