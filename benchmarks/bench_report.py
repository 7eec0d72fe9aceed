"""Tables of a measurement in Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from baseline import TOLERANCES, Change
from model_speed import LIMIT, Speed

# name of a figure (of the fastest engine) -> what it should be at most
TARGETS = {
    "forward over C++, 24 steps, 3000 columns": ("{e}.24.3000.forward/limit", 1.5),
    "gradient over C++, 24 steps, 3000 columns": ("{e}.24.3000.gradient/limit", 4.0),
    "gradient over forward, 24 steps, 3000 columns": ("{e}.24.3000.gradient/forward", 3.0),
    "gradient over forward, 24 steps, 32 columns": ("{e}.24.32.gradient/forward", 4.0),
    "gradient over cost, demo as it ships": ("demo.gradient/cost", 4.0),
    "memory, four times the cells": ("memory.cells", 1.3),
    "Jacobian, two workers over one": ("workers.jacobian", 1.0 / 1.7),
}


def table(heads: Sequence[str], rows: Sequence[Sequence[Any]], text: int = 0) -> str:
    """A table; the first `text` columns are words and the others numbers."""
    lines = [f"| {' | '.join(heads)} |"]
    lines.append("|" + " --- |" * text + " --: |" * (len(heads) - text))
    lines += [f"| {' | '.join(map(str, row))} |" for row in rows]
    return "\n".join(lines)


def number(value: float) -> str:
    """Three digits."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def speed_table(speeds: Sequence[Speed]) -> str:
    """Rates and ratios by steps, columns and engine."""
    rows = []
    for speed in speeds:
        for engine in speed.engines:
            limit = engine == LIMIT or not speed.limited
            rows.append((
                speed.steps, f"{speed.columns:,}", _name(engine),
                *(number(speed.rate(engine, q)) for q in ("forward", "gradient")),
                f"{speed.over_forward(engine):.1f}",
                *("" if limit else f"{speed.over_limit(engine, q):.2f}"
                  for q in ("forward", "gradient")),
                *(number(speed.rate_by_clock(engine, q)) for q in ("forward", "gradient")),
                "" if limit else f"{max(speed.differences[engine]):.0e}",
            ))  # fmt: skip
    heads = ("steps", "columns", "engine", "forward", "gradient", "gradient / forward",
             "forward / C++", "gradient / C++", "forward by the clock", "gradient by the clock",
             "difference")  # fmt: skip
    return table(heads, rows)


def _name(engine: str) -> str:
    return "C++" if engine == LIMIT else f"`{engine}`"


def compile_table(speeds: Sequence[Speed]) -> str:
    """Seconds that first calls take longer than later ones, processor and wall."""
    rows = []
    for speed in speeds:
        for engine in speed.engines:
            found = [(q, s) for (name, q), s in speed.first.items() if name == engine]
            for quantity, (processor, wall) in found:
                row = (_name(engine), quantity, speed.steps, f"{speed.columns:,}")
                rows.append((*row, f"{processor:.1f}", f"{wall:.1f}"))
    heads = ("engine", "quantity", "steps", "columns", "processor (s)", "wall (s)")
    return table(heads, rows, text=2)


def figures_table(figures: Mapping[str, float], head: str) -> str:
    """Names and numbers."""
    return table((head, "value"), [(n, number(v)) for n, v in figures.items()], text=1)


def targets_table(ratios: Mapping[str, float], engine: str) -> str:
    """Targets that were measured."""
    rows = []
    for what, (name, most) in TARGETS.items():
        value = ratios.get(name.format(e=engine))
        if value is not None:
            met = "yes" if value <= most else "no"
            rows.append((what, f"{most:.2g}", f"{value:.2f}", met))
    return table((f"ratio, engine `{engine}`", "at most", "measured", "met"), rows, text=1)


def changes_text(found: Sequence[Change], compared: int, about: Mapping[str, str]) -> str:
    """What differs from the stored figures."""
    tolerances = " and ".join(f"{v:g} for {k}" for k, v in TOLERANCES.items())
    text = (
        f"{compared} figures compared with those of {about['date']} (commit `{about['commit']}`, "
        f"{about['machine']}), tolerances {tolerances}; {len(found)} outside."
    )
    if not found:
        return text
    rows = [
        (
            c.name,
            number(c.stored),
            number(c.now),
            _times(c.now, c.stored),
            _verdict(c),
        )
        for c in found
    ]
    return f"{text}\n\n" + table(("figure", "stored", "now", "ratio", "verdict"), rows, text=1)


def _times(now: float, stored: float) -> str:
    return f"{now / stored:.2f}" if stored else ""


def _verdict(change: Change) -> str:
    if change.regression:
        return "regression"
    return "worse: measure again on a quiet machine" if change.worse else "better"
