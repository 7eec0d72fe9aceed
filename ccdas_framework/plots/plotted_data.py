"""The data of a plot: a folder, an opened run or a dataset, and the parts that it has."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from ..core.errors import InvalidInput, did_you_mean
from ..report import figures
from ..report.drawing_packages import require
from ..report.opened_run import OpenedRun, open_run

Plotted = Any  # folder of a run, `OpenedRun`, or xarray dataset
Draw = Callable[..., Any]


def plot(draw: Draw) -> Draw:
    """A function that draws in the style of the report, and takes the folder of a run as well.

    Raises:
        ReportUnavailable: matplotlib is not installed.
        InvalidInput: the folder holds no results.
    """

    @functools.wraps(draw)
    def drawn(run: Plotted, *args: Any, **kwargs: Any) -> Any:
        require("matplotlib", product="figure", command=f"plots.{draw.__name__}")
        import matplotlib  # optional

        if isinstance(run, (str, Path)):
            run = open_run(run)
        with matplotlib.rc_context(figures.STYLE):
            return draw(run, *args, **kwargs)

    return drawn


def known(name: str, names: Collection[str], what: str) -> str:
    """The name, where there is one.

    Raises:
        InvalidInput: there is none; the message lists those that there are.
    """
    if not names:
        raise InvalidInput(
            f"the data have no {what}, which this plot draws.", code="unknown-name", where=what
        )
    if name not in names:
        raise InvalidInput(
            f"there is no {what} '{name}'.{did_you_mean(name, names)} It has: {', '.join(names)}.",
            code="unknown-name",
            where=what,
        )
    return name


def the_part(run: Plotted, attribute: str, needed: str, source: str) -> Any:
    """A dataset of a run, or the dataset itself.

    Args:
        attribute: of `OpenedRun`.
        needed: variable that the figure draws.
        source: file and command that have it, for the error.

    Raises:
        InvalidInput: it is not there.
    """
    data = getattr(run, attribute) if isinstance(run, OpenedRun) else run
    if data is None or needed not in data:
        raise InvalidInput(
            f"{place_of(run)} has no '{needed}', which this plot draws. {source}",
            code="missing-field",
            where=needed,
        )
    return data


def optimised(run: Plotted, needed: str = "cost") -> Any:
    """The dataset of `result.nc` with a variable of an optimisation.

    Raises:
        InvalidInput: nothing was optimised, or the variable is missing.
    """
    if isinstance(run, OpenedRun) and (run.result is None or "control_posterior" not in run.result):
        raise InvalidInput(
            f"{run.folder} holds no optimisation. Open the folder of `ccdas run`.",
            code="no-optimisation",
            where=str(run.folder),
        )
    return the_part(run, "result", needed, "result.nc of `ccdas run` has it after a minimum.")


def streams_of(run: Plotted) -> Mapping[str, Any]:
    """Streams of a run and its evaluation by name; a dataset of observations is one stream."""
    if isinstance(run, OpenedRun):
        evaluation = run.files.evaluation
        beside = {n if n not in run.files.streams else f"evaluation.{n}": d
                  for n, d in evaluation.items()}  # fmt: skip
        return {**run.files.streams, **beside}
    the_part(run, "", "observed", "A group of simulated.nc has it.")
    return {str(run.attrs.get("observes", "observations")): run}


def stream_of(run: Plotted, name: str) -> Any:
    """One stream; "" for the only one, or the first of several.

    Raises:
        InvalidInput: there is none of this name, or it is empty.
    """
    streams = streams_of(run)
    chosen = known(name or next(iter(streams), ""), list(streams), "stream")
    if not streams[chosen].sizes["obs"]:
        raise InvalidInput(
            f"stream '{chosen}' has no observations to draw. Choose another stream.",
            code="missing-field",
            where=chosen,
        )
    return streams[chosen]


def place_of(run: Plotted) -> str:
    """'runs/demo' of a run, 'the dataset' of a dataset."""
    return str(run.folder) if isinstance(run, OpenedRun) else "the dataset"
