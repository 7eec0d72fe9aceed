"""What can be wrong with a table of [targets], in sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ...core.domain import Domain
from ...core.errors import InvalidInput, did_you_mean
from ...core.variables import Variable
from ..masks import BOX, PLACES
from .periods import ANNUAL, period_days
from .statistics import STATISTICS, conversion

MASK_KEYS = ("file", "variable", "leave_out")
TARGET_KEYS = ("field", "statistic", "period", *PLACES)


def is_mask(name: str, table: Any, problems: list[str]) -> bool:
    """Whether a table of [targets.masks] is one; a sentence for all that is wrong with it."""
    where = f"[targets.masks.{name}]"
    before = len(problems)
    if not isinstance(table, Mapping):
        problems.append(f"'targets.masks.{name}' is {table!r}; a table was expected.")
        return False
    _unknown_keys(where, table, MASK_KEYS, problems)
    if not isinstance(table.get("file"), str):
        problems.append(f"{where} has no 'file'; expected the path of a netCDF file.")
    if not isinstance(table.get("variable", ""), str):
        problems.append(f"'variable' in {where} is {table['variable']!r}; a text was expected.")
    left_out = table.get("leave_out", [])
    if not isinstance(left_out, Sequence) or not all(_is_whole(n) for n in left_out):
        problems.append(
            f"'leave_out' in {where} is {left_out!r}; a list of whole numbers was expected."
        )
    return len(problems) == before


def is_declared(
    name: str,
    table: Any,
    fields: Mapping[str, tuple[Variable, str]],
    domain: Domain,
    problems: list[str],
) -> bool:
    """Whether a table of [targets] is a target; a sentence for all that is wrong but its place."""
    where = f"[targets.{name}]"
    before = len(problems)
    if not isinstance(table, Mapping):
        problems.append(f"'targets.{name}' is {table!r}; a table was expected.")
        return False
    _unknown_keys(where, table, TARGET_KEYS, problems)
    if name in fields:
        problems.append(f"{where} has the name of a field, which its regional table has; choose "
                        "another.")  # fmt: skip
    for key, (fits, expected) in VALUES.items():
        if key in table and not fits(table[key]):
            problems.append(f"'{key}' in {where} is {table[key]!r}; {expected} was expected.")
    if len(problems) > before:
        return False
    wanted = table.get("field")
    if wanted is None:
        problems.append(f"{where} lacks the key 'field'. Fields: {', '.join(fields)}.")
    elif wanted not in fields:
        problems.append(
            f"{where} asks for field '{wanted}', which neither the model nor an operator of these "
            f"streams gives.{did_you_mean(wanted, fields)} Fields: {', '.join(fields)}."
        )
    elif table.get("statistic") == "total" and conversion(fields[wanted][0]).total is None:
        problems.append(
            f"{where} asks for the total of '{wanted}', which is in '{fields[wanted][0].units}' "
            'and has none; take statistic = "mean".'
        )
    said = period_problem(table.get("period", ANNUAL), domain)
    if said:
        problems.append(f"{where}: {said}")
    return len(problems) == before


def period_problem(period: str, domain: Domain) -> str:
    """The sentence about a period that is none or has no day in the window; '' where it has."""
    try:
        days = period_days(period, domain)
    except InvalidInput as error:
        return str(error)
    if days.any():
        return ""
    first, last = domain.time[domain.lead], domain.time[-1]
    return (
        f"the period '{period}' has no day in the window, {first} to {last}. Choose another, or "
        "another window in [time]."
    )


def _unknown_keys(
    where: str, table: Mapping[str, Any], known: Sequence[str], problems: list[str]
) -> None:
    problems.extend(
        f"unknown key '{key}' in {where}.{did_you_mean(key, known)} Keys: {', '.join(known)}."
        for key in table
        if key not in known
    )


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _are_texts(value: Any) -> bool:
    several = isinstance(value, (list, tuple)) and len(value) > 0
    return _is_text(value) or (several and all(_is_text(v) for v in value))


def _are_places(value: Any) -> bool:
    return isinstance(value, (list, tuple)) and len(value) > 0 and all(
        isinstance(p, (list, tuple)) and len(p) == 2 and all(_is_number(c) for c in p)
        for p in value
    )  # fmt: skip


def _is_box(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and set(value) == set(BOX)
        and all(_is_number(v) for v in value.values())
    )


VALUES = {
    "field": (_is_text, "the name of a field"),
    "statistic": (lambda v: v in STATISTICS, '"total" or "mean"'),
    "period": (_is_text, "a period"),
    "region": (_are_texts, "the name of a region, or a list of names"),
    "mask": (_is_text, 'a mask and a region of it, as in "masks/transcom.nc:3",'),
    "cells": (_are_places, "a list of places, [[latitude, longitude], ...],"),
    "box": (_is_box, "a table with south, north, west and east"),
}
