"""Entry points of the group `ccdas_framework`, imported one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import partial
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from ..core.errors import PluginError
from .builder import RegistryBuilder
from .hookspecs import ENTRY_POINT_GROUP
from .plugin_registry import Registry
from .version import PACKAGE, VERSION, admits, required_range


def load_registry(
    built_in: Iterable[Any] = (), entries: Iterable[EntryPoint] | None = None
) -> Registry:
    """Load the plugins of the entry-point group, each on its own.

    A plugin with an error is left out as a whole, with one warning. So is a plugin that supplies
    a name of the framework. A name that several packages supply is taken from none of them, with
    a warning, so that no result depends on the order of the packages.

    Args:
        built_in: modules with hook implementations that ship with the framework.
        entries: entry points to load; by default those of the installed packages.
    """
    builder = RegistryBuilder()
    for module in built_in:
        builder.add(partial(_same, module), module.__name__, PACKAGE, VERSION)
    for entry in installed_entry_points() if entries is None else entries:
        builder.add(partial(import_plugin, entry), entry.name, *package_of(entry))
    return builder.registry()


def installed_entry_points() -> list[EntryPoint]:
    """Entry points of the group, sorted by package and name."""
    return sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda e: (package_of(e)[0], e.name))


def plugin_modules() -> Iterator[tuple[str, Any]]:
    """Name and module of each installed plugin that can be imported.

    `load_registry` names the others.
    """
    for entry in installed_entry_points():
        try:
            yield entry.name, import_plugin(entry)
        except (Exception, SystemExit):  # `load_registry` reports it
            continue


def import_plugin(entry: EntryPoint) -> Any:
    """The module of a plugin.

    Raises:
        PluginError: it requires another version of the interface.
    """
    version_range = required_range(entry.dist.requires or ()) if entry.dist else ""
    if not admits(version_range):
        package, _ = package_of(entry)
        raise PluginError(
            f"it requires {PACKAGE} {version_range}, but {VERSION} is installed. Install a version "
            f"of {package} that works with {VERSION}, or a {PACKAGE} in its range.",
            code="interface-version",
            where=package,
        )
    return entry.load()


def package_of(entry: EntryPoint) -> tuple[str, str]:
    """Name and version of the package of an entry point."""
    return (entry.dist.name, entry.dist.version) if entry.dist else ("unknown", "")


def _same(module: Any) -> Any:
    return module
