"""What is installed: components by kind and name, and the plugins they come from."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

import pluggy
from attrs import field, frozen

from .errors import PluginError, UnknownComponent, did_you_mean
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

    @property
    def registered(self) -> str:
        """Its name among all packages, by which `Registry.manager` knows it."""
        return f"{self.distribution}: {self.name}"


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
        contested: kind and name -> a sentence that says which plugins supply it; none of them is
            used.
    """

    manager: pluggy.PluginManager
    plugins: tuple[Plugin, ...]
    components: Mapping[str, Mapping[str, type]]
    origin: Mapping[tuple[str, str], str]
    recipes: Mapping[str, Callable[..., Prepared]] = field(factory=dict)
    recipe_observations: Mapping[str, Mapping[str, MakeRecord]] = field(factory=dict)
    contested: Mapping[tuple[str, str], str] = field(factory=dict)

    def component(self, kind: str, name: str) -> type:
        """The class registered under a name.

        Raises:
            UnknownComponent: nothing answers to it; says what is installed and what is near.
            PluginError: the plugin that bears the name is broken, or several supply the name.
        """
        self.require_one(kind, name)
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

    def require_one(self, kind: str, name: str) -> None:
        """Refuse a name that several plugins supply, so that none of them is taken by chance.

        Raises:
            PluginError: they are named.
        """
        if (kind, name) in self.contested:
            raise PluginError(self.contested[kind, name])

    def _broken(self) -> str:
        """'Failed to load: name (why). ', or '' where every plugin works."""
        told = ", ".join(f"{p.name} ({p.problem})" for p in self.plugins if p.problem)
        return f"Failed to load: {told}. " if told else ""
