"""Options that several commands share."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..core.errors import Finding, InvalidExperiment
from .display import progress

if TYPE_CHECKING:
    from ..experiment import Experiment


def experiment_names(incomplete: str) -> list[str]:
    """Installed experiments whose name begins with a text, for shell completion."""
    from ..installed import registry

    return [name for name in registry().experiments if name.startswith(incomplete)]


EXPERIMENT = Annotated[
    str,
    typer.Argument(
        metavar="[EXPERIMENT]",
        help="A TOML file or a shipped name.",
        autocompletion=experiment_names,
    ),
]
RUN_FOLDER = Annotated[Path, typer.Argument(help="Folder of a run.")]
OBS = Annotated[
    str | None,
    typer.Option("--obs", help="Streams to assimilate, separated by commas: co2,sm,vod."),
]
MODEL = Annotated[str | None, typer.Option("--model", help="Process model.")]
OPTIMISER = Annotated[
    str | None, typer.Option("--optimiser", help="gauss_newton, lbfgsb, or one of a plugin.")
]
ENGINE = Annotated[str, typer.Option("--engine", help="auto (the fastest that starts), or a name.")]
DATA = Annotated[
    Path | None,
    typer.Option("--data", help="Folder of published data; default: that of CCDAS_DATA."),
]
OUT = Annotated[Path | None, typer.Option("--out", help="Folder of the results.")]
SEED = Annotated[int | None, typer.Option("--seed", help="Seed of starts and draws.")]
OVERWRITE = Annotated[
    bool, typer.Option("--overwrite", help="Replace the results of an earlier run in --out.")
]
SET = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY=VALUE", help="Override a key, e.g. time.days=60; repeatable."
    ),
]


def names(text: str | None) -> list[str] | None:
    """The streams of `--obs`."""
    return None if text is None else [name.strip() for name in text.split(",") if name.strip()]


def settings(pairs: list[str] | None) -> dict[str, Any]:
    """The settings of `--set`, with absolute paths of files that the working folder has.

    Raises:
        InvalidExperiment: a pair without '='.
    """
    from ..config.overrides import parse_override
    from ..config.paths import from_working_folder

    findings = [
        Finding("wrong-option", f"--set {pair}", f"--set {pair} lacks '='; expected KEY=VALUE.")
        for pair in pairs or []
        if "=" not in pair
    ]
    if findings:
        raise InvalidExperiment(findings)
    values = dict(parse_override(pair) for pair in pairs or [])
    return {key: from_working_folder(key, value) for key, value in values.items()}


def loaded_experiment(findings: Iterable[Finding], *args: Any, **kwargs: Any) -> Experiment:
    """The experiment of `load_experiment`; its notes are printed on standard error.

    Raises:
        InvalidExperiment: the findings about the command line, and those about the experiment,
            where it has any.
    """
    from ..experiment import load_experiment

    progress().stage("reading the experiment")
    try:
        experiment = load_experiment(*args, **kwargs)
    except InvalidExperiment as error:
        raise InvalidExperiment([*findings, *error.findings]) from None
    for note in experiment.notes:
        print(note, file=sys.stderr)
    return experiment
