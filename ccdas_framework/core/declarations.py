"""Declarations of components: whether they are there and of the right kind."""

from __future__ import annotations

from typing import Any, cast

import attrs

from .errors import Finding, Findings
from .interfaces import ObservationOperator, ProcessModel
from .parameters import Parameter
from .variables import Variable

# interface -> attribute -> type of each of its entries, or the possible values;
# `observes` is one entry and no tuple
DECLARED = {
    ProcessModel: {
        "requires": Variable,
        "provides": Variable,
        "parameters": Parameter,
        "couples": ("column", "cell"),
    },
    ObservationOperator: {
        "observes": Variable,
        "requires": Variable,
        "requires_once": Variable,
        "parameters": Parameter,
        "gives": Variable,
        "scope": ("cell", "domain"),
    },
}


# keys of a table [streams.NAME] that are no setting of its operator
STREAM_KEYS = (
    "operator", "observations", "average", "gross_error", "gross_error_spread", "robust",
    "robust_threshold", "robust_degrees_of_freedom", "shares",
)  # fmt: skip


def reserved_settings(component: Any) -> Findings:
    """A finding for each setting of an observation operator with the name of a key of streams.

    Code: "reserved-name", with the setting as place.
    """
    findings, kind = Findings(), cast(Any, type(component))
    if isinstance(component, ObservationOperator) and attrs.has(kind):
        name = kind.__name__
        for setting in (f.alias for f in attrs.fields(kind) if f.init):
            if setting in STREAM_KEYS:
                findings.add(
                    "reserved-name",
                    str(setting),
                    f"{name} has a setting '{setting}', which is a key of [streams.NAME] for every "
                    "operator. Give the setting another name.",
                )
    return findings


def undeclared(component: Any) -> tuple[Finding, ...]:
    """Findings about declarations of a component, with the attribute as place; most have none.

    Codes: "missing-declaration", "wrong-declaration" and that of `reserved_settings`.
    """
    name, findings = type(component).__name__, reserved_settings(component)
    for interface, attributes in DECLARED.items():
        if not isinstance(component, interface):
            continue
        for attribute, kind in attributes.items():
            if not hasattr(component, attribute):
                findings.add(
                    "missing-declaration",
                    attribute,
                    f"{name} does not declare `{attribute}`, which its interface, "
                    f"{interface.__name__}, requires.",
                )
                continue
            value = getattr(component, attribute)
            valid, expected = _validity(attribute, value, kind)
            if not valid:
                message = f"{name} declares `{attribute}` as {value!r}; expected {expected}."
                findings.add("wrong-declaration", attribute, message)
    return tuple(findings)


def _validity(attribute: str, value: Any, kind: Any) -> tuple[bool, str]:
    """Whether a declaration is valid, and the expected one in words."""
    if isinstance(kind, tuple):
        return value in kind, " or ".join(map(repr, kind))
    name = kind.__name__
    if attribute == "observes":
        return isinstance(value, kind), f"a {name}"
    valid = isinstance(value, tuple | list) and all(isinstance(v, kind) for v in value)
    return valid, f"a tuple of {name}, as in `{attribute} = ({name}(...),)`"
