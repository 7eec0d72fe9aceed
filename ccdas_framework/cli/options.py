"""Options that several commands share."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..core.errors import Finding, InvalidExperiment

if TYPE_CHECKING:
    from ..experiment import Experiment

EXPERIMENT = Annotated[
    str, typer.Argument(metavar="[EXPERIMENT]", help="A TOML file or a shipped name.")
]
OBS = Annotated[
    str | None,
    typer.Option("--obs", help="Streams to assimilate, separated by commas: co2,sm,vod."),
]
MODEL = Annotated[str | None, typer.Option("--model", help="Process model.")]
OPTIMISER = Annotated[
    str | None, typer.Option("--optimiser", help="gauss_newton, lbfgsb, or a plugin's.")
]
ENGINE = Annotated[
    str, typer.Option("--engine", help="auto (jax where installed), autograd or jax.")
]
DATA = Annotated[
    Path | None,
    typer.Option("--data", help="Folder of published data, for experiments with real input."),
]
OUT = Annotated[Path | None, typer.Option("--out", help="Folder of the results.")]
SEED = Annotated[int | None, typer.Option("--seed", help="Of every random number.")]
OVERWRITE = Annotated[
    bool, typer.Option("--overwrite", help="Replace the results of an earlier run in --out.")
]
STARTS = Annotated[
    int | None,
    typer.Option("--starts", help="Starting points to optimise from; the best is kept."),
]
DRAWS = Annotated[
    int | None,
    typer.Option("--draws", help="Parameter sets drawn from the posterior, with their fields."),
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
    """The settings of `--set`.

    Raises:
        InvalidExperiment: one without '='.
    """
    from ..config.overrides import parse_override

    wrong = [pair for pair in pairs or [] if "=" not in pair]
    if wrong:
        raise InvalidExperiment(
            Finding(
                "wrong-option",
                f"--set {pair}",
                f"--set {pair} has no '='; expected KEY=VALUE, e.g. time.days=60.",
            )
            for pair in wrong
        )
    return dict(parse_override(pair) for pair in pairs or [])


def checked(problems: Sequence[Finding | str], *asked: Any, **further: Any) -> Experiment:
    """The experiment that `load_experiment` reads; what it has to tell goes to standard error.

    Args:
        problems: what else is wrong with the call; told together with what is wrong with it.
        asked, further: arguments of `load_experiment`.

    Raises:
        InvalidExperiment: the experiment is wrong; all of it, a sentence each.
    """
    from ..experiment import load_experiment

    try:
        experiment = load_experiment(*asked, **further)
    except InvalidExperiment as error:
        raise InvalidExperiment([*problems, *error.findings]) from None
    for note in experiment.notes:
        print(note, file=sys.stderr)
    return experiment
