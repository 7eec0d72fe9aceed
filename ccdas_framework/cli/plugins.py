"""`ccdas plugins`: installed plugins, and failures with their reasons."""

from __future__ import annotations

import warnings
from typing import Any

from .display import display, show


def plugins() -> None:
    """List every plugin: name, package, version, components and failures."""
    from ..core.errors import did_you_mean
    from ..installed import registry
    from ..registry.plugin_registry import WORDS
    from ..registry.version import INTERFACE_VERSION
    from ..terminal.text_table import table
    from .plugin_commands import added_commands

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the table shows failures
        installed = registry()
    rows, broken = [], []
    for plugin in installed.plugins:
        source = (plugin.name, plugin.distribution, plugin.version)
        if plugin.problem:
            rows.append((*source, "failed", "see below"))
            broken.append(f"{plugin.name}, of {plugin.distribution}: {plugin.problem}")
            continue
        supplied = [(WORDS[kind], ", ".join(names)) for kind, names in plugin.components.items()]
        if added := added_commands(plugin.name):
            supplied.append(("command", ", ".join(added)))
        module = installed.manager.get_plugin(plugin.registered)
        why = "its commands were left out" if hasattr(module, "commands") else "it has no hook"
        rows += [(*source, *entry) for entry in supplied or [("nothing", why)]]
    if display().as_json:
        show("", lambda: _values(installed))
        return
    print(table(("plugin", "package", "version", "kind", "names"), rows, right=()))
    for recipe in sorted(set(installed.recipe_observations) - set(installed.recipes)):
        near = did_you_mean(recipe, installed.recipes)
        print(f"\nObservations belong to recipe '{recipe}', which no plugin supplies.{near}")
    if installed.contested:
        lines = "\n".join(f"  {line}" for line in installed.contested.values())
        print(f"\nSupplied more than once:\n{lines}")
    print(f"\nInterface version {INTERFACE_VERSION}.")
    if broken:
        print("\nLeft out:\n" + "\n".join(f"  {line}" for line in broken))


def _values(installed: Any) -> dict[str, Any]:
    """Version of the interface, and components and failure of each plugin."""
    from ..registry.version import INTERFACE_VERSION
    from .plugin_commands import added_commands

    return {
        "interface": INTERFACE_VERSION,
        "plugins": [
            {
                "name": plugin.name, "package": plugin.distribution, "version": plugin.version,
                "components": dict(plugin.components), "commands": added_commands(plugin.name),
                "problem": plugin.problem,
            }
            for plugin in installed.plugins
        ],
        "contested": list(installed.contested.values()),
    }  # fmt: skip
