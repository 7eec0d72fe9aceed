"""Installed components by kind and name, and the plugins that supply them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pluggy
from attrs import field, frozen

from ..core.errors import PluginError, UnknownComponent, did_you_mean
from ..core.interfaces import (
    Engine,
    ObservationOperator,
    Optimiser,
    Prior,
    ProcessModel,
    Sampler,
)
from .published_packages import install_advice
from .reader_types import ProductReader
from .recipe_types import MakeRecord, RecipeOutput

# hook, word, interface, and prefix of entry points by convention: `obs_vod` supplies operator 'vod'
_KINDS: tuple[tuple[str, str, type, str], ...] = (
    ("process_models", "process model", ProcessModel, "models"),
    ("observation_operators", "observation operator", ObservationOperator, "obs"),
    ("priors", "prior", Prior, "priors"),
    ("optimisers", "optimiser", Optimiser, "optimisers"),
    ("samplers", "sampler", Sampler, "samplers"),
    ("engines", "engine", Engine, "engines"),
)
KINDS: Mapping[str, str] = {hook: word for hook, word, _, _ in _KINDS}
READERS = "readers"
INTERFACES: Mapping[str, type] = {
    **{hook: interface for hook, _, interface, _ in _KINDS},
    READERS: ProductReader,
}
PREFIXES: Mapping[str, str] = {hook: prefix for hook, _, _, prefix in _KINDS}
RECIPES, RECIPE_OBSERVATIONS = "recipes", "recipe_observations"
EXPERIMENTS = "experiments"
PLOTS, REPORT_SECTIONS = "plots", "report_sections"
WORDS: Mapping[str, str] = {
    **KINDS,
    RECIPES: "recipe",
    RECIPE_OBSERVATIONS: "observations of a recipe",
    EXPERIMENTS: "experiment",
    READERS: "reader",
    PLOTS: "plot",
    REPORT_SECTIONS: "section of the report",
}


@frozen(eq=False)
class Plugin:
    """One plugin, loaded or broken.

    Args:
        name: of the entry point.
        distribution, version: the package it comes from.
        components: kind of hook -> names it declares; of `recipe_observations` "recipe: stream".
            A broken plugin declares the names that it returned before it failed.
        problem: why it could not be loaded; '' for a loaded plugin.
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
        """Its name among all packages, which `Registry.manager` uses."""
        return f"{self.distribution}: {self.name}"

    @property
    def label(self) -> str:
        """'plugin 'obs_x' of ccdas-obs-x 0.1.0'."""
        return f"plugin '{self.name}' of {package_label(self.distribution, self.version)}"

    def declares(self, kind: str, name: str) -> bool:
        """Whether a component of this name is, or by its entry point should be, from this plugin.

        The entry point of a component bears its name, or its name after the prefix of its kind.
        """
        entry = self.name.replace("-", "_")
        conventional = (name, f"{PREFIXES[kind]}_{name}")
        return name in self.components.get(kind, ()) or entry in conventional


@frozen(eq=False)
class Registry:
    """All components by kind and name, and the plugins that supply them.

    Args:
        manager: pluggy's, with every loaded plugin.
        plugins: loaded and broken.
        components: kind of hook -> name -> class.
        origin: kind and name -> package.
        recipes: name -> function that makes input files.
        recipe_observations: recipe -> stream -> function that makes its observations.
        experiments: name -> TOML file.
        readers: kind -> class.
        plots: name -> function of a run that draws a figure.
        report_sections: name -> function of a run that makes a section.
        contested: kind and name -> message that names the plugins which supply it. None of them
            is used.
    """

    manager: pluggy.PluginManager
    plugins: tuple[Plugin, ...]
    components: Mapping[str, Mapping[str, type]]
    origin: Mapping[tuple[str, str], str]
    recipes: Mapping[str, Callable[..., RecipeOutput]] = field(factory=dict)
    recipe_observations: Mapping[str, Mapping[str, MakeRecord]] = field(factory=dict)
    experiments: Mapping[str, Path] = field(factory=dict)
    contested: Mapping[tuple[str, str], str] = field(factory=dict)
    readers: Mapping[str, type[ProductReader]] = field(factory=dict)
    plots: Mapping[str, Callable[..., Any]] = field(factory=dict)
    report_sections: Mapping[str, Callable[..., Any]] = field(factory=dict)

    def component(self, kind: str, name: str) -> type:
        """The class registered under a name.

        Raises:
            UnknownComponent: no plugin supplies it; the message lists the installed and the
                nearest names.
            PluginError: the plugin that declares the name is broken, or several supply it.
        """
        self.require_one(kind, name)
        installed = self.components[kind]
        if name in installed:
            return installed[name]
        place = f"{KINDS[kind]} '{name}'"
        broken = [plugin for plugin in self.plugins if plugin.problem]
        for plugin in broken:
            if plugin.declares(kind, name):
                raise PluginError(
                    f"{place} belongs to plugin '{plugin.name}' of {plugin.distribution}, which "
                    f"failed to load: {plugin.problem}",
                    code="broken-plugin",
                    where=place,
                ) from plugin.error
        failures = ", ".join(f"{plugin.name} ({plugin.problem})" for plugin in broken)
        advice = install_advice(kind, name) or did_you_mean(name, installed)
        raise UnknownComponent(
            f"no {KINDS[kind]} named '{name}'.{advice} "
            f"Installed: {', '.join(sorted(installed)) or 'none'}. "
            + (f"Failed to load: {failures}. " if failures else "")
            + "`ccdas plugins` lists installed plugins and failures.",
            where=place,
        )

    def require_one(self, kind: str, name: str) -> None:
        """Refuse a name that several plugins supply.

        Raises:
            PluginError: several plugins supply it; the message names them.
        """
        if (kind, name) in self.contested:
            raise PluginError(
                self.contested[kind, name], code="contested-name", where=f"{WORDS[kind]} '{name}'"
            )


def package_label(package: str, version: str) -> str:
    """'ccdas-obs-x 0.1.0'."""
    return f"{package} {version}".strip()
