"""Assembly of a registry, plugin by plugin."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen

from ..core.errors import CcdasWarning, PluginError
from .hooks import HookManager, hooks_of
from .plugin_registry import (
    EXPERIMENTS,
    INTERFACES,
    KINDS,
    PLOTS,
    READERS,
    RECIPE_OBSERVATIONS,
    RECIPES,
    REPORT_SECTIONS,
    WORDS,
    Plugin,
    Registry,
    package_label,
)
from .recipe_types import MakeRecord
from .version import PACKAGE, VERSION

NAME = r"[A-Za-z0-9_][\w-]*"


@frozen(eq=False)
class RegistryBuilder:
    """Plugins and their components, until `registry` puts them together."""

    manager: HookManager = field(factory=HookManager)
    plugins: list[Plugin] = field(factory=list)
    components: dict[str, dict[str, Any]] = field(factory=lambda: {kind: {} for kind in WORDS})
    origin: dict[tuple[str, str], str] = field(factory=dict)
    suppliers: dict[tuple[str, str], list[str]] = field(factory=dict)

    def add(self, load: Callable[[], Any], name: str, package: str, version: str) -> None:
        """Add everything that a plugin supplies, or nothing of it and a warning.

        `load` returns the module with its hooks, and `name` is that of the entry point.
        """
        declared: dict[str, tuple[str, ...]] = {}
        label = package_label(package, version)
        try:
            module = load()
            hooks = hooks_of(module)
            supplied: dict[str, dict[str, Any]] = {}
            for kind in WORDS:
                if kind in hooks:
                    supplied[kind] = _by_name(kind, hooks[kind]())
                    declared[kind] = tuple(map(str, supplied[kind]))
                    for component_name, component in supplied[kind].items():
                        self._check(kind, component_name, component, label)
            plugin = Plugin(name, package, version, declared)
            self.manager.register(module, plugin.registered)
        except (Exception, SystemExit) as error:  # one broken plugin must not stop the others
            plugin = Plugin(name, package, version, declared, _reason(error), error)
            code = error.code if isinstance(error, PluginError) else "broken-plugin"
            message = f"{plugin.label} was left out: {plugin.problem}"
            warnings.warn(CcdasWarning(message, code=code, where=plugin.label), stacklevel=3)
        else:
            for kind, components in supplied.items():
                self.components[kind].update(components)
                for component in components:
                    self.origin[kind, component] = package
                    self.suppliers.setdefault((kind, component), []).append(plugin.label)
        self.plugins.append(plugin)

    def _check(self, kind: str, name: Any, component: Any, package: str) -> None:
        """Refuse an unusable name, a wrong type and a name of the framework.

        A name has to stand after `--obs`, or be a table of a configuration.
        """
        where = f"{WORDS[kind]} {name!r}"
        pattern = rf"{NAME}: {NAME}" if kind == RECIPE_OBSERVATIONS else NAME
        usable = isinstance(name, str) and re.fullmatch(pattern, name, re.ASCII) is not None
        message = f"{where} has no usable name; expected letters, digits, '_' and '-'."
        _require(usable, "unusable-name", where, message)
        if kind == EXPERIMENTS:
            fits, expected = isinstance(component, Path), "a Path"
        elif kind not in INTERFACES:
            fits, expected = callable(component), "a function"
        else:
            interface = INTERFACES[kind]
            fits = isinstance(component, type) and issubclass(component, interface)
            expected = f"a class that derives from {interface.__name__}"
        message = f"{where} is {component!r}; expected {expected}."
        _require(fits, "wrong-component", where, message)
        message = (
            f"{where} is already supplied by {package_label(PACKAGE, VERSION)} and cannot also "
            f"come from {package}, whose author has to give it another name."
        )
        reserved = self.origin.get((kind, name)) == PACKAGE
        _require(not reserved, "reserved-name", where, message)

    def registry(self) -> Registry:
        """The registry, without the names that several plugins supply, each with a warning."""
        contested = {
            (kind, name): (
                f"{WORDS[kind]} '{name}' is supplied by {' and by '.join(suppliers)}, so that it "
                "is taken from none of them. Uninstall the package whose one you do not want."
            )
            for (kind, name), suppliers in self.suppliers.items()
            if len(suppliers) > 1
        }
        components = {
            kind: {n: c for n, c in named.items() if (kind, n) not in contested}
            for kind, named in self.components.items()
        }
        records = dict(components[RECIPE_OBSERVATIONS])
        for (kind, name), message in contested.items():
            where = f"{WORDS[kind]} '{name}'"
            warnings.warn(CcdasWarning(message, code="contested-name", where=where), stacklevel=3)
            if kind == RECIPE_OBSERVATIONS:
                records[name] = _refusal(message, where)
        observations: dict[str, dict[str, MakeRecord]] = {}
        for name, make_record in records.items():
            recipe, stream = name.split(": ", 1)
            observations.setdefault(recipe, {})[stream] = make_record
        return Registry(
            self.manager,
            tuple(self.plugins),
            {kind: components[kind] for kind in KINDS},
            {key: package for key, package in self.origin.items() if key not in contested},
            components[RECIPES],
            observations,
            components[EXPERIMENTS],
            contested,
            components[READERS],
            components[PLOTS],
            components[REPORT_SECTIONS],
        )


def _require(condition: bool, code: str, where: str, message: str) -> None:
    """Raise PluginError unless the condition is true."""
    if not condition:
        raise PluginError(message, code=code, where=where)


def _refusal(message: str, where: str) -> MakeRecord:
    """A maker of observations that only raises PluginError."""

    def make_record(places: Any, data: Any) -> Any:
        raise PluginError(message, code="contested-name", where=where)

    return make_record


def _reason(error: BaseException) -> str:
    """Why a plugin failed, in one line; the type of an exception that is not ours comes first."""
    text = " ".join(str(error).split())
    return text if isinstance(error, PluginError) else f"{type(error).__name__}: {text}"


def _by_name(kind: str, supplied: Any) -> dict[str, Any]:
    """The result of a hook as a dict; of `recipe_observations` by 'recipe: stream'."""
    _require_mapping(kind, supplied, "a dict by name")
    if kind != RECIPE_OBSERVATIONS:
        return dict(supplied)
    for recipe, streams in supplied.items():
        _require_mapping(kind, streams, f"a dict of functions by stream for recipe '{recipe}'")
    return {
        f"{recipe}: {stream}": make
        for recipe, streams in supplied.items()
        for stream, make in streams.items()
    }


def _require_mapping(kind: str, result: Any, expected: str) -> None:
    message = f"its hook '{kind}' returns {type(result).__name__}; expected {expected}."
    _require(isinstance(result, Mapping), "wrong-hook-result", kind, message)
