"""Settings of a recipe as a section, from the signature of its function."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import Parameter, signature
from typing import Any

import attrs

from .keys import LARGEST, NUMBER, TEXT, TEXTS, matching
from .section import Section

# annotation -> allowed values in words, JSON schema
KINDS: dict[str, tuple[str, Mapping[str, Any]]] = {
    "bool": ("true or false", {"type": "boolean"}),
    "int": ("a whole number", {"type": "integer"}),
    "float": ("a number", NUMBER),
    "str": ("a text", TEXT),
    "Sequence[str]": ("a list of texts", TEXTS),
}


def recipe_section(recipe: Callable[..., Any]) -> type[Section]:
    """Section class of a recipe: a key for each keyword argument, tested by its annotation.

    Args:
        recipe: function that a package registers with the hook `recipes`.
    """
    fields = {
        name: _key(parameter)
        for name, parameter in signature(recipe).parameters.items()
        if parameter.kind is Parameter.KEYWORD_ONLY
    }
    cls: type[Section] = attrs.make_class(
        "RecipeSettings", fields, bases=(Section,), frozen=True, kw_only=True
    )
    return cls


def _key(parameter: Parameter) -> Any:
    annotation = parameter.annotation
    name = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", "")
    expected, schema = KINDS.get(name, ("a value", {}))
    if parameter.name == "seed" and name == "int":
        expected = f"a whole number, 0 to {LARGEST}"
        schema = {**schema, "minimum": 0, "maximum": LARGEST}
    required = parameter.default is Parameter.empty
    default = None if required else parameter.default
    return matching("", expected, schema, default, required=required)
