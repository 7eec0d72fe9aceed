"""Parameter sets drawn from the posterior, with their fields."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from ..core.errors import CcdasWarning
from ..outputs.run_folder import RunFolder
from ..outputs.simulated_datasets import draws_dataset
from ..posterior import NoPosterior, Posterior, draws_inside
from ..problem.assembled_problem import Problem
from .experiment_data import ExperimentData
from .run_outputs import fields_of


def write_draws(
    folder: RunFolder,
    experiment: ExperimentData,
    problem: Problem,
    posterior: Posterior | None,
    attributes: dict[str, Any],
) -> None:
    """`draws.nc`, if configured; a warning where there is no posterior."""
    count = experiment.config.posterior.draws
    if not count:
        return
    if posterior is None:
        message = f"posterior.draws is {count}, but there is no posterior; draws.nc is not written."
        warning = CcdasWarning(message, code="no-posterior", where="posterior.draws")
        warnings.warn(warning, stacklevel=2)
        return
    seed = experiment.config.experiment.seed
    generator = np.random.default_rng([seed, 4])  # 1 to 3 are a truth, its noise and the starts
    try:
        draws, repeated = draws_inside(posterior, problem.control, generator, count)
    except NoPosterior as error:
        warnings.warn(f"{error}.", stacklevel=2)
        return
    dataset = draws_dataset(
        control=problem.control.names,
        parameter_unit=problem.control.units,
        control_draw=draws,
        parameter_draw=np.stack([problem.control.physical(x) for x in draws]),
        **fields_of(experiment, problem, draws),
        attributes={
            **attributes,
            "drawn_again": repeated,
            "drawn_from": "the posterior, cut off at the bounds of the parameters",
        },
    )
    folder.write("draws.nc", dataset)
