"""`ccdas twin`: recover a known truth."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from ..terminal.text_table import table
from .options import DATA, ENGINE, EXPERIMENT, MODEL, OBS, OPTIMISER, OUT, OVERWRITE, SEED, SET

if TYPE_CHECKING:
    from ..compare.twin import Twin, Variant

UNSEEN = 1e-6  # share of a parameter in the directions seen below which it is not seen
VARIANT = Annotated[
    list[str] | None,
    typer.Option(
        "--variant",
        help="sites or joint, followed by +prior, +noise, both or neither; repeatable. "
        "By default those of [twin].",
    ),
]


def twin(
    experiment: EXPERIMENT = "demo",
    obs: OBS = None,
    variant: VARIANT = None,
    model: MODEL = None,
    optimiser: OPTIMISER = None,
    engine: ENGINE = "auto",
    data: DATA = None,
    out: OUT = None,
    seed: SEED = None,
    overwrite: OVERWRITE = False,
    set_: SET = None,
) -> None:
    """Make observations from a known truth, start elsewhere, and see whether it is found."""
    from ..compare.twin import twin as recovered
    from ..compare.twin import variant_findings
    from ..compare.twin_dataset import TWIN_FILES, write_twin
    from ..core.errors import CcdasError, InvalidExperiment
    from ..outputs.study_folder import study_folder_problem
    from ..report.twin_figure import write_figure
    from ..terminal.progress import Console
    from .options import checked, names, settings

    folder = out or Path("runs") / f"{Path(experiment).stem}-twin"
    wrong = study_folder_problem(folder, TWIN_FILES, overwrite)
    problems: list[Any] = [wrong] if wrong else []
    loaded = checked(
        problems, experiment, names(obs), model, engine, data, settings(set_),
        optimiser=optimiser, seed=seed,
    )  # fmt: skip
    problems += variant_findings(variant or (), loaded)
    if problems:
        raise InvalidExperiment(problems)
    found = recovered(loaded, variant or (), Console(), lambda so_far: write_twin(so_far, folder))
    try:
        write_figure(folder)
    except CcdasError as error:  # the extra is not installed: the table stands without it
        warnings.warn(str(error), stacklevel=1)
    print(told(found))
    print(f"\n{found.seconds:.0f} s\nresults: {folder.absolute()}")


def told(found: Twin) -> str:
    """A table for each variant."""
    streams = ", ".join(f"{count} {name}" for name, count in found.observations.items())
    sections = [f"pseudo-observations: {streams}"]
    sections += [_variant(found, variant) for variant in found.variants]
    blind = np.all([r.share < UNSEEN for v in found.variants for r in v.recoveries], axis=0)
    names = [name for name, unseen in zip(found.control.names, blind, strict=True) if unseen]
    if names:
        sections.append(f"seen nowhere by the observations: {', '.join(names)}")
    return "\n\n".join(sections)


def _variant(found: Twin, variant: Variant) -> str:
    from ..compare.twin_dataset import gradient_reduction, recovered

    good = recovered(found, variant)
    rows = [
        (
            label,
            "yes" if good[n] else "no",
            f"{known.largest_error_percent:.2g}",
            f"{int(known.seen.sum())}",
            f"{known.directions}",
            f"{fall:.1e}",
            f"{len(result.iterations) - 1}",
            f"{sum(result.counts.values())}",
            f"{result.cost:.2e}",
            result.status,
        )
        for n, (label, known, result, fall) in enumerate(
            zip(
                variant.labels,
                variant.recoveries,
                variant.results,
                gradient_reduction(variant),
                strict=True,
            )
        )
    ]
    head = (
        f"twin: {variant.name}", "recovered", "error %", "parameters seen", "directions",
        "gradient reduced", "iterations", "evaluations", "cost", "status",
    )  # fmt: skip
    return (
        f"{table(head, rows)}\n{int(good.sum())} of {len(good)} recovered within "
        f"{found.tolerance:g} %; {variant.seconds:.0f} s"
    )
