"""Finding plugins: entry points loaded one by one, a broken one named and left out."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import pluggy
from attrs import field, frozen

from . import hookspecs
from .errors import PluginError, UnknownComponent, did_you_mean
from .hookspecs import ENTRY_POINT_GROUP
from .recipes import MakeRecord, Prepared

KINDS: Mapping[str, str] = {
    "process_models": "process model",
    "observation_operators": "observation operator",
    "priors": "prior",
    "optimisers": "optimiser",
    "engines": "engine",
}
RECIPES, RECIPE_OBSERVATIONS = "recipes", "recipe_observations"
WORDS: Mapping[str, str] = {
    **KINDS, RECIPES: "recipe", RECIPE_OBSERVATIONS: "observations of a recipe",
}  # fmt: skip


@frozen(eq=False)
class Plugin:
    """One loaded or broken plugin.

    Args:
        name: of the entry point.
        distribution, version: the package it comes from.
        components: kind of hook -> names it supplies; of `recipe_observations` "recipe: stream".
        problem: why it could not be loaded; '' where it could.
        error: the exception behind `problem`.
    """

    name: str
    distribution: str
    version: str
    components: Mapping[str, tuple[str, ...]] = field(factory=dict)
    problem: str = ""
    error: BaseException | None = None


@frozen(eq=False)
class Registry:
    """All components by kind and name, and the plugins they came from.

    Args:
        manager: pluggy's.
        plugins: loaded and broken.
        components: kind of hook -> name -> class.
        origin: kind and name -> package.
        recipes: name -> function that makes input files.
        recipe_observations: recipe -> stream -> function that makes its observations.
    """

    manager: pluggy.PluginManager
    plugins: tuple[Plugin, ...]
    components: Mapping[str, Mapping[str, type]]
    origin: Mapping[tuple[str, str], str]
    recipes: Mapping[str, Callable[..., Prepared]] = field(factory=dict)
    recipe_observations: Mapping[str, Mapping[str, MakeRecord]] = field(factory=dict)

    def component(self, kind: str, name: str) -> type:
        """The class registered under a name.

        Raises:
            UnknownComponent: nothing answers to it; says what is installed and what is near.
            PluginError: the plugin that bears the name is broken.
        """
        known = self.components[kind]
        if name in known:
            return known[name]
        whole_words = rf"(?<![A-Za-z0-9]){re.escape(name)}(?![A-Za-z0-9])"
        for plugin in self.plugins:
            if plugin.problem and re.search(whole_words, plugin.name):
                raise PluginError(
                    f"{KINDS[kind]} '{name}' belongs to plugin '{plugin.name}' of "
                    f"{plugin.distribution}, which failed to load: {plugin.problem}"
                ) from plugin.error
        listed = ", ".join(sorted(known)) or "none"
        raise UnknownComponent(
            f"no {KINDS[kind]} named '{name}'.{did_you_mean(name, known)} Installed: {listed}. "
            f"{self._broken()}`ccdas plugins` shows what is installed and what failed to load."
        )

    def _broken(self) -> str:
        """'Failed to load: name (why). ', or '' where every plugin works."""
        told = ", ".join(f"{p.name} ({p.problem})" for p in self.plugins if p.problem)
        return f"Failed to load: {told}. " if told else ""


def load_registry(
    built_in: Iterable[Any] = (), found: Iterable[EntryPoint] | None = None
) -> Registry:
    """Load every plugin of the entry-point group, each on its own.

    Args:
        built_in: modules with hook implementations that ship with the framework.
        found: entry points to load; by default those of the installed packages.
    """
    manager = pluggy.PluginManager(ENTRY_POINT_GROUP)
    manager.add_hookspecs(hookspecs)
    plugins: list[Plugin] = []
    supplies: dict[str, dict[str, Any]] = {kind: {} for kind in WORDS}
    origin: dict[tuple[str, str], str] = {}

    def register(module: Any, name: str, distribution: str, version: str) -> None:
        manager.register(module, name)
        given: dict[str, tuple[str, ...]] = {}
        for kind in WORDS:
            function = getattr(module, kind, None)
            if function is None:
                continue
            supplied = function()
            if kind == RECIPE_OBSERVATIONS:
                supplied = {
                    f"{recipe}: {stream}": make
                    for recipe, streams in supplied.items()
                    for stream, make in streams.items()
                }
            for component, made in supplied.items():
                if component in supplies[kind]:
                    raise PluginError(
                        f"{WORDS[kind]} '{component}' is already supplied by "
                        f"{origin[kind, component]}; uninstall one of the two packages"
                    )
                supplies[kind][component] = made
                origin[kind, component] = distribution
            given[kind] = tuple(supplied)
        plugins.append(Plugin(name, distribution, version, given))

    for module in built_in:
        register(module, module.__name__, "ccdas-framework", "")
    for entry in entry_points(group=ENTRY_POINT_GROUP) if found is None else found:
        distribution = entry.dist.name if entry.dist else "unknown"
        version = entry.dist.version if entry.dist else ""
        before = {kind: dict(names) for kind, names in supplies.items()}
        try:
            register(entry.load(), entry.name, distribution, version)
        except Exception as error:  # whatever a stranger's package does must not stop the others
            supplies.update(before)
            if manager.has_plugin(entry.name):
                manager.unregister(name=entry.name)
            problem = f"{type(error).__name__}: {error}"
            plugins.append(Plugin(entry.name, distribution, version, {}, problem, error))
            warnings.warn(
                f"plugin '{entry.name}' of {distribution} was left out: {problem}", stacklevel=2
            )
    components = {kind: supplies[kind] for kind in KINDS}
    observations: dict[str, dict[str, MakeRecord]] = {}
    for name, make in supplies[RECIPE_OBSERVATIONS].items():
        recipe, stream = name.split(": ", 1)
        observations.setdefault(recipe, {})[stream] = make
    return Registry(manager, tuple(plugins), components, origin, supplies[RECIPES], observations)


def modules() -> Iterator[tuple[str, Any]]:
    """Name and module of each installed plugin that can be imported.

    `load_registry` names the others.
    """
    for entry in entry_points(group=ENTRY_POINT_GROUP):
        try:
            yield entry.name, entry.load()
        except Exception:  # a stranger's fault is told where the plugin is asked for
            continue
