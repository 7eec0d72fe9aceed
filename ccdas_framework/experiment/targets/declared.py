"""What [targets] of a configuration asks for: any field, over any mask, in any period."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from attrs import frozen

from ...core.domain import Domain
from ...core.interfaces import ObservationOperator, ProcessModel
from ...core.problem import Problem
from ...core.streams import StreamData
from ...core.variables import Variable
from ..masks import Masks, place_of, regions_of
from .checks import is_declared, is_mask, period_problem
from .operator import AreaTarget, target_stream
from .periods import ANNUAL, months_of, period_days
from .statistics import conversion

SHORT_FORM = ("fields", "periods", "regions", "masks", "sensitivity", "prescribed")


@frozen(eq=False)
class Asked:
    """One target or one table of them, before the grid is cut.

    Args:
        name: of it: the field with its period, or the name of its table in the configuration.
        operator: what it is.
        labels: of its masks.
        stream: that derives the field; "" where the model gives it.
    """

    name: str
    operator: AreaTarget
    labels: tuple[str, ...]
    stream: str = ""


@frozen(eq=False)
class Targets:
    """All that a configuration asks for.

    Args:
        asked: regional tables first, then those declared by name.
        regions: what the regions of the tables are, in words.
        left_out: sentences about what was left out.
        files: of masks.
    """

    asked: tuple[Asked, ...] = ()
    regions: str = ""
    left_out: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()


def asked_targets(
    config: Mapping[str, Any],
    model: ProcessModel,
    operators: Mapping[str, ObservationOperator],
    domain: Domain,
    folders: Sequence[Path],
    problems: list[str],
) -> Targets:
    """The targets of a configuration; what is wrong with them goes to `problems`.

    Args:
        config: complete; fields of the short form that nothing gives are left out, for they were
            checked before.
        model, operators: give the fields.
        domain: of the whole grid.
        folders: where files of masks are looked for.
        problems: a sentence each.
    """
    table = config["targets"]
    fields = given_fields(model, operators)
    tables = table.get("masks", {})
    masks = Masks({n: t for n, t in tables.items() if is_mask(n, t, problems)}, folders)
    grid = domain.grid
    left_out: list[str] = []
    asked: list[Asked] = []

    def add(name: str, of: str, statistic: str, period: str, kind: str, places: Any) -> None:
        days = np.asarray(period_days(period, domain), float)
        variable, stream = fields[of]
        operator = AreaTarget(
            variable=variable,
            statistic=statistic,
            shares=np.stack([share for _, share in places]),
            days=days / days.sum(),
            grid=grid,
            period=period,
            kind=kind,
            derived_by=operators[stream] if stream else None,
        )
        asked.append(Asked(name, operator, tuple(label for label, _ in places), stream))

    regions, definition = regions_of(table.get("regions"), grid, masks, problems)
    in_short = [name for name in dict.fromkeys(table.get("fields", ())) if name in fields]
    for period in dict.fromkeys([ANNUAL, *table.get("periods", ())]):
        said = period_problem(period, domain)
        if said and months_of(period):
            left_out.append(
                f"'{period}' is left out of 'targets.periods': the window has no such day."
            )
        elif said:
            problems.append(f"'targets.periods': {said}")
        elif regions:
            for name in in_short:
                usual = conversion(fields[name][0]).usual
                key = name if period == ANNUAL else f"{name} {period}"
                add(key, name, usual, period, "regions", regions)
    for name, declared in table.items():
        if name in SHORT_FORM:
            continue
        place = None
        if is_declared(name, declared, fields, domain, problems):
            place = place_of(name, declared, grid, masks, problems)
        if place is not None:
            usual = conversion(fields[declared["field"]][0]).usual
            statistic, period = declared.get("statistic", usual), declared.get("period", ANNUAL)
            add(name, declared["field"], statistic, period, "declared", [place])
    return Targets(tuple(asked), definition, tuple(left_out), masks.files)


def given_fields(
    model: ProcessModel, operators: Mapping[str, ObservationOperator]
) -> dict[str, tuple[Variable, str]]:
    """Every field with the stream whose operator derives it, '' for those of the model."""
    found = {v.name: (v, "") for v in model.provides}
    for stream, operator in operators.items():
        for variable in operator.gives:
            found.setdefault(variable.name, (variable, stream))
    return found


def target_streams(targets: Targets, problem: Problem) -> dict[str, StreamData]:
    """The targets as a problem holds them, by name; without those of streams that it lacks."""
    return {
        asked.name: target_stream(
            asked.operator,
            asked.labels,
            problem.blocks,
            asked.name,
            problem.streams[asked.stream] if asked.stream else None,
        )
        for asked in targets.asked
        if not asked.stream or asked.stream in problem.streams
    }


def mask_tables(targets: Mapping[str, Any]) -> Iterable[tuple[dict[str, Any], str]]:
    """Tables and keys of [targets] that hold the path of a file, or may do so."""
    for table in _tables(targets.get("masks", {})):
        yield table, "file"
    yield targets, "regions"  # type: ignore[misc]  # a dict in a configuration that is changed
    for name, table in targets.items():
        if name not in SHORT_FORM and isinstance(table, dict):
            yield table, "mask"


def _tables(value: Any) -> list[dict[str, Any]]:
    return [t for t in value.values() if isinstance(t, dict)] if isinstance(value, dict) else []
