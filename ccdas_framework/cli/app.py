"""The Typer application that all commands are added to."""

from __future__ import annotations

import typer

app = typer.Typer(
    name="ccdas",
    help="A Carbon Cycle Data Assimilation System made of plugins.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
