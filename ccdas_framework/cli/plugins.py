"""`ccdas plugins`: what is installed, and what was left out and why."""

from __future__ import annotations

import warnings


def plugins() -> None:
    """List every plugin: name, package, version, what it supplies, and what failed to load."""
    from ..core.errors import did_you_mean
    from ..installed import registry
    from ..registry.plugin_registry import WORDS
    from ..registry.version import INTERFACE_VERSION
    from ..terminal.text_table import table
    from .plugin_commands import added_commands

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the table says it better
        found = registry()
    rows, broken = [], []
    for plugin in found.plugins:
        source = (plugin.name, plugin.distribution, plugin.version)
        if plugin.problem:
            rows.append((*source, "failed", "see below"))
            broken.append(f"{plugin.name}, of {plugin.distribution}: {plugin.problem}")
            continue
        supplied = [(WORDS[kind], ", ".join(names)) for kind, names in plugin.components.items()]
        if added := added_commands(plugin.name):
            supplied.append(("command", ", ".join(added)))
        module = found.manager.get_plugin(plugin.registered)
        why = "its commands were left out" if hasattr(module, "commands") else "it has no hook"
        rows += [(*source, *what) for what in supplied or [("nothing", why)]]
    print(table(("plugin", "package", "version", "kind", "names"), rows, right=()))
    for recipe in sorted(set(found.recipe_observations) - set(found.recipes)):
        near = did_you_mean(recipe, found.recipes)
        print(f"\nObservations are given for recipe '{recipe}', which nothing supplies.{near}")
    if found.contested:
        print(
            "\nSupplied more than once:\n" + "\n".join(f"  {s}" for s in found.contested.values())
        )
    print(f"\nInterface version {INTERFACE_VERSION}.")
    if broken:
        print("\nLeft out:\n" + "\n".join(f"  {line}" for line in broken))
