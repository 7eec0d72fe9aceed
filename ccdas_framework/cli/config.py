"""`ccdas config`: keys of an experiment file."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import attrs
import typer

from .display import show

if TYPE_CHECKING:
    from ..config.documentation import DocumentedSection

SCHEMA = Annotated[
    bool,
    typer.Option("--schema", help="Print a JSON schema of experiment files, for editors."),
]


def config(schema: SCHEMA = False) -> None:
    """Print the keys of an experiment file with their defaults, or their JSON schema."""
    from ..config.documentation import documented_keys
    from ..config.json_schema import json_schema

    if schema:
        print(json.dumps(json_schema(), indent=2, ensure_ascii=False))
        return
    sections = list(documented_keys())
    show(
        "\n\n".join(_section_text(section) for section in sections),
        lambda: {section.name: [attrs.asdict(key) for key in section.keys] for section in sections},
    )


def _section_text(section: DocumentedSection) -> str:
    """Heading of a section and a line for each key: name, default and meaning."""
    name = max(len(key.name) for key in section.keys)
    default = max(len(key.default) for key in section.keys)
    lines = [f"  {k.name:{name}}  {k.default:{default}}  {k.doc}" for k in section.keys]
    return "\n".join([f"[{section.name}]  {section.doc}", *lines])
