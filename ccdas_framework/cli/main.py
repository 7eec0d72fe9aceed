"""`ccdas` and its commands."""

from __future__ import annotations

import sys
import warnings

from ..core.errors import CcdasError
from ..registry.loading import plugin_modules
from .added_value import added_value
from .app import app
from .check import check
from .compare import compare
from .compile import compile
from .config import config
from .data import data
from .design import design
from .diagnose import diagnose
from .display import LOGGER, with_display
from .evaluate import evaluate
from .forward import forward
from .init import init
from .new import new
from .plot import plot
from .plugin_commands import add_commands
from .plugins import plugins
from .product import product
from .report import report
from .rerun import rerun
from .resume import resume
from .run import run
from .termination import ended_by_term
from .twin import twin

for command in (
    run, forward, init, plugins, config, check, new, report, added_value, design, diagnose,
    evaluate, resume, rerun, twin, compare, product, compile, plot,
):  # fmt: skip
    app.command()(with_display(command, prints_results=command is not new))
app.add_typer(data, name="data")


def main() -> None:
    """Run the command line.

    User errors are reported together and exit with code 2. An exception inside a component of a
    plugin is reported with the name of the component and exits with code 70.
    """
    warnings.showwarning = _plain_warning
    add_commands(plugin_modules())
    try:
        with ended_by_term():
            app()
    except CcdasError as error:
        _print_error(str(error), error)
        sys.exit(2)
    except OSError as error:  # no such folder, no permission, a full disk
        if error.filename is None:
            _exit_on_fault(error)
            raise
        _print_error(
            f"{error.filename} cannot be read or written: {error.strerror}. Give another path, or "
            "free space or permissions.",
            error,
        )
        sys.exit(2)
    except (KeyboardInterrupt, SystemExit) as ended:
        interruption = _interruption(ended)
        if interruption is None:
            raise
        _print_error("interrupted.", interruption)
        sys.exit(130)  # 128 + SIGINT, as in shells
    except Exception as error:
        _exit_on_fault(error)
        raise


def _interruption(error: BaseException | None) -> KeyboardInterrupt | None:
    """The Ctrl-C behind an exit of typer, which swallows it."""
    while error is not None:
        if isinstance(error, KeyboardInterrupt):
            return error
        error = error.__cause__ or error.__context__
    return None


def _exit_on_fault(error: Exception) -> None:
    """Exit with code 70 where an exception comes from a component of a plugin."""
    from ..experiment.component_errors import component_error

    report = component_error(error)
    if report is not None:
        print(f"ccdas: {report}", file=sys.stderr)  # notes are among its lines
        sys.exit(70)  # EX_SOFTWARE of sysexits.h


def _print_error(text: str, error: BaseException) -> None:
    print(f"ccdas: {text}", file=sys.stderr)
    for note in getattr(error, "__notes__", ()):
        print(note, file=sys.stderr)


def _plain_warning(message: object, category: type, *_: object, **__: object) -> None:
    if issubclass(category, UserWarning):
        LOGGER.warning("%s", message)
        print(f"warning: {message}", file=sys.stderr)
