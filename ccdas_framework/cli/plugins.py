"""`ccdas plugins`: what is installed, and what failed to load."""

from __future__ import annotations

import warnings


def plugins() -> None:
    """List every plugin: name, package, version, what it supplies, and what failed to load."""
    from ..core.plugins import WORDS
    from ..experiment.components import registry
    from .summary import table

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the table says it better
        found = registry()
    rows = []
    for plugin in found.plugins:
        if plugin.problem:
            rows.append(
                (plugin.name, plugin.distribution, plugin.version, "failed", plugin.problem)
            )
        for kind, names in plugin.components.items():
            supplied = ", ".join(names)
            rows.append((plugin.name, plugin.distribution, plugin.version, WORDS[kind], supplied))
    print(table(("plugin", "package", "version", "kind", "names"), rows))
