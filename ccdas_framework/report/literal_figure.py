"""A figure whose names may hold dollar signs."""

from __future__ import annotations

from typing import Any

from matplotlib.figure import Figure
from matplotlib.text import Text

OF_NUMBERS = "\\mathdefault"  # matplotlib writes powers of ten of its axes with it


class LiteralFigure(Figure):
    """A figure that draws its texts as they are, and powers of ten on its axes as such.

    Between two dollar signs matplotlib reads a formula, which a name of a run is not.
    """

    def draw(self, renderer: Any) -> None:
        """Draw the figure."""
        for text in self.findobj(Text):
            if isinstance(text, Text) and "$" in text.get_text():
                text.set_parse_math(OF_NUMBERS in text.get_text())
        super().draw(renderer)
