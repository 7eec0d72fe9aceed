"""The Typer application that all commands are added to."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(
    name="ccdas",
    help="A Carbon Cycle Data Assimilation System made of plugins.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

VERSION = Annotated[
    bool, typer.Option("--version", is_eager=True, help="Print the version of the framework.")
]


@app.callback(invoke_without_command=True)
def version(version: VERSION = False) -> None:
    """A Carbon Cycle Data Assimilation System made of plugins."""
    if version:
        from ..registry.version import VERSION

        print(f"ccdas-framework {VERSION}")
        raise typer.Exit
