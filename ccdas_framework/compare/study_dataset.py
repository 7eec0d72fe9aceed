"""`table.nc` of a study: the table, a variable for each column, and its medians over seeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..outputs.variable_tables import dataset_of, file_attributes, strings
from ..registry.version import PACKAGE, VERSION
from .study_summary import CONFIDENCE, GROUP, SHARES, SUMMARISED, Summary
from .study_table import TIMES, columns_of

WHOLE = ("row", "seed")
TEXTS = (
    "case", "model", "streams", "method", "kind", "component", "engine", "status", "point",
    "settings", "marked", "remarks", "message",
)  # fmt: skip
SECONDS = ("seconds", "compilation_seconds", "after_seconds")


def table_dataset(table: Sequence[Mapping[str, Any]], title: str) -> Any:
    """The table, dimension row; numbers that do not exist are NaN."""
    variables = {
        name: ("row", _values(name, [line[name] for line in table]), _attributes(name, meaning))
        for name, meaning in columns_of(table).items()
    }
    return dataset_of(variables, _about(title))


def medians_dataset(summaries: Sequence[Summary], title: str) -> Any:
    """Medians over seeds, dimension group; a group is a method on a problem."""
    meanings = columns_of([])
    variables: dict[str, Any] = {
        name: ("group", [s.group[name] for s in summaries], {"long_name": meanings[name]})
        for name in GROUP
    }
    for name, meaning in (
        ("seeds", "number of rows"),
        ("failed", "number of rows that failed"),
        ("marked", "number of rows whose sampler has not converged"),
    ):
        counts = [getattr(s, name) for s in summaries]
        variables[name] = ("group", counts, {"units": "1", "long_name": meaning})
    for column in SUMMARISED:
        middle = "mean" if column in SHARES else "median"
        for part, words in (
            ("value", middle),
            ("low", f"lower end of the interval of the {middle}"),
            ("high", f"upper end of the interval of the {middle}"),
            ("confidence", f"probability that the interval holds the {middle}"),
        ):
            values = [getattr(s.medians.get(column), part, np.nan) for s in summaries]
            name = column if part == "value" else f"{column}_{part}"
            units = "s" if column in SECONDS and part != "confidence" else "1"
            about = {"units": units, "long_name": f"{words}: {meanings[column]}"}
            variables[name] = ("group", values, about)
    if any(len(s.histogram) for s in summaries):
        bins = max(len(s.histogram) for s in summaries)
        counts = [s.histogram if len(s.histogram) else np.zeros(bins) for s in summaries]
        about = {"units": "1", "long_name": "ranks of the truth in equal bins between 0 and 1"}
        variables["rank_histogram"] = ("group bin", np.array(counts), about)
    p_values = [s.uniformity for s in summaries]
    about = {"units": "1", "long_name": "p-value of uniform ranks of the truth"}
    variables["uniformity"] = ("group", p_values, about)
    return dataset_of(variables, {**_about(title), "confidence": CONFIDENCE})


def _values(name: str, values: Sequence[Any]) -> Any:
    if name in TEXTS:
        return strings(values)
    if name in WHOLE:
        return np.array(values, int)
    return np.array([np.nan if value == "" else float(value) for value in values])


def _attributes(name: str, meaning: str) -> dict[str, str]:
    about = {"long_name": meaning.removesuffix(" (s)")}
    if name in TEXTS:
        return about
    return {**about, "units": "s" if name in SECONDS else "1"} | _repeatable(name)


def _repeatable(name: str) -> dict[str, str]:
    if name not in TIMES:
        return {}
    return {"comment": "of one machine and its load; another computation gives another number"}


def _about(title: str) -> dict[str, Any]:
    return file_attributes({"title": title, "source": f"{PACKAGE} {VERSION}"})
