"""Tables of imported files and of readers, for the terminal."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping

import numpy as np

from ..experiment.data_imports import ImportedFile
from ..installed import registry
from ..registry.reader_types import ProductReader
from .text_table import table

UNTRIED = "not tried on a real file"
MOST_SERIES = 40  # rows of the table of counts
INDENT = "  "


def import_summary(imported: ImportedFile) -> str:
    """Product, counts of values kept and dropped with reasons, notes, and the file."""
    data = imported.data
    version = f", version {data.version}" if data.version else ", version not stated"
    lines = [f"{data.product}{version}", ""]
    rows = []
    for series in data.series[:MOST_SERIES]:
        reasons = list(series.dropped.items()) or [("", 0)]
        for n, (reason, count) in enumerate(reasons):
            first = (series.name, str(series.kept)) if n == 0 else ("", "")
            rows.append((*first, str(count), reason))
    lines.append(table(("series", "kept", "dropped", "reason"), rows, right=(1, 2)))
    if len(data.series) > MOST_SERIES:
        lines.append(f"and {len(data.series) - MOST_SERIES} further series")
    lines.append("")
    lines += [textwrap.fill(note, 100, initial_indent="- ", subsequent_indent=INDENT)
              for note in data.notes]  # fmt: skip
    check = f" `ccdas data check {imported.path}` tests it." if _has_operator(imported) else ""
    return "\n".join([*lines, f"{imported.path}: {_contents(data.dataset)}.{check}"])


def _has_operator(imported: ImportedFile) -> bool:
    """Whether an installed operator or a model reads the file."""
    operators = registry().components["observation_operators"]
    is_named = "stream_settings" in imported.data.dataset.attrs
    return is_named or imported.stream in ("forcing", *operators)


def _contents(dataset: object) -> str:
    """Size, unit and period of a dataset in words."""
    sizes: Mapping[str, int] = dict(dataset.sizes)  # type: ignore[attr-defined]
    variables = dataset.variables  # type: ignore[attr-defined]
    if "observed" not in variables:
        return ", ".join(f"{name} {size}" for name, size in sizes.items())
    labels = variables["label"].values
    first, last = variables["time_start"].values.min(), variables["time_end"].values.max()
    places = len(np.unique(labels.astype(str)))
    unit = variables["observed"].attrs["units"]
    return (
        f"{len(labels)} observations in '{unit}' at {places} place{'s' if places != 1 else ''}, "
        f"{str(first)[:10]} to {str(last)[:10]}"
    )


def reader_table(readers: Mapping[str, type[ProductReader]]) -> str:
    """Kinds with their product, streams, aliases and the files that they were tried on."""
    lines = []
    for kind, reader in readers.items():
        lines.append(f"{kind}: {reader.title}")
        for stream, text in reader.gives.items():
            lines.append(f"{INDENT}gives {stream}: {text}")
        if reader.aliases:
            lines.append(f"{INDENT}also named {', '.join(reader.aliases)}")
        tried = ", ".join(reader.tried_on)
        lines.append(f"{INDENT}{f'tried on {tried}' if tried else UNTRIED}")
    return "\n".join(lines)
