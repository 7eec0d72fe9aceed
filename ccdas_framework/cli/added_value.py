"""`ccdas added-value`: what each stream adds."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..report.format import fixed, reduction, significant
from ..terminal.text_table import table
from .options import DATA, ENGINE, EXPERIMENT, MODEL, OBS, OPTIMISER, OUT, OVERWRITE, SEED, SET

if TYPE_CHECKING:
    from ..compare.added_value import AddedValue

COMPARE = Annotated[
    list[str] | None,
    typer.Option(
        "--compare",
        metavar="STREAMS",
        help="A set of streams, e.g. co2,vod; repeatable. By default the streams of --obs nested.",
    ),
]


def added_value(
    experiment: EXPERIMENT = "demo",
    obs: OBS = None,
    compare: COMPARE = None,
    model: MODEL = None,
    optimiser: OPTIMISER = None,
    engine: ENGINE = "auto",
    data: DATA = None,
    out: OUT = None,
    seed: SEED = None,
    overwrite: OVERWRITE = False,
    set_: SET = None,
) -> None:
    """Optimise with several sets of streams, and compare what each lets know of regional fluxes."""
    from ..compare.added_value import added_value as compared
    from ..compare.added_value_dataset import ADDED_VALUE_FILES, write_added_value
    from ..core.errors import CcdasError
    from ..outputs.study_folder import study_folder_problem
    from ..terminal.progress import Console
    from .options import checked, names, settings

    folder = out or Path("runs") / f"{Path(experiment).stem}-added-value"
    sets = [names(text) or [] for text in compare or []]
    streams = names(obs) or list(dict.fromkeys(name for members in sets for name in members))
    # an interrupted comparison has left the folders of its first runs alone
    wrong = study_folder_problem(folder, (*ADDED_VALUE_FILES, "*/experiment.toml"), overwrite)
    problems = [wrong] if wrong else []
    loaded = checked(
        problems, experiment, streams or None, model, engine, data, settings(set_),
        optimiser=optimiser, seed=seed,
    )  # fmt: skip
    found = compared(loaded, folder, sets, overwrite, Console(), problems)
    try:
        write_added_value(found)
    except CcdasError as error:  # the extra is not installed: the table stands without it
        warnings.warn(str(error), stacklevel=1)
    print(told(found))


def told(found: AddedValue) -> str:
    """Uncertainty reductions by region, quantity and set, and what each stream determines."""
    sections = []
    if found.experiment.synthetic:
        sections.append("synthetic observations: made from a known truth")
    sections += [
        f"{s.name}: {s.run.known.distance.sentence}"
        for s in found.sets
        if not s.run.known.distance.reached
    ]
    names, sets = found.targets, found.sets
    seasons = {
        target.name
        for target in found.experiment.targets.targets
        if target.operator.period != "annual" and target.name.endswith(f" {target.operator.period}")
    }
    for quantity in names.quantities:
        if quantity in seasons:
            continue  # they stand in the file
        rows = [
            (
                region,
                significant(found.prior_sd[n], 3),
                *(reduction(s.common_sd[n], found.prior_sd[n]) for s in sets),
                *(reduction(s.own_sd[1, n], s.own_sd[0, n]) for s in sets),
            )
            for n, (q, region) in enumerate(names.pairs)
            if q == quantity
        ]
        unit = next(u for u, (q, _) in zip(found.units, names.pairs, strict=True) if q == quantity)
        head = (
            f"{quantity.upper()}: reduction", f"prior sd ({unit})", *(s.name for s in sets),
            *(f"own {s.name}" for s in sets),
        )  # fmt: skip
        sections.append(table(head, rows))
    streams = list(found.problem.streams)
    rows = [
        (s.name, str(s.common.constrained), *(fixed(s.dfs.get(stream), 2) for stream in streams))
        for s in sets
    ]
    sections.append(table(("degrees of freedom for signal", "constrained", *streams), rows))
    sections.append(
        f"reductions at one point, the {found.common_point}; 'own' at that of each set\n"
        f"{found.seconds:.0f} s\nresults: {found.folder.absolute()}"
    )
    return "\n\n".join(sections)
