"""Single designs, lists of places and greedy choices of a design file."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
from attrs import evolve, field, frozen

from ..config import read_section
from ..core.errors import Findings, did_you_mean
from .design_sections import DesignSection, GreedySection, PlaceSection

GRID = ("places", "sampling", "every", "error")  # keys that may hold a list of alternatives
CELLS = re.compile(r"every (?:(\d+)(?:st|nd|rd|th) )?cell")
OBSERVED = "observed"


@frozen
class Design:
    """One set of hypothetical observations.

    Args:
        name: of the design, with the keys in which it differs from others of its grid.
        stream: gives the operator and the file.
        places: "observed", "every cell", "every 3rd cell", or the name of a list of places.
        sampling: "monthly" or "daily"; of observed places, None for the times of their file.
        every: interval of the months or days taken.
        start, end: first and last day; by default those of the window.
        error: standard deviation as in an observation file (the operator may add to it); None
            for that of the file, or for the default of the operator.
        settings: of the operator, over those of the experiment.
        table: name of the table of the design.
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


def single_designs(
    name: str, section: DesignSection, lists: set[str], source: str, findings: Findings
) -> list[Design]:
    """The single designs of one table: all combinations of its alternatives.

    Args:
        lists: names of [places].
    """
    where = f"designs.{name}"
    if findings.within(where):
        return []
    before = len(findings)
    alternatives = {
        key: value if isinstance(value, tuple) else (value,)
        for key in GRID
        if (value := getattr(section, key)) is not None
    }
    for value in alternatives["places"]:
        if value != OBSERVED and not CELLS.fullmatch(value) and value not in lists:
            names = ", ".join(f'"{each}"' for each in sorted(lists)) or "none"
            findings.add(
                "wrong-value",
                f"{where}.places",
                f'\'{where}.places\' in {source} is {value!r}; expected "observed", "every cell", '
                f'"every 3rd cell" or the name of a list in [places] ({names}).',
            )
    start, end = _day(section.start), _day(section.end)
    if start is not None and end is not None and start > end:
        message = f"[{where}] in {source} ends on {end}, before its start on {start}."
        findings.add("reversed-period", where, message)
    if len(findings) > before:
        return []
    varied = [key for key, values in alternatives.items() if len(values) > 1]
    designs = []
    for combination in product(*alternatives.values()):
        values = dict(zip(alternatives, combination, strict=True))
        if values["places"] != OBSERVED:
            values.setdefault("sampling", "monthly")
        words = [name, *(_worded(key, values[key]) for key in varied)]
        designs.append(
            Design(", ".join(words), str(section.stream), settings=section.settings, table=name,
                   start=start, end=end, **values)
        )  # fmt: skip
    return designs


def _worded(key: str, value: Any) -> str:
    return str(value) if key in ("places", "sampling") else f"{key} {value:g}"


def _day(value: Any) -> np.datetime64 | None:
    return None if value is None else np.datetime64(str(value), "D")


def places_of(name: str, value: Any, source: str, findings: Findings) -> tuple[PlaceSection, ...]:
    """A list of places that designs name, with a finding for each mistake in it."""
    where = f"places.{name}"
    if name == OBSERVED or CELLS.fullmatch(name):
        message = f"'{where}' in {source} has a reserved name; choose another."
        findings.add("reserved-name", where, message)
    if not isinstance(value, (list, tuple)) or not value or not all(
        isinstance(place, Mapping) for place in value
    ):  # fmt: skip
        findings.add(
            "wrong-value",
            where,
            f"'{where}' in {source} is no list of places; expected tables such as "
            '{label = "ZOT", latitude = 60.8, longitude = 89.35, altitude = 301}.',
        )
        return ()
    before = len(findings)
    places = tuple(
        read_section(PlaceSection, place, f"{where}[{number}]", source, findings)
        for number, place in enumerate(value, 1)
    )
    labels = [place.label for place in places if place.label]
    for label in dict.fromkeys(each for each in labels if labels.count(each) > 1):
        findings.add(
            "repeated-label",
            where,
            f"'{where}' in {source} has {labels.count(label)} places with the label '{label}'.",
        )
    return places if len(findings) == before else ()


def greedy_of(
    name: str,
    section: GreedySection,
    tables: Collection[str],
    designs: Sequence[Design],
    source: str,
    findings: Findings,
) -> GreedySection | None:
    """A greedy choice with names in tuples, or None and a finding for each mistake in it.

    Args:
        tables: names of all tables of designs.
        designs: the single designs of these tables.
    """
    where = f"greedy.{name}"
    if findings.within(where):
        return None
    before = len(findings)
    section = evolve(section, designs=_names(section.designs), targets=_names(section.targets))
    for design in section.designs:
        if design not in tables:
            findings.add(
                "unknown-design",
                f"{where}.designs",
                f"[{where}] in {source} names the design '{design}', which is not in the file."
                f"{did_you_mean(design, tables)} Designs: {', '.join(sorted(tables))}.",
            )
        elif (count := sum(d.table == design for d in designs)) > 1:
            findings.add(
                "several-designs",
                f"{where}.designs",
                f"[{where}] in {source} takes candidates from '{design}', a grid of "
                f"{count} designs; name one with single values.",
            )
    return section if len(findings) == before else None


def _names(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)
