"""`ccdas design`: expected uncertainty reduction of hypothetical observations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from ..report.format import fixed, reduction, significant
from ..terminal.text_table import table
from .display import progress, show
from .options import DATA, ENGINE, OUT, OVERWRITE, SEED, SET, settings

if TYPE_CHECKING:
    from ..compare.design import DesignStudy

FILE = Annotated[Path, typer.Argument(help="A TOML file with designs.")]


def design(
    design: FILE,
    engine: ENGINE = "auto",
    data: DATA = None,
    out: OUT = None,
    seed: SEED = None,
    overwrite: OVERWRITE = False,
    set_: SET = None,
) -> None:
    """Uncertainty of targets with hypothetical observations; no observed value is used."""
    from ..compare.design import design_study
    from ..compare.design_dataset import DESIGN_FILES, design_dataset, write_design
    from ..outputs.study_folder import study_folder_problem
    from ..terminal.result_values import dataset_values

    folder = out or Path("runs") / design.stem
    problem = study_folder_problem(folder, DESIGN_FILES, overwrite)
    study = design_study(
        design, engine=engine, data=data, settings=settings(set_), seed=seed,
        findings=[problem] if problem else [], monitor=progress(),
    )  # fmt: skip
    write_design(study, folder)
    show(
        f"{study_text(study)}\n\n{study.seconds:.0f} s\nresults: {folder.absolute()}",
        lambda: {"folder": str(folder.absolute()), **dataset_values(design_dataset(study))},
    )


def study_text(study: DesignStudy) -> str:
    """Tables of the designs and of the greedy choices."""
    pairs = study.targets.pairs
    globally = [n for n, (_, region) in enumerate(pairs) if region == "Global"]
    columns = globally or list(range(len(pairs)))[:6]
    rows = [
        (
            e.design.name, e.design.stream, str(len(e.stream.values)),
            significant(float(np.mean(e.stream.sd)), 3), fixed(e.dfs, 1),
            *(reduction(e.target_sd[n], study.prior_sd[n]) for n in columns),
        )
        for e in study.evaluated
    ]  # fmt: skip
    if study.file.baseline:
        reductions = (reduction(study.baseline_sd[n], study.prior_sd[n]) for n in columns)
        rows.insert(0, (f"given: {', '.join(study.file.baseline)}", "", "", "", "", *reductions))
    targets = [" ".join(pairs[n]) for n in columns]
    head = ("uncertainty reduction", "stream", "n", "error", "signal", *targets)
    return "\n\n".join([table(head, rows), *(_choices(study, name) for name in study.greedy)])


def _choices(study: DesignStudy, name: str) -> str:
    choices, targets = study.greedy[name]
    columns = range(min(len(targets), 4))
    rows = [
        (
            str(step), chosen, significant(choices.objective[step]),
            *(significant(choices.target_sd[step][n], 3) for n in columns),
        )
        for step, chosen in enumerate(("none", *choices.chosen))
    ]  # fmt: skip
    pairs = study.targets.pairs
    sd = [f"sd {' '.join(pairs[n])} ({study.targets.units[n]})" for n in targets[:4]]
    return table((f"greedy: {name}", "chosen", "objective", *sd), rows)
