"""`ccdas data`: input files: their contents, validation, recipes, import, download and plots."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from ..core.errors import did_you_mean
from .display import show, with_display
from .options import DATA, MODEL, SET, experiment_names, settings

CHECK = "check"


class _CheckedByDefault(TyperGroup):
    """Group whose first argument may be a file, so that `ccdas data FILE` checks the file."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse with the name of the command `check` in front where no command is named."""
        if not args or (args[0] not in self.commands and args[0] != "--help"):
            if args and (near := _near_command(args[0], list(self.commands))):
                ctx.fail(f"There is no file or command '{args[0]}'.{near}")
            args = [CHECK, *args]
        return super().parse_args(ctx, args)


def _near_command(word: str, commands: list[str]) -> str:
    """The suggestion of a command for a word that is no file and no option, or ""."""
    if word.startswith("-") or Path(word).exists():
        return ""
    return did_you_mean(word, commands)


data = typer.Typer(
    cls=_CheckedByDefault,
    help="Check, import and plot input files; `ccdas data FILE` checks one.",
    rich_markup_mode=None,
)

FILE = Annotated[Path | None, typer.Argument(help="A file to validate.")]
STREAM = Annotated[
    str | None, typer.Option("--stream", help="Treat the file as observations of this stream.")
]
PREPARE = Annotated[
    str | None, typer.Option("--prepare", help="Make the input files of a recipe in --out.")
]
CHECKED_IN = Annotated[
    str | None,
    typer.Option("--experiment", help="Validate the file in this experiment, with its grid."),
]
OUT = Annotated[Path | None, typer.Option("--out", help="Folder for --prepare.")]
KIND = Annotated[str, typer.Argument(help="Kind of the files; `ccdas data kinds` lists them.")]
FILES = Annotated[
    list[Path], typer.Argument(metavar="FILE...", help="Product files, or folders of them.")
]
FOR_STREAM = Annotated[
    str | None, typer.Option("--stream", help="Stream or input that the file is made for.")
]
NETCDF = Annotated[Path, typer.Option("--out", help="netCDF file to write.")]
IMPORTED = Annotated[Path, typer.Argument(metavar="FILE", help="A file of observations.")]
PLOTTED = Annotated[list[Path], typer.Argument(metavar="FILE...", help="Files of observations.")]
CELLS = Annotated[Path, typer.Option("--grid", help="File with the cells, such as the forcing.")]
PERIOD = Annotated[str, typer.Option("--period", help="`day` or `month`.")]
CORRELATION = Annotated[
    float, typer.Option("--correlation", help="Of the errors of two observations of a cell.")
]
MINIMUM = Annotated[int, typer.Option("--minimum", help="Least number of observations of a mean.")]
THIN_DAYS = Annotated[int, typer.Option("--thin-days", help="Keep every N-th day.")]
THIN_DEGREES = Annotated[
    float, typer.Option("--thin-degrees", help="Keep one cell in boxes of this size.")
]
MIX = Annotated[
    bool, typer.Option("--mix-overpasses", help="Average ascending and descending orbits together.")
]
EXAMPLE = Annotated[
    str,
    typer.Argument(
        metavar="EXPERIMENT", help="An installed experiment.", autocompletion=experiment_names
    ),
]
MIRROR = Annotated[
    str | None, typer.Option("--from", help="Address of a copy of the folder of published data.")
]
LIST = Annotated[bool, typer.Option("--list", help="List the files and download nothing.")]
FIGURE = Annotated[
    Path | None, typer.Option("--out", help="Figure to write; default: the first FILE with .png.")
]


def check(
    file: FILE = None,
    stream: STREAM = None,
    model: MODEL = None,
    experiment: CHECKED_IN = None,
    prepare: PREPARE = None,
    source: DATA = None,
    out: OUT = None,
    set_: SET = None,
) -> None:
    """Print the required contents of input files, validate one, or make those of a recipe."""
    from ..experiment.input_validation import (
        declared_stream,
        described,
        prepared,
        validated,
        validated_in,
    )

    values = settings(set_)
    if file is not None and stream is None and experiment is None:
        stream, declared = declared_stream(file)
        values = {**declared, **values}
    if prepare is not None:
        print(prepared(prepare, out or Path("inputs") / prepare, source, values))
    elif file is not None and experiment is not None:
        print(validated_in(file, stream, experiment, model, values))
    elif file is not None:
        print(validated(file, stream, model or "bethy", values))
    else:
        print(described(stream, model or "bethy", values))


def import_(
    kind: KIND, files: FILES, out: NETCDF, stream: FOR_STREAM = None, set_: SET = None
) -> None:
    """Write an input file from files of a data product; print the values kept and dropped."""
    from ..experiment.data_imports import import_files
    from ..terminal.import_tables import import_summary
    from ..terminal.result_values import import_values

    imported = import_files(kind, files, stream, out, settings(set_))
    show(import_summary(imported), lambda: import_values(imported))


def kinds() -> None:
    """List the kinds of product files that can be imported."""
    from ..experiment.data_imports import reader_classes
    from ..terminal.import_tables import reader_table
    from ..terminal.result_values import reader_values

    readers = reader_classes()
    text = reader_table(readers) or "No reader is installed: pip install ccdas-readers"
    show(text, lambda: reader_values(readers))


def aggregate(
    file: IMPORTED,
    grid: CELLS,
    out: NETCDF,
    period: PERIOD = "day",
    correlation: CORRELATION = 1.0,
    minimum: MINIMUM = 1,
    thin_days: THIN_DAYS = 1,
    thin_degrees: THIN_DEGREES = 0.0,
    mix_overpasses: MIX = False,
) -> None:
    """Average the observations of each cell of the model over days or months, with their errors."""
    from ..experiment import super_observations

    try:
        rules = super_observations.Aggregation(
            period, correlation, minimum, thin_days, thin_degrees, mix_overpasses
        )
    except ValueError as cause:
        raise typer.BadParameter(str(cause.args[0])) from cause
    print(super_observations.aggregate(file, grid, out, rules))


def fetch(
    experiment: EXAMPLE, source: DATA = None, mirror: MIRROR = None, list_: LIST = False
) -> None:
    """Get the published data that an experiment needs, as far as they are public."""
    from ..core.errors import InvalidInput
    from ..experiment.input_files import DATA_VARIABLE
    from ..experiment.published_data import fetch as fetched
    from ..experiment.published_data import file_values
    from ..terminal.data_tables import fetch_summary

    folder = source or Path(os.environ.get(DATA_VARIABLE, ""))
    if source is None and not os.environ.get(DATA_VARIABLE):
        message = "name the folder of published data with --data, or by the variable CCDAS_DATA."
        raise InvalidInput(message, code="missing-data-folder", where="--data")
    states = fetched(experiment, folder, mirror, download=not list_)
    show(
        fetch_summary(experiment, folder, states),
        lambda: {"folder": str(folder), "files": file_values(states)},
    )
    if not all(state.is_usable for state in states):
        raise typer.Exit(1)


def plot(files: PLOTTED, out: FIGURE = None) -> None:
    """Draw observations: series at few places, a map of means at many, several files in rows."""
    from ..report.observation_figure import draw_observations

    target = out or files[0].with_suffix(".png")
    draw_observations(files, target)
    show(str(target), lambda: {"file": str(target)})


data.command()(with_display(check, prints_results=False))
data.command("import")(with_display(import_, prints_results=True))
data.command()(with_display(kinds, prints_results=True))
data.command()(with_display(aggregate, prints_results=False))
data.command()(with_display(fetch, prints_results=True))
data.command()(with_display(plot, prints_results=True))
