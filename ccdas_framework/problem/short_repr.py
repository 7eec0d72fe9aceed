"""Short texts and tables of records for notebooks, in place of all their arrays."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

Facts = Mapping[str, object]  # name -> value


def short_text(title: str, facts: Facts) -> str:
    """A line with the title and a line for each fact that is not empty."""
    shown = _shown(facts)
    width = max(map(len, shown), default=0)
    return "\n".join([f"<{title}>", *(f"  {n:{width}}  {value}" for n, value in shown.items())])


def short_html(title: str, facts: Facts) -> str:
    """The same as a table of HTML."""
    rows = "".join(
        f'<tr><th style="text-align:left">{escape(name)}</th>'
        f'<td style="text-align:left">{escape(value)}</td></tr>'
        for name, value in _shown(facts).items()
    )
    return f"<div><b>{escape(title)}</b><table>{rows}</table></div>"


def _shown(facts: Facts) -> dict[str, str]:
    return {name: str(value) for name, value in facts.items() if value not in ("", None)}


def counted(counts: Mapping[str, int]) -> str:
    """'co2 120, vod 14' of counts by name."""
    return ", ".join(f"{name} {count}" for name, count in counts.items())
