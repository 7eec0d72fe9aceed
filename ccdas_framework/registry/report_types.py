"""The type of a section of a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import field, frozen


@frozen(eq=False)
class ReportSection:
    """A section of the report of a run.

    Args:
        title: heading, and entry of the navigation.
        text: paragraphs of plain text.
        figures: caption -> `matplotlib.figure.Figure`.
        html: trusted markup after them. It must not request anything from outside the page.
        after: name of the section that it follows; "" for the place before "provenance".
        links: further entries of the navigation, anchor and words of each.
    """

    title: str
    text: Sequence[str] = ()
    figures: Mapping[str, Any] = field(factory=dict)
    html: str = ""
    after: str = ""
    links: Sequence[tuple[str, str]] = ()
