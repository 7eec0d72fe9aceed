"""The version of the interface, and the range of versions that a plugin asks for."""

from __future__ import annotations

import re
from collections.abc import Iterable

VERSION = "0.1.0"  # of the framework; its first two numbers are those of the interface
INTERFACE_VERSION = ".".join(VERSION.split(".")[:2])
PACKAGE = "ccdas-framework"

_CLAUSE = re.compile(r"(~=|===|==|!=|<=|>=|<|>)\s*([0-9][^\s,;]*)")
_REQUIREMENT = re.compile(r"^\s*([A-Za-z0-9._-]+)\s*(?:\[[^\]]*\])?\s*\(?([^;)]*)\)?\s*(?:;(.*))?$")


def range_wanted(requirements: Iterable[str]) -> str:
    """The versions of the framework that a package asks for, '>=0.1,<0.2'; '' where it says none.

    Args:
        requirements: of its metadata, `ccdas-framework<0.2,>=0.1`; those of extras are passed over.
    """
    for text in requirements:
        match = _REQUIREMENT.match(text)
        if match is None or "extra" in (match[3] or ""):
            continue
        if re.sub(r"[-_.]+", "-", match[1]).lower() == PACKAGE:
            clauses = [operator + number for operator, number in _CLAUSE.findall(match[2])]
            return ",".join(sorted(clauses, reverse=True))
    return ""


def admits(wanted: str, version: str = VERSION) -> bool:
    """Whether a range such as '>=0.1,<0.2' has this version in it; pre-releases are not told apart.

    Source: version specifiers of the Python packaging user guide (PEP 440).
    """
    return all(_holds(operator, number, version) for operator, number in _CLAUSE.findall(wanted))


def _holds(operator: str, number: str, version: str) -> bool:
    here, there = _numbers(version), _numbers(number)
    if number.endswith(".*"):
        same = _padded(here, len(there))[: len(there)] == there
        return same if operator == "==" else not same
    if operator == "~=":
        prefix = there[:-1]
        return _compare(here, there) >= 0 and _padded(here, len(prefix))[: len(prefix)] == prefix
    order = _compare(here, there)
    return {
        "==": order == 0, "===": order == 0, "!=": order != 0,
        "<": order < 0, "<=": order <= 0, ">": order > 0, ">=": order >= 0,
    }[operator]  # fmt: skip


def _numbers(version: str) -> tuple[int, ...]:
    """(0, 1, 2) of '0.1.2rc1'."""
    match = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(part) for part in match[0].split(".")) if match else ()


def _padded(numbers: tuple[int, ...], length: int) -> tuple[int, ...]:
    return numbers + (0,) * (length - len(numbers))


def _compare(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    """-1, 0 or 1 as the first is older, the same, or newer."""
    length = max(len(one), len(other))
    a, b = _padded(one, length), _padded(other, length)
    return (a > b) - (a < b)
