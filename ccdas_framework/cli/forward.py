"""`ccdas forward`: run the model without optimising."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .display import progress, show
from .options import DATA, ENGINE, EXPERIMENT, MODEL, OBS, OUT, OVERWRITE, SEED, SET

PARAMETERS = Annotated[
    Path | None,
    typer.Option(
        "--parameters",
        help='A result.nc (its posterior) or a TOML file of values, "bethy.V_m[4]" = 40.',
    ),
]


def forward(
    experiment: EXPERIMENT = "demo",
    parameters: PARAMETERS = None,
    obs: OBS = None,
    model: MODEL = None,
    engine: ENGINE = "auto",
    data: DATA = None,
    out: OUT = None,
    seed: SEED = None,
    overwrite: OVERWRITE = False,
    set_: SET = None,
) -> None:
    """Run the model and the operators without optimising, with prior or other parameters."""
    from ..experiment.forward import run_forward
    from .options import loaded_experiment, names, settings

    loaded = loaded_experiment(
        (), experiment, names(obs), model, engine, data, settings(set_), seed=seed
    )
    folder = out or Path("runs") / f"{Path(experiment).stem}-forward"
    result = run_forward(loaded, folder, parameters, overwrite=overwrite, monitor=progress())
    show(result.text, lambda: {
        "folder": str(result.folder), "misfit": result.misfit, "targets": result.targets,
    })  # fmt: skip
