"""Loading plugins: entry points one by one, a broken one named and left out."""

from __future__ import annotations

import inspect
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import pluggy
from attrs import field, frozen

from . import hookspecs
from .errors import PluginError, did_you_mean
from .hookspecs import ENTRY_POINT_GROUP
from .interfaces import Engine, ObservationOperator, Optimiser, Prior, ProcessModel
from .plugins import KINDS, RECIPE_OBSERVATIONS, RECIPES, WORDS, Plugin, Registry
from .recipes import MakeRecord
from .version import PACKAGE, VERSION, admits, range_wanted

INTERFACES: Mapping[str, type] = {
    "process_models": ProcessModel,
    "observation_operators": ObservationOperator,
    "priors": Prior,
    "optimisers": Optimiser,
    "engines": Engine,
}


def load_registry(
    built_in: Iterable[Any] = (), found: Iterable[EntryPoint] | None = None
) -> Registry:
    """Load every plugin of the entry-point group, each on its own.

    A plugin with anything wrong is left out whole, with one warning; so is one that supplies a
    name of the framework's own. A name that several packages supply is taken from none of them,
    with a warning, so that no result depends on which of them happens to come first.

    Args:
        built_in: modules with hook implementations that ship with the framework.
        found: entry points to load; by default those of the installed packages.
    """
    shelf = _Shelf()
    for module in built_in:
        shelf.take(module, module.__name__, PACKAGE, VERSION)
    for entry in installed() if found is None else found:
        package, version = package_of(entry)
        try:
            shelf.take(imported(entry), entry.name, package, version)
        except (Exception, SystemExit) as error:  # a stranger's fault must not stop the others
            problem = reason(error)
            shelf.plugins.append(Plugin(entry.name, package, version, {}, problem, error))
            told = f"plugin '{entry.name}' of {named(package, version)} was left out: {problem}"
            warnings.warn(told, stacklevel=2)
    for told in shelf.contested.values():
        warnings.warn(told, stacklevel=2)
    return shelf.registry()


def installed() -> list[EntryPoint]:
    """Entry points of the group, by package and name."""
    return sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda e: (package_of(e)[0], e.name))


def modules() -> Iterator[tuple[str, Any]]:
    """Name and module of each installed plugin that can be imported.

    `load_registry` names the others.
    """
    for entry in installed():
        try:
            yield entry.name, imported(entry)
        except (Exception, SystemExit):  # told where the plugin is asked for
            continue


def imported(entry: EntryPoint) -> Any:
    """The module of a plugin.

    Raises:
        PluginError: it is made for another version of the interface.
    """
    wanted = range_wanted(entry.dist.requires or ()) if entry.dist else ""
    if not admits(wanted):
        package, _ = package_of(entry)
        raise PluginError(
            f"it is made for {PACKAGE} {wanted}, but {VERSION} is installed. Install a version of "
            f"{package} that is made for {VERSION}, or a {PACKAGE} that it is made for."
        )
    return entry.load()


def package_of(entry: EntryPoint) -> tuple[str, str]:
    """Name and version of the package an entry point comes from."""
    return (entry.dist.name, entry.dist.version) if entry.dist else ("unknown", "")


def named(package: str, version: str) -> str:
    """'ccdas-obs-x 0.1.0'."""
    return f"{package} {version}".strip()


def reason(error: BaseException) -> str:
    """Why a plugin failed, in one line: a sentence of ours as it is, else with its kind."""
    said = " ".join(str(error).split())
    return said if isinstance(error, PluginError) else f"{type(error).__name__}: {said}"


