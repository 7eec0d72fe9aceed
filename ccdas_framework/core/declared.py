"""What a component must have declared before anything can be made of it, and must then give."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from .errors import InvalidInput
from .interfaces import ObservationOperator, ProcessModel
from .parameters import Parameter
from .variables import Variable

# interface -> attribute -> what each of its entries is; `observes` is one and no tuple
DECLARED = {
    ProcessModel: {"requires": Variable, "provides": Variable, "parameters": Parameter},
    ObservationOperator: {
        "observes": Variable,
        "requires": Variable,
        "requires_once": Variable,
        "parameters": Parameter,
        "gives": Variable,
    },
}
CHOICES = {
    ProcessModel: {"couples": ("column", "cell")},
    ObservationOperator: {"scope": ("cell", "domain")},
}


def undeclared(component: Any) -> list[str]:
    """A sentence for each declaration that is missing or of another kind; most need none."""
    name = type(component).__name__
    return [f"{name} {problem}" for problem in _problems(component)]


def _problems(component: Any) -> Iterator[str]:
    for interface, attributes in DECLARED.items():
        if not isinstance(component, interface):
            continue
        for attribute, kind in attributes.items():
            if not hasattr(component, attribute):
                yield f"does not declare `{attribute}`; its interface, {interface.__name__}, does."
                continue
            given = getattr(component, attribute)
            if attribute == "observes":
                if not isinstance(given, kind):
                    yield f"declares `observes` as {given!r}; expected a {kind.__name__}."
            elif not isinstance(given, tuple | list) or not all(
                isinstance(each, kind) for each in given
            ):
                yield (
                    f"declares `{attribute}` as {given!r}; expected a tuple of {kind.__name__}, as "
                    f"in `{attribute} = ({kind.__name__}(...),)`."
                )
        for attribute, choices in CHOICES[interface].items():
            if getattr(component, attribute) not in choices:
                yield (
                    f"declares `{attribute}` as {getattr(component, attribute)!r}; expected "
                    f"{' or '.join(map(repr, choices))}."
                )


def chosen(fields: Mapping[str, Any], needed: Iterable[str], model: str) -> dict[str, Any]:
    """The fields that are needed, of all that a model gives.

    Raises:
        InvalidInput: it has declared one in `provides` and does not give it.
    """
    missing = sorted(name for name in needed if name not in fields)
    if missing:
        raise InvalidInput(
            f"model '{model}' declares {', '.join(map(repr, missing))} in `provides`, but what its "
            f"`run` gives are {', '.join(sorted(fields))}. `ccdas check {model}` tells more."
        )
    return {name: fields[name] for name in needed}
