"""`ccdas compile`: fill the cache of compiled functions before a run."""

from __future__ import annotations

from .display import progress, show
from .options import DATA, ENGINE, EXPERIMENT, MODEL, OBS, SET


def compile(
    experiment: EXPERIMENT = "demo",
    obs: OBS = None,
    model: MODEL = None,
    engine: ENGINE = "auto",
    data: DATA = None,
    set_: SET = None,
) -> None:
    """Compile what a run needs, so that machines without a compiler read it from the cache."""
    from ..experiment.compilations import compile_experiment
    from .options import loaded_experiment, names, settings

    arguments = (experiment, names(obs), model, engine, data, settings(set_))
    loaded = loaded_experiment((), *arguments)
    compiled = compile_experiment(loaded, progress())
    show(compiled.text, lambda: {"engine": compiled.engine, "compilations": compiled.counts})
