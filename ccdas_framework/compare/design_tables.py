"""Tables of a design file: single designs, lists of places, and questions for the next best."""

from __future__ import annotations

import re
from collections.abc import Mapping
from itertools import product
from typing import Any

import numpy as np
from attrs import field, frozen

from ..core.errors import Findings, did_you_mean

ONE = ("stream", "places", "sampling", "every", "start", "end", "error", "settings")
GREEDY = ("designs", "by", "choose", "targets")
GRID = ("places", "sampling", "every", "error")  # keys that may hold a list of alternatives
PLACE = ("label", "latitude", "longitude", "altitude")
CELLS = re.compile(r"every (?:(\d+)(?:st|nd|rd|th) )?cell")
OBSERVED = "observed"


@frozen
class Design:
    """One set of hypothetical observations.

    Args:
        name: of the design, with what distinguishes it from others of its grid.
        stream: whose operator and file format.
        places: "observed", "every cell", "every 3rd cell", or the name of a list of places.
        sampling: "monthly" or "daily"; of observed places, None for the times of their file.
        every: take each so many-th month or day.
        start, end: first and last day; by default those of the window.
        error: standard deviation as an observation file gives it (the operator may add to it); None
            for that of the file, or for what the operator takes where none is known.
        settings: of the operator, over those of the experiment.
        table: name of the table that it comes from.
    """

    name: str
    stream: str
    places: str
    sampling: str | None = None
    every: int = 1
    start: np.datetime64 | None = None
    end: np.datetime64 | None = None
    error: float | None = None
    settings: Mapping[str, Any] = field(factory=dict)
    table: str = ""

    @property
    def where(self) -> str:
        """Key of the table, the place of findings about the design."""
        return f"designs.{self.table}"


@frozen
class Greedy:
    """A question for the next best place or design.

    Args:
        designs: names of tables of single designs that give candidates.
        by: "place", each place of these designs is a candidate, or "design", each whole one.
        choose: how many.
        targets: 'quantity region', or a quantity over all regions; all targets where empty.
    """

    designs: tuple[str, ...]
    by: str = "place"
    choose: int = 5
    targets: tuple[str, ...] = ()


def single_designs(
    name: str, table: Any, lists: set[str], source: str, findings: Findings
) -> list[Design]:
    """The single designs of one table: every combination of the lists in it."""
    where = f"designs.{name}"
    before = len(findings)
    told = known_keys(table_of(table, where, source, findings), ONE, where, source, findings)
    for key in ("stream", "places"):
        if key not in told and isinstance(table, Mapping):
            findings.add(
                "missing-key", f"{where}.{key}", f"[{where}] in {source} lacks the key '{key}'."
            )
    alternatives = {key: _several(told[key]) for key in GRID if key in told}
    for key, values in alternatives.items():
        if not values:
            findings.add(
                "empty-list", f"{where}.{key}", f"'{where}.{key}' in {source} is an empty list."
            )
    tests = {"places": _is_place(lists), "sampling": _is_sampling, "every": _is_step,
             "error": _is_error}  # fmt: skip
    for key, values in alternatives.items():
        for value in values:
            if wrong := tests[key](value):
                findings.add(
                    "wrong-value",
                    f"{where}.{key}",
                    f"'{where}.{key}' in {source} is {value!r}; {wrong}",
                )
    days = {key: _day(told[key], key, where, source, findings) for key in ("start", "end")
            if key in told}  # fmt: skip
    if len(days) == 2 and None not in days.values() and days["start"] > days["end"]:
        findings.add(
            "reversed-period",
            where,
            f"[{where}] in {source} ends on {days['end']}, before its start on {days['start']}.",
        )
    settings = table_of(told.get("settings", {}), f"{where}.settings", source, findings)
    if "stream" in told and not isinstance(told["stream"], str):
        findings.add(
            "wrong-value",
            f"{where}.stream",
            f"'{where}.stream' in {source} is {told['stream']!r}; a name was expected.",
        )
    if len(findings) > before:
        return []
    varied = [key for key, values in alternatives.items() if len(values) > 1]
    out = []
    for combination in product(*alternatives.values()):
        chosen = dict(zip(alternatives, combination, strict=True))
        if chosen["places"] != OBSERVED:
            chosen.setdefault("sampling", "monthly")
        words = [name, *(_worded(key, chosen[key]) for key in varied)]
        out.append(Design(name=", ".join(words), stream=told["stream"], settings=settings,
                          table=name, **days, **chosen))  # fmt: skip
    return out


def _worded(key: str, value: Any) -> str:
    return str(value) if key in ("places", "sampling") else f"{key} {value:g}"


def _several(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list) else [value]


def _is_place(lists: set[str]) -> Any:
    def test(value: Any) -> str:
        if isinstance(value, str) and (
            value == OBSERVED or CELLS.fullmatch(value) or value in lists
        ):
            return ""
        own = ", ".join(f'"{name}"' for name in sorted(lists)) or "none"
        return (
            'expected "observed", "every cell", "every 3rd cell" or the name of a list in '
            f"[places] ({own})."
        )

    return test


def _is_sampling(value: Any) -> str:
    return "" if value in ("monthly", "daily") else 'expected "monthly" or "daily".'


def _is_step(value: Any) -> str:
    whole = isinstance(value, int) and not isinstance(value, bool) and value >= 1
    return "" if whole else "expected a whole number, 1 or more."


def _is_error(value: Any) -> str:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if value > 0 and np.isfinite(value):
            return ""
        return (
            "an error must be positive: an observation without error would be believed "
            "whatever the rest says. Give its standard deviation in the units of the stream."
        )
    return "expected a standard deviation, a positive number in the units of the stream."


