"""Optimisers, samplers and ensemble methods for the ccdas framework."""

from __future__ import annotations

from typing import Any

from ccdas_framework import hookimpl


@hookimpl
def optimisers() -> dict[str, type]:
    """Optimisers by name."""
    from .bfgs import Bfgs
    from .cma_es import CmaEs
    from .differential_evolution import DifferentialEvolution
    from .newton_cg import NewtonCg
    from .random_search import RandomSearch

    return {
        "bfgs": Bfgs,
        "cma_es": CmaEs,
        "differential_evolution": DifferentialEvolution,
        "newton_cg": NewtonCg,
        "random_search": RandomSearch,
    }


@hookimpl
def samplers() -> dict[str, type]:
    """Samplers by name."""
    from .emcee_sampler import Emcee
    from .emulators.emulator_mcmc import EmulatorMcmc
    from .emulators.history_matching import HistoryMatching
    from .ensembles.es_mda import EsMda
    from .ensembles.four_d_en_var import FourDEnVar
    from .ensembles.kalman_inversion import EnsembleKalmanInversion
    from .nuts_sampler import Nuts

    return {
        "emcee": Emcee,
        "nuts": Nuts,
        "ensemble_kalman_inversion": EnsembleKalmanInversion,
        "es_mda": EsMda,
        "four_d_en_var": FourDEnVar,
        "history_matching": HistoryMatching,
        "emulator_mcmc": EmulatorMcmc,
    }


@hookimpl
def commands(app: Any) -> None:
    """Add `ccdas screen`."""
    from ccdas_framework import with_json

    from .screen_command import screen  # typer is slow to import

    app.command()(with_json(screen))
