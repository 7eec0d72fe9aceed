"""`ccdas design`: what observations not yet made would tell."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
import typer

from ..report.format import fixed, reduction, significant
from ..terminal.text_table import table
from .options import DATA, ENGINE, OUT, OVERWRITE, SEED, SET

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
    """Uncertainty of targets for observations that nobody has made yet, without any data."""
    from ..compare.design import design_study
    from ..compare.design_dataset import DESIGN_FILES, write_design
    from ..outputs.study_folder import study_folder_problem
    from ..terminal.progress import Console
    from .options import settings

    folder = out or Path("runs") / design.stem
    wrong = study_folder_problem(folder, DESIGN_FILES, overwrite)
    study = design_study(
        design, engine=engine, data=data, settings=settings(set_), seed=seed,
        findings=[wrong] if wrong else [], monitor=Console(),
    )  # fmt: skip
    write_design(study, folder)
    print(told(study))
    print(f"\n{study.seconds:.0f} s\nresults: {folder.absolute()}")


def told(study: DesignStudy) -> str:
    """The table of designs, and the choices."""
    names = study.targets
    whole = [n for n, (_, region) in enumerate(names.pairs) if region == "Global"]
    shown = whole or list(range(len(names.pairs)))[:6]
    given = ", ".join(study.file.given)
    rows = [
        (
            e.design.name, e.design.stream, str(len(e.stream.values)),
            significant(float(np.mean(e.stream.sd)), 3), fixed(e.dfs, 1),
            *(reduction(e.target_sd[n], study.prior_sd[n]) for n in shown),
        )
        for e in study.evaluated
    ]  # fmt: skip
    if given:
        reductions = (reduction(study.given_sd[n], study.prior_sd[n]) for n in shown)
        rows.insert(0, (f"given: {given}", "", "", "", "", *reductions))
    targets = [" ".join(names.pairs[n]) for n in shown]
    head = ("uncertainty reduction", "stream", "n", "error", "signal", *targets)
    return "\n\n".join([table(head, rows), *(_choices(study, name) for name in study.greedy)])


def _choices(study: DesignStudy, name: str) -> str:
    found, wanted = study.greedy[name]
    shown = wanted[:4]
    rows = [
        (
            str(step), chosen, significant(found.objective[step]),
            *(significant(found.target_sd[step][wanted.index(n)], 3) for n in shown),
        )
        for step, chosen in enumerate(("none", *found.chosen))
    ]  # fmt: skip
    sd = [f"sd {' '.join(study.targets.pairs[n])} ({study.units[n]})" for n in shown]
    return table((f"greedy: {name}", "chosen", "objective", *sd), rows)
