"""New packages from templates: real packages whose tests pass as they stand."""

from .kinds import KINDS, Kind
from .package import new_package
from .words import name_findings, package_names

__all__ = ["KINDS", "Kind", "name_findings", "new_package", "package_names"]