@frozen(eq=False)
class _Shelf:
    """What has been loaded so far."""

    manager: pluggy.PluginManager = field(
        factory=lambda: pluggy.PluginManager(ENTRY_POINT_GROUP), init=False
    )
    plugins: list[Plugin] = field(factory=list, init=False)
    supplies: dict[str, dict[str, Any]] = field(factory=lambda: {k: {} for k in WORDS}, init=False)
    origin: dict[tuple[str, str], str] = field(factory=dict, init=False)
    suppliers: dict[tuple[str, str], list[str]] = field(factory=dict, init=False)

    def __attrs_post_init__(self) -> None:
        self.manager.add_hookspecs(hookspecs)

    def take(self, module: Any, name: str, package: str, version: str) -> None:
        """Add all that a plugin supplies, or nothing of it.

        Raises:
            PluginError: a hook that is none, a component that is none, or a name of the framework.
        """
        _require_known_hooks(module)
        given = {
            kind: _supplied(module, kind) for kind in WORDS if callable(getattr(module, kind, None))
        }
        here = named(package, version)
        ours = named(PACKAGE, VERSION)
        for kind, components in given.items():
            for component in components:
                if self.origin.get((kind, component)) == ours:
                    raise PluginError(
                        f"{WORDS[kind]} '{component}' is already supplied by {ours} and cannot "
                        f"also come from {here}, whose author has to give it another name."
                    )
        told = {kind: tuple(components) for kind, components in given.items()}
        plugin = Plugin(name, package, version, told)
        self.manager.register(module, plugin.registered)
        for kind, components in given.items():
            self.supplies[kind].update(components)
            for component in components:
                self.origin[kind, component] = here
                suppliers = self.suppliers.setdefault((kind, component), [])
                suppliers.append(f"plugin '{name}' of {here}")
        self.plugins.append(plugin)

    @property
    def contested(self) -> dict[tuple[str, str], str]:
        """A sentence for each name that several plugins supply."""
        return {
            (kind, name): (
                f"{WORDS[kind]} '{name}' is supplied by {' and by '.join(each)}, so that it is "
                "taken from none of them. Uninstall the package whose one you do not want."
            )
            for (kind, name), each in self.suppliers.items()
            if len(each) > 1
        }

    def registry(self) -> Registry:
        """All of it."""
        contested = self.contested
        for kind, name in contested:
            del self.supplies[kind][name], self.origin[kind, name]
        observations: dict[str, dict[str, MakeRecord]] = {}
        for name, make in self.supplies[RECIPE_OBSERVATIONS].items():
            recipe, stream = name.split(": ", 1)
            observations.setdefault(recipe, {})[stream] = make
        for kind, name in contested:
            if kind == RECIPE_OBSERVATIONS:
                recipe, stream = name.split(": ", 1)
                made = _refusal(contested[kind, name])
                observations.setdefault(recipe, {})[stream] = made
        return Registry(
            self.manager,
            tuple(self.plugins),
            {kind: self.supplies[kind] for kind in KINDS},
            {key: package.split(" ")[0] for key, package in self.origin.items()},
            self.supplies[RECIPES],
            observations,
            contested,
        )


def _refusal(told: str) -> MakeRecord:
    """A maker of observations that says why there are none."""

    def make(places: Any, data: Any) -> Any:
        raise PluginError(told)

    return make


def _require_known_hooks(module: Any) -> None:
    """Raise where a function marked as a hook has the name of none, as a slip of the pen has."""
    known = {name for name, value in vars(hookspecs).items() if inspect.isfunction(value)}
    marked = [
        name
        for name, value in vars(module).items()
        if inspect.isfunction(value) and hasattr(value, f"{ENTRY_POINT_GROUP}_impl")
    ]
    for name in marked:
        if name not in known:
            raise PluginError(
                f"'{name}' is marked with @hookimpl, but there is no such hook."
                f"{did_you_mean(name, known)} Hooks: {', '.join(sorted(known))}."
            )


def _supplied(module: Any, kind: str) -> dict[str, Any]:
    """What a hook returns, checked; of `recipe_observations` by 'recipe: stream'."""
    supplied = getattr(module, kind)()
    if not isinstance(supplied, Mapping):
        raise PluginError(
            f"its hook '{kind}' returns {type(supplied).__name__}; expected a dict by name."
        )
    if kind == RECIPE_OBSERVATIONS:
        nested = [(r, s) for r, s in supplied.items() if not isinstance(s, Mapping)]
        if nested:
            raise PluginError(
                f"its hook '{kind}' gives {type(nested[0][1]).__name__} for recipe "
                f"'{nested[0][0]}'; expected a dict of functions by stream."
            )
        supplied = {f"{r}: {s}": make for r, streams in supplied.items() for s, make in
                    streams.items()}  # fmt: skip
    for name, made in supplied.items():
        _require_usable(name, kind)
        if kind not in INTERFACES and not callable(made):
            raise PluginError(f"{WORDS[kind]} '{name}' is no function, but {made!r}.")
        if kind in INTERFACES and not (isinstance(made, type) and _is_a(made, INTERFACES[kind])):
            raise PluginError(
                f"{WORDS[kind]} '{name}' is {made!r}; expected a class that derives from "
                f"{INTERFACES[kind].__name__}."
            )
    return dict(supplied)


def _require_usable(name: Any, kind: str) -> None:
    """Raise where a name cannot be typed after `--obs` or be a table of a configuration."""
    word = r"[A-Za-z0-9_][\w-]*"
    wanted = rf"{word}: {word}" if kind == RECIPE_OBSERVATIONS else word
    if not (isinstance(name, str) and re.fullmatch(wanted, name, re.ASCII)):
        raise PluginError(
            f"{WORDS[kind]} {name!r} has no usable name; expected letters, digits, '_' and '-'."
        )


def _is_a(made: type, interface: type) -> bool:
    return issubclass(made, interface)