def _day(value: Any, key: str, where: str, source: str, findings: Findings) -> Any:
    try:
        day: Any = np.datetime64(str(value), "D")
    except ValueError:
        day = np.datetime64("NaT")
    if np.isnat(day):
        findings.add(
            "wrong-value",
            f"{where}.{key}",
            f"'{where}.{key}' in {source} is {value!r}; a date such as 2010-01-01 was expected.",
        )
        return None
    return day


def places_of(
    name: str, value: Any, source: str, findings: Findings
) -> tuple[Mapping[str, Any], ...]:
    """A list of places that designs name, with a finding for each mistake in it."""
    where = f"places.{name}"
    if name == OBSERVED or CELLS.fullmatch(name):
        findings.add(
            "reserved-name",
            where,
            f"'{where}' in {source} has a name that stands for something else; choose another.",
        )
    if not isinstance(value, list) or not value or not all(isinstance(p, Mapping) for p in value):
        findings.add(
            "wrong-value",
            where,
            f"'{where}' in {source} is no list of places; expected tables such as "
            '{label = "ZOT", latitude = 60.8, longitude = 89.35, altitude = 301}.',
        )
        return ()
    out: list[Mapping[str, Any]] = []
    for place in value:
        position = f"{where}[{len(out) + 1}]"
        label = place.get("label")
        called = f"place {label!r}" if label else f"place {len(out) + 1}"
        for key in [k for k in place if k not in PLACE]:
            findings.add(
                "unknown-key",
                f"{position}.{key}",
                f"unknown key '{key}' of {called} of '{where}' in {source}."
                f"{did_you_mean(key, PLACE)}",
            )
        for key, most in (("latitude", 90.0), ("longitude", 360.0), ("altitude", 1e5)):
            given = place.get(key, None if key != "altitude" else 0.0)
            number = isinstance(given, (int, float)) and not isinstance(given, bool)
            if not number or not abs(given) <= most:
                findings.add(
                    "wrong-value",
                    f"{position}.{key}",
                    f"'{key}' of {called} of '{where}' in {source} is {given!r}; a number of at "
                    f"most {most:g} was expected.",
                )
        out.append(place)
    labels = [str(p.get("label", n)) for n, p in enumerate(out, 1)]
    for label in dict.fromkeys(one for one in labels if labels.count(one) > 1):
        findings.add(
            "repeated-label",
            where,
            f"'{where}' in {source} has {labels.count(label)} places with the label '{label}'.",
        )
    return tuple(out)


def greedy_of(
    name: str,
    table: Any,
    tables: set[str],
    grids: Mapping[str, int],
    source: str,
    findings: Findings,
) -> Greedy | None:
    """A question, or None and a finding for each mistake in it.

    Args:
        name: of the question.
        table: as read.
        tables: names of all tables of designs.
        grids: table -> how many single designs it stands for.
        source: name of the file.
        findings: gets a finding for each mistake.
    """
    where = f"greedy.{name}"
    before = len(findings)
    told = known_keys(table_of(table, where, source, findings), GREEDY, where, source, findings)
    for key in ("designs", "targets"):
        if isinstance(told.get(key), str):
            told[key] = [told[key]]
        if key in told and not is_texts(told[key]):
            findings.add(
                "wrong-value",
                f"{where}.{key}",
                f"'{where}.{key}' in {source} is {told[key]!r}; expected names.",
            )
    if not told.get("designs"):
        findings.add(
            "missing-key",
            f"{where}.designs",
            f"[{where}] in {source} names no designs that give candidates.",
        )
    elif is_texts(told["designs"]):
        for one in told["designs"]:
            if one not in tables:
                findings.add(
                    "unknown-design",
                    f"{where}.designs",
                    f"[{where}] in {source} names the design '{one}', which is not there."
                    f"{did_you_mean(one, tables)} Designs: {', '.join(sorted(tables))}.",
                )
            elif grids.get(one, 1) > 1:
                findings.add(
                    "several-designs",
                    f"{where}.designs",
                    f"[{where}] in {source} takes candidates from '{one}', a grid of {grids[one]} "
                    "designs; name one with single values.",
                )
    if told.get("by", "place") not in ("place", "design"):
        findings.add(
            "wrong-value",
            f"{where}.by",
            f'\'{where}.by\' in {source} is {told["by"]!r}; expected "place" or "design".',
        )
    if wrong := _is_step(told.get("choose", 5)):
        findings.add(
            "wrong-value",
            f"{where}.choose",
            f"'{where}.choose' in {source} is {told['choose']!r}; {wrong}",
        )
    if len(findings) > before:
        return None
    return Greedy(
        designs=tuple(told["designs"]),
        by=told.get("by", "place"),
        choose=told.get("choose", 5),
        targets=tuple(told.get("targets", ())),
    )


def table_of(value: Any, where: str, source: str, findings: Findings) -> dict[str, Any]:
    """A table; an empty one and a finding where it is none."""
    if isinstance(value, Mapping):
        return dict(value)
    findings.add("wrong-value", where, f"'{where}' in {source} is {value!r}; a table was expected.")
    return {}


def known_keys(
    table: Mapping[str, Any], keys: tuple[str, ...], where: str, source: str, findings: Findings
) -> dict[str, Any]:
    """The values of a table under known keys; a finding for each other key."""
    for key in [k for k in table if k not in keys]:
        findings.add(
            "unknown-key",
            f"{where}.{key}",
            f"unknown key '{where}.{key}' in {source}.{did_you_mean(key, keys)} Keys: "
            f"{', '.join(keys)}.",
        )
    return {key: value for key, value in table.items() if key in keys}


def is_texts(value: Any) -> bool:
    """Whether it is a list of texts."""
    return isinstance(value, list) and all(isinstance(v, str) for v in value)
