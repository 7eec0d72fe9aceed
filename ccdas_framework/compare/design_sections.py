"""Sections of a design file: every key with its default, test and documentation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from attrs import frozen

from ..config import Section, keys

SAMPLINGS = ("monthly", "daily")
POSITIVE = {"type": "number", "exclusiveMinimum": 0}


def limited(doc: str, most: float, *, required: bool = False) -> Any:
    """A key that holds a number of at most this size."""
    schema = {"type": "number", "minimum": -most, "maximum": most}
    return keys.matching(doc, f"a number of at most {most:g}", schema, required=required)


def names(doc: str, *, required: bool = False) -> Any:
    """A key that holds a name or several."""
    schema = {"anyOf": [keys.TEXT, {**keys.TEXTS, "minItems": 1 if required else 0}]}
    return keys.matching(doc, "a name, or a list of names", schema, default=(), required=required)


@frozen(kw_only=True)
class StudySection(Section):
    """[design]: the experiment, and the point of linearisation."""

    experiment: str = keys.text("shipped experiment, or an experiment file", default="demo")
    at: str = keys.text('"prior", or the folder of a run whose optimum is taken', default="prior")
    given: tuple[str, ...] = keys.texts(
        "streams that every design adds to",
        default=(),
        expected='a list of streams, as in given = ["co2"],',
    )
    title: str | None = keys.text("title of the results", otherwise="name of the file")


@frozen(kw_only=True)
class PlaceSection(Section):
    """One place of a list of [places]."""

    complete: ClassVar[bool] = False

    label: str | None = keys.text("name of the place", otherwise="its coordinates")
    latitude: float | None = limited("degrees north", 90.0, required=True)
    longitude: float | None = limited("degrees east", 360.0, required=True)
    altitude: float | None = limited("height above sea level (m)", 1e5)


@frozen(kw_only=True)
class DesignSection(Section):
    """[designs.NAME]: one design, or a grid of designs where a key holds a list."""

    complete: ClassVar[bool] = False

    stream: str | None = keys.text("stream of the experiment", expected="a name", required=True)
    places: Any = keys.one_or_several(
        keys.text(
            '"observed", "every cell", "every 3rd cell", or a list of [places]', required=True
        )
    )
    sampling: Any = keys.one_or_several(keys.one_of("interval of the observations", SAMPLINGS))
    every: Any = keys.one_or_several(
        keys.integer("take each so many-th month or day", least=1, most=36_600)
    )
    start: Any = keys.date("first day", otherwise="that of the window")
    end: Any = keys.date("last day", otherwise="that of the window")
    error: Any = keys.one_or_several(
        keys.matching(
            "standard deviation of the observations, in the units of the stream",
            "a standard deviation, a positive number in the units of the stream",
            POSITIVE,
            otherwise="that of the file or of the operator",
        )
    )
    settings: Mapping[str, Any] = keys.mapping("settings of the operator")


@frozen(kw_only=True)
class GreedySection(Section):
    """[greedy.NAME]: choice of the next best places or designs."""

    designs: Any = names("designs that provide candidates", required=True)
    by: str = keys.one_of("kind of the candidates", ("place", "design"), default="place")
    choose: int = keys.integer("number of choices", least=1, most=100_000, default=5)
    targets: Any = names("targets, a quantity or a quantity and a region")


@frozen(kw_only=True)
class DesignFileSection(Section):
    """Contents of a design file."""

    design: StudySection = keys.section(StudySection, "experiment and point of linearisation")
    settings: Mapping[str, Any] = keys.mapping("keys of the experiment with other values")
    places: Mapping[str, Any] = keys.mapping("lists of places by name")
    designs: Mapping[str, DesignSection] = keys.sections(DesignSection, "designs by name")
    greedy: Mapping[str, GreedySection] = keys.sections(GreedySection, "choices by name")
