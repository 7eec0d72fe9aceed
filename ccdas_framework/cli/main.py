"""`ccdas` and its commands."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable
from typing import Any

import typer

from ..core.errors import CcdasError, InvalidInput, PluginError
from ..registry.loading import plugin_modules
from .added_value import added_value
from .check import check
from .config import config
from .data import data
from .design import design
from .diagnose import diagnose
from .evaluate import evaluate
from .forward import forward
from .new import new
from .plugins import plugins
from .report import report
from .rerun import rerun
from .resume import resume
from .run import run
from .twin import twin

app = typer.Typer(
    name="ccdas",
    help="A Carbon Cycle Data Assimilation System made of plugins.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(run)
app.command()(forward)
app.command(name="plugins")(plugins)
app.command()(data)
app.command()(config)
app.command()(check)
app.command()(new)
app.command()(report)
app.command(name="added-value")(added_value)
app.command()(design)
app.command()(diagnose)
app.command()(evaluate)
app.command()(resume)
app.command()(rerun)
app.command()(twin)

_ADDED: dict[str, tuple[Any, tuple[str, ...]]] = {}  # plugin -> its module, names of its commands


def main() -> None:
    """Run the command line.

    A user's mistake ends in sentences and exit code 2; what goes wrong inside a component of a
    plugin in one with its name, and exit code 70.
    """
    warnings.showwarning = _plain_warning
    add_commands(plugin_modules())
    try:
        app()
    except CcdasError as error:
        _say(str(error), error)
        sys.exit(2)
    except OSError as error:  # of the machine: no such folder, no permission, a full disk
        if error.filename is None:
            _tell_fault(error)
            raise
        _say(
            f"{error.filename} cannot be read or written: {error.strerror}. Give another path, or "
            "make room or ask for permission there.",
            error,
        )
        sys.exit(2)
    except (KeyboardInterrupt, SystemExit) as ended:
        interruption = _interruption(ended)
        if interruption is None:
            raise
        _say("interrupted.", interruption)
        sys.exit(130)  # 128 + SIGINT, as shells have it
    except Exception as error:
        _tell_fault(error)
        raise


def add_commands(found: Iterable[tuple[str, Any]]) -> None:
    """Let plugins add commands of their own; a broken hook is named in a warning and left out."""
    for name, module in found:
        if not callable(getattr(module, "commands", None)) or _ADDED.get(name, ("",))[0] is module:
            continue
        before = list(app.registered_commands), list(app.registered_groups)
        taken = _names(*before)
        try:
            module.commands(app)
            now = _names(app.registered_commands, app.registered_groups)
            twice = [n for n in taken if now.count(n) > taken.count(n)]
            others = {n: plugin for plugin, (_, names) in _ADDED.items() for n in names}
            if own := [n for n in twice if n not in others]:
                raise InvalidInput(f"'{own[0]}' is a command already")
            for each in twice:
                _contest(each, others[each], name)
            _ADDED[name] = module, tuple(n for n in now if n not in taken)
        except Exception as error:  # whatever a stranger's package does must not stop the others
            app.registered_commands, app.registered_groups = before
            warnings.warn(
                f"the commands of plugin '{name}' were left out: {type(error).__name__}: {error}",
                stacklevel=2,
            )


def _contest(name: str, first: str, second: str) -> None:
    """Put a refusal in the place of a command that two plugins add, so that neither runs."""
    told = (
        f"command '{name}' is added by the plugins '{first}' and '{second}', so that neither runs. "
        "Uninstall the package whose one you do not want; `ccdas plugins` shows them."
    )

    def refuse() -> None:
        raise PluginError(told)

    for registered in (app.registered_commands, app.registered_groups):
        kept: list[Any] = [each for each in registered if _names([each], []) != [name]]
        registered[:] = kept
    takes_all = {"ignore_unknown_options": True, "allow_extra_args": True}
    app.command(name=name, help=told, context_settings=takes_all)(refuse)
    warnings.warn(told, stacklevel=3)


def added_commands(plugin: str) -> tuple[str, ...]:
    """Names of the commands that a plugin added in this process."""
    _, names = _ADDED.get(plugin, (None, ()))
    return names


def _names(commands: Iterable[Any], groups: Iterable[Any]) -> list[str]:
    """Names of commands and groups, as they are typed."""
    return [
        c.name or getattr(getattr(c, "callback", None), "__name__", "").replace("_", "-")
        for c in (*commands, *groups)
    ]


def _interruption(error: BaseException | None) -> KeyboardInterrupt | None:
    """The Ctrl-C behind an exit of typer, which swallows it."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return error
        error = error.__cause__ or error.__context__
    return None


def _tell_fault(error: Exception) -> None:
    """End the command where the exception came out of a component of a plugin."""
    from ..experiment.component_errors import component_error

    told = component_error(error)
    if told is not None:
        print(f"ccdas: {told}", file=sys.stderr)  # notes are among its lines
        sys.exit(70)  # EX_SOFTWARE of sysexits.h


def _say(text: str, error: BaseException) -> None:
    print(f"ccdas: {text}", file=sys.stderr)
    for note in getattr(error, "__notes__", ()):
        print(note, file=sys.stderr)


def _plain_warning(message: object, category: type, *_: object, **__: object) -> None:
    if issubclass(category, UserWarning):
        print(f"warning: {message}", file=sys.stderr)
