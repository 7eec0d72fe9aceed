"""The hooks of one plugin, called through pluggy."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

import pluggy

from ..core.errors import PluginError, did_you_mean
from . import hookspecs
from .hookspecs import ENTRY_POINT_GROUP

HOOKS = tuple(name for name, value in vars(hookspecs).items() if inspect.isfunction(value))


class HookManager(pluggy.PluginManager):
    """pluggy's manager with the hooks of the framework.

    A function that bears the name of a hook implements it, with or without `@hookimpl`.
    """

    def __init__(self) -> None:
        super().__init__(ENTRY_POINT_GROUP)
        self.add_hookspecs(hookspecs)

    def parse_hookimpl_opts(self, plugin: Any, name: str) -> Any:
        options = super().parse_hookimpl_opts(plugin, name)
        if options is None and implements(plugin, name):
            return {}
        return options


def implements(plugin: Any, hook: str) -> bool:
    """Whether a plugin has a function with the name of a hook."""
    function = getattr(plugin, hook, None) if hook in HOOKS else None
    return inspect.isfunction(function) or inspect.ismethod(function)


def hooks_of(plugin: Any) -> dict[str, Callable[..., Any]]:
    """Functions that call the hooks of one plugin, by hook; each returns None where the hook does.

    Each plugin has a manager of its own. The error of a hook is therefore the error of one plugin,
    and each result belongs to one plugin, which `manager.hook` for all plugins cannot tell.

    Raises:
        PluginError: a function marked as a hook bears the name of none, or its arguments are
            not those of the hook.
    """
    manager = HookManager()
    try:
        manager.register(plugin)
    except pluggy.PluginValidationError as error:
        text = " ".join(str(error).split())
        raise PluginError(f"a hook has other arguments: {text}", code="wrong-hook") from error
    callers = {caller.name: caller for caller in manager.get_hookcallers(plugin) or ()}
    for name in sorted(set(callers) - set(HOOKS)):
        raise PluginError(
            f"'{name}' is marked with @hookimpl, but there is no such hook."
            f"{did_you_mean(name, HOOKS)} Hooks: {', '.join(sorted(HOOKS))}.",
            code="unknown-hook",
            where=name,
        )
    return {name: partial(_only_result, caller) for name, caller in callers.items()}


def _only_result(caller: pluggy.HookCaller, **arguments: Any) -> Any:
    results = caller(**arguments)  # pluggy leaves out None
    return results[0] if results else None
