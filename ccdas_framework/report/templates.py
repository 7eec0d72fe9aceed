"""The templates of pages."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .format import page_cell, page_change, page_number, page_pair, page_percent, page_sd

FILTERS = {
    "number": page_number, "cell": page_cell, "percent": page_percent, "change": page_change,
    "pair": page_pair, "sd": page_sd,
}  # fmt: skip


def rendered(template: str, values: Mapping[str, Any]) -> str:
    """A template of this folder with its values."""
    import jinja2  # optional

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= FILTERS
    return environment.get_template(template).render(values)
