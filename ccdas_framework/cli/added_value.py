"""`ccdas added-value`: contribution of each stream of observations."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..report.format import fixed, reduction, significant
from ..targets.region_masks import ALL_CELLS, GLOBAL
from ..terminal.text_table import table
from .display import progress, show
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
    """Optimise with several sets of streams, and compare their uncertainty reductions."""
    from ..compare.added_value import added_value as compare_sets
    from ..compare.added_value_dataset import (
        ADDED_VALUE_FILES,
        added_value_dataset,
        write_added_value,
    )
    from ..core.errors import CcdasError
    from ..outputs.study_folder import study_folder_problem
    from ..terminal.result_values import dataset_values
    from .options import loaded_experiment, names, settings

    folder = out or Path("runs") / f"{Path(experiment).stem}-added-value"
    sets = [names(text) or [] for text in compare or []]
    streams = names(obs) or list(dict.fromkeys(name for each in sets for name in each))
    # an interrupted comparison has left only the folders of its first runs
    problem = study_folder_problem(folder, (*ADDED_VALUE_FILES, "*/experiment.toml"), overwrite)
    findings = [problem] if problem else []
    loaded = loaded_experiment(
        findings, experiment, streams or None, model, engine, data, settings(set_),
        optimiser=optimiser, seed=seed,
    )  # fmt: skip
    result = compare_sets(loaded, folder, sets, overwrite, progress(), findings)
    try:
        write_added_value(result)
    except CcdasError as error:  # without the extra `report` there is no figure
        warnings.warn(str(error), stacklevel=1)
    show(
        comparison_text(result),
        lambda: {
            "folder": str(result.folder.absolute()),
            **dataset_values(added_value_dataset(result)),
        },
    )


def _reductions(title: str, labels: Mapping[int, str], result: AddedValue) -> str:
    """Table of prior sd and reductions of targets; a label for the position of each target."""
    rows = [
        (
            label,
            significant(result.prior_sd[n], 3),
            *(reduction(s.common_sd[n], result.prior_sd[n]) for s in result.sets),
            *(reduction(s.optimum_sd[1, n], s.optimum_sd[0, n]) for s in result.sets),
        )
        for n, label in labels.items()
    ]
    head = (
        title, f"prior sd ({result.targets.units[next(iter(labels))]})",
        *(s.name for s in result.sets), *(f"own {s.name}" for s in result.sets),
    )  # fmt: skip
    return table(head, rows)


def comparison_text(result: AddedValue) -> str:
    """Uncertainty reductions by region, quantity and set, and degrees of freedom by stream."""
    names, sets = result.targets, result.sets
    sections = ["synthetic observations: made from a known truth"] * result.experiment.synthetic
    distances = {s.name: s.run.estimate.distance for s in sets}
    sections += [f"{name}: {d.sentence}" for name, d in distances.items() if not d.reached]
    periods: dict[str, dict[str, str]] = {}  # quantity -> name of the target -> period
    for target in result.experiment.targets.targets:
        quantity, _, period = target.name.partition(" ")
        if target.operator.kind == "regions" and period == target.operator.period:
            periods.setdefault(quantity, {})[target.name] = period
    of_periods = [name for of_quantity in periods.values() for name in of_quantity]
    for quantity in [q for q in names.quantities if q not in of_periods]:
        positions = [n for n, (q, _) in enumerate(names.pairs) if q == quantity]
        labels = {n: names.pairs[n][1] for n in positions}
        sections.append(_reductions(f"{quantity.upper()}: reduction", labels, result))
    for quantity, of_quantity in periods.items():  # other regions are in the file
        labels = {
            n: of_quantity[name]
            for n, (name, region) in enumerate(names.pairs)
            if name in of_quantity and region in (GLOBAL, ALL_CELLS)
        }
        sections.append(_reductions(f"{quantity.upper()}, {GLOBAL}: reduction", labels, result))
    streams = list(result.problem.streams)
    rows = [
        (s.name, str(s.common.constrained), *(fixed(s.dfs.get(stream), 2) for stream in streams))
        for s in sets
    ]
    sections.append(table(("degrees of freedom for signal", "constrained", *streams), rows))
    sections.append(
        f"reductions at one point, the {result.common_point}; 'own' at the optimum of each set\n"
        f"{result.seconds:.0f} s\nresults: {result.folder.absolute()}"
    )
    return "\n\n".join(sections)
