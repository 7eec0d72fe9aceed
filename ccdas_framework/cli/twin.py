"""`ccdas twin`: identical twin experiments."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from ..terminal.text_table import table
from .display import progress, show
from .options import DATA, ENGINE, EXPERIMENT, MODEL, OBS, OPTIMISER, OUT, OVERWRITE, SEED, SET

if TYPE_CHECKING:
    from ..compare.twin import Twin, Variant

MIN_SHARE = 1e-6  # share of a parameter in the constrained directions that counts as constrained
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
    """Recover the known truth of synthetic observations from perturbed parameters."""
    from ..compare.twin import twin as run_twin
    from ..compare.twin_dataset import TWIN_FILES, variant_dataset, write_twin
    from ..core.errors import CcdasError
    from ..outputs.study_folder import study_folder_problem
    from ..report.twin_figure import write_figure
    from ..terminal.result_values import dataset_values
    from .options import loaded_experiment, names, settings

    folder = out or Path("runs") / f"{Path(experiment).stem}-twin"
    problem = study_folder_problem(folder, TWIN_FILES, overwrite)
    findings = [problem] if problem else []
    loaded = loaded_experiment(
        findings, experiment, names(obs), model, engine, data, settings(set_),
        optimiser=optimiser, seed=seed,
    )  # fmt: skip
    result = run_twin(
        loaded, variant or (), progress(), lambda so_far: write_twin(so_far, folder), findings
    )
    try:
        write_figure(folder)
    except CcdasError as error:  # without the extra `report` there is no figure
        warnings.warn(str(error), stacklevel=1)
    show(
        f"{twin_text(result)}\n\n{result.seconds:.0f} s\nresults: {folder.absolute()}",
        lambda: {
            "folder": str(folder.absolute()),
            "variants": {
                variant.name: dataset_values(variant_dataset(result, variant))
                for variant in result.variants
            },
            "seconds": result.seconds,
        },
    )


def twin_text(result: Twin) -> str:
    """A table for each variant."""
    streams = ", ".join(f"{count} {name}" for name, count in result.observations.items())
    sections = [f"pseudo-observations: {streams}"]
    sections += [_variant_text(result, variant) for variant in result.variants]
    blind = np.all([r.share < MIN_SHARE for v in result.variants for r in v.recoveries], axis=0)
    names = [name for name, unseen in zip(result.control.names, blind, strict=True) if unseen]
    if names:
        sections.append(f"not constrained by any observation: {', '.join(names)}")
    return "\n\n".join(sections)


def _variant_text(result: Twin, variant: Variant) -> str:
    from ..compare.twin_dataset import gradient_reduction, recovered

    good, reductions = recovered(result, variant), gradient_reduction(variant)
    solved = zip(variant.labels, variant.recoveries, variant.results, strict=True)
    rows = [
        (
            label, "yes" if good[n] else "no", f"{recovery.largest_error_percent:.2g}",
            f"{int(recovery.constrained.sum())}", f"{recovery.directions}", f"{reductions[n]:.1e}",
            f"{len(optimum.iterations) - 1}", f"{sum(optimum.counts.values())}",
            f"{optimum.cost:.2e}", optimum.status,
        )
        for n, (label, recovery, optimum) in enumerate(solved)
    ]  # fmt: skip
    head = (
        f"twin: {variant.name}", "recovered", "error %", "parameters seen", "directions",
        "gradient reduced", "iterations", "evaluations", "cost", "status",
    )  # fmt: skip
    return (
        f"{table(head, rows)}\n{int(good.sum())} of {len(good)} recovered within "
        f"{result.tolerance:g} %; {variant.seconds:.0f} s"
    )
