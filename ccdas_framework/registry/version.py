"""The version of the interface, and the range of versions that a package requires."""

from __future__ import annotations

from collections.abc import Iterable

from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

VERSION = "0.1.0"  # of the framework; its first two numbers are those of the interface
INTERFACE_VERSION = ".".join(VERSION.split(".")[:2])
PACKAGE = "ccdas-framework"


def required_range(requirements: Iterable[str]) -> str:
    """Versions of the framework that a package requires, '>=0.1,<0.2'; '' without a requirement.

    Args:
        requirements: of its metadata, `ccdas-framework<0.2,>=0.1`. Requirements of extras and of
            other environments do not count.
    """
    for text in requirements:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            continue
        if requirement.marker and not requirement.marker.evaluate({"extra": ""}):
            continue
        if canonicalize_name(requirement.name) == PACKAGE:
            return ",".join(sorted(map(str, requirement.specifier), reverse=True))
    return ""


def admits(version_range: str, version: str = VERSION) -> bool:
    """Whether a range such as '>=0.1,<0.2' contains a version; 0.2.0rc1 comes before 0.2.

    Source: version specifiers of the Python packaging user guide (PEP 440).
    """
    return SpecifierSet(version_range).contains(version, prereleases=True)
