"""`ccdas` and its commands."""

from __future__ import annotations

import sys
import warnings

import typer

from ..core.errors import CcdasError
from ..core.plugins import modules
from .data import data
from .forward import forward
from .plugins import plugins
from .report import report
from .run import run

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
app.command()(report)


def main() -> None:
    """Run the command line; a user's mistake ends in sentences and exit code 2."""
    warnings.showwarning = _plain_warning
    for module in modules():
        if hasattr(module, "commands"):
            module.commands(app)
    try:
        app()
    except CcdasError as error:
        print(f"ccdas: {error}", file=sys.stderr)
        for note in getattr(error, "__notes__", ()):
            print(note, file=sys.stderr)
        sys.exit(2)


def _plain_warning(message: object, category: type, *_: object, **__: object) -> None:
    if issubclass(category, UserWarning):
        print(f"warning: {message}", file=sys.stderr)
