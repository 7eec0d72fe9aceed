"""Settings of a recipe as a section, from the signature of its function."""

from __future__ import annotations

from collections.abc import Callable
from inspect import Parameter, signature
from typing import Any

import attrs

from .keys import are_texts, checked, is_integer, is_number, is_text
from .section import Section

# annotation -> test, allowed values in words, JSON schema
KINDS: dict[str, tuple[Callable[[Any], bool], str, dict[str, Any]]] = {
    "bool": (lambda v: isinstance(v, bool), "true or false", {"type": "boolean"}),
    "int": (is_integer, "a whole number", {"type": "integer"}),
    "float": (is_number, "a number", {"type": "number"}),
    "str": (is_text, "a text", {"type": "string"}),
    "Sequence[str]": (
        are_texts, "a list of texts", {"type": "array", "items": {"type": "string"}},
    ),
}  # fmt: skip
ANY: tuple[Callable[[Any], bool], str, dict[str, Any]] = (lambda v: True, "a value", {})


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
    test, expected, schema = KINDS.get(name, ANY)
    required = parameter.default is Parameter.empty
    default = None if required else parameter.default
    return checked("", test, expected, schema, default, required=required)
