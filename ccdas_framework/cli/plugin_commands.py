"""Commands that plugins add to the command line."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from ..core.errors import CcdasError, CcdasWarning, InvalidInput, PluginError
from ..registry.hooks import hooks_of, implements
from .app import app
from .display import with_display

_ADDED: dict[str, tuple[Any, tuple[str, ...]]] = {}  # plugin -> its module, names of its commands


def add_commands(plugins: Iterable[tuple[str, Any]]) -> None:
    """Add the commands of plugins; a broken hook is named in a warning and left out."""
    for name, module in plugins:
        if not implements(module, "commands") or _ADDED.get(name, ("",))[0] is module:
            continue
        before = list(app.registered_commands), list(app.registered_groups)
        taken = _names(*before)
        try:
            hooks_of(module)["commands"](app=app)
            _add_options([c for c in app.registered_commands if c not in before[0]])
            for group in app.registered_groups:
                if group not in before[1] and group.typer_instance is not None:
                    _add_options(group.typer_instance.registered_commands)
            present = _names(app.registered_commands, app.registered_groups)
            twice = [n for n in taken if present.count(n) > taken.count(n)]
            owners = {n: plugin for plugin, (_, names) in _ADDED.items() for n in names}
            for command in twice:
                if command not in owners:
                    raise InvalidInput(
                        f"'{command}' is a command already", code="reserved-name", where=command
                    )
            for command in twice:
                _contest(command, owners[command], name)
            _ADDED[name] = module, tuple(n for n in present if n not in taken)
        except Exception as error:  # one broken plugin must not stop the others
            app.registered_commands, app.registered_groups = before
            message = f"the commands of plugin '{name}' were left out: {type(error).__name__}: "
            code = error.code if isinstance(error, CcdasError) else "broken-plugin"
            warnings.warn(
                CcdasWarning(f"{message}{error}", code=code, where=f"plugin '{name}'"),
                stacklevel=2,
            )


def _add_options(commands: Iterable[Any]) -> None:
    """Give commands of a plugin the options `--quiet`, `--verbose`, and `--json` by `with_json`.

    A command that has an option of such a name, or whose annotations cannot be read, stays as it
    is.
    """
    for command in commands:
        if command.callback is None:
            continue
        names = set(inspect.signature(command.callback).parameters)
        has_json = getattr(command.callback, "prints_results", False)
        if not names & {"quiet", "verbose", "json"}:
            with suppress(NameError, KeyError):  # annotations that are not there
                command.callback = with_display(command.callback, prints_results=has_json)


def added_commands(plugin: str) -> tuple[str, ...]:
    """Names of the commands that a plugin added in this process."""
    _, names = _ADDED.get(plugin, (None, ()))
    return names


def _contest(name: str, first: str, second: str) -> None:
    """Replace a command that two plugins add by a refusal, so that neither runs."""
    message = (
        f"command '{name}' is added by the plugins '{first}' and '{second}', so that neither runs. "
        "Uninstall the package whose one you do not want; `ccdas plugins` shows them."
    )
    where = f"command '{name}'"

    def refuse() -> None:
        raise PluginError(message, code="contested-name", where=where)

    for registered in (app.registered_commands, app.registered_groups):
        others: list[Any] = [each for each in registered if _names([each], []) != [name]]
        registered[:] = others
    takes_all = {"ignore_unknown_options": True, "allow_extra_args": True}
    app.command(name=name, help=message, context_settings=takes_all)(refuse)
    warnings.warn(CcdasWarning(message, code="contested-name", where=where), stacklevel=3)


def _names(commands: Iterable[Any], groups: Iterable[Any]) -> list[str]:
    """Names of commands and groups, as they are typed."""
    return [
        c.name or getattr(getattr(c, "callback", None), "__name__", "").replace("_", "-")
        for c in (*commands, *groups)
    ]
