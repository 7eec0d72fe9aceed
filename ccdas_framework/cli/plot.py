"""`ccdas plot`: figures of a run by name."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from .display import show
from .options import SET, settings

SOURCE = Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run, or a product file.")]


def plot_names(incomplete: str) -> list[str]:
    """Plots whose name begins with a text, for shell completion."""
    from ..installed import registry

    return [name for name in registry().plots if name.startswith(incomplete)]


NAME = Annotated[
    str | None,
    typer.Argument(help="Plot; without it, all are listed.", autocompletion=plot_names),
]
FIGURE = Annotated[
    Path | None,
    typer.Option("--out", help="Figure, .png, .svg or .pdf; default: NAME.png here."),
]


def plot(run: SOURCE, name: NAME = None, out: FIGURE = None, set_: SET = None) -> None:
    """Draw a figure of a run, or list the plots and their options."""
    if name is None:
        _list()
        return
    target = out or Path(f"{name}.png")
    draw = _plot(name)
    options = _options(name, draw, settings(set_))
    source = _source(run)
    from ..report.drawn_file import require_writable, save

    require_writable(target)
    save(draw(source, **options), target)
    show(str(target), lambda: {"file": str(target)})


def _plot(name: str) -> Any:
    """A plot by its name."""
    from ..core.errors import InvalidInput, did_you_mean
    from ..installed import registry
    from ..registry.plugin_registry import PLOTS

    registry().require_one(PLOTS, name)
    plots = registry().plots
    if name not in plots:
        raise InvalidInput(
            f"there is no plot '{name}'.{did_you_mean(name, plots)} There are: {', '.join(plots)}.",
            code="unknown-plot",
            where=f"plot '{name}'",
        )
    return plots[name]


def _options(name: str, draw: Any, given: Mapping[str, Any]) -> dict[str, Any]:
    """Options of `--set` that the plot has."""
    from ..core.errors import Findings, did_you_mean

    findings, allowed = Findings(), _parameters(draw)
    for key in given:
        if key not in allowed:
            findings.add(
                "wrong-option",
                f"--set {key}",
                f"plot '{name}' has no option '{key}'.{did_you_mean(key, allowed)} It has: "
                f"{', '.join(allowed) or 'none'}.",
            )
        elif not _fits(given[key], allowed[key]):
            findings.add(
                "wrong-option",
                f"--set {key}",
                f"option '{key}' of plot '{name}' is {given[key]!r}; expected a value such as "
                f"{_words(allowed[key])}.",
            )
    findings.raise_if_any()
    return dict(given)


def _fits(value: Any, default: Any) -> bool:
    """Whether a value has the type of a default; a list may be a text with commas."""
    if isinstance(default, (str, tuple)):
        return isinstance(value, str if isinstance(default, str) else (str, list))
    return default is None or type(value) is type(default)


def _words(default: Any) -> str:
    """The type of a default for people."""
    if isinstance(default, (str, tuple)):
        return "a text" if isinstance(default, str) else "A,B"
    return repr(default)


def _parameters(draw: Any) -> dict[str, Any]:
    """Options of a plot with their defaults."""
    parameters = list(inspect.signature(draw).parameters.values())[1:]
    return {p.name: p.default for p in parameters}


def _source(run: Path) -> Any:
    """An opened run, or the dataset of a product."""
    from ..report.opened_run import open_run

    if not run.is_file():
        return open_run(run)
    from ..outputs.run_folder import read_result

    return read_result(run)


def _list() -> None:
    """Print the plots with their options."""
    from ..installed import registry
    from ..registry.plugin_registry import PLOTS
    from ..terminal.text_table import table

    rows = []
    for name, draw in registry().plots.items():
        options = ", ".join(f"{n}={_text(default)}" for n, default in _parameters(draw).items())
        words = (inspect.getdoc(draw) or "").partition("\n")[0]
        rows.append((name, words, options, registry().origin[PLOTS, name]))
    show(
        table(("plot", "figure", "options of --set", "package"), rows, right=()),
        lambda: {
            "plots": [
                dict(zip(("name", "figure", "options", "package"), row, strict=True))
                for row in rows
            ]
        },
    )


def _text(default: Any) -> str:
    """A default as `--set` takes it."""
    return "" if default in ("", (), None) else str(default)
