"""Plots of observed and simulated values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..core.errors import InvalidInput
from ..report import cell_maps, figures, latitudes_section, seasons_section, tables
from ..report.opened_run import OpenedRun, open_run
from ..report.taylor_figure import points_of_streams
from ..report.taylor_figure import taylor as diagram
from .plotted_data import Plotted, known, plot, stream_of, streams_of

Beside = str | Path | Sequence[Any] | Mapping[str, Any]


@plot
def series(
    run: Plotted, stream: str = "", *, places: str | Sequence[str] = (), beside: Beside = ()
) -> Any:
    """Observed and simulated values of a stream through time, a panel for each place.

    Args:
        run: folder of a run, opened run, or dataset of a group of `simulated.nc`.
        stream: its name; "" for the first one.
        places: names of stations or cells, also as "A,B"; all of them by default, at most 16.
        beside: further runs, whose posterior is a line in each panel: folders, also as "A,B", or
            label -> run. The folder of `ccdas run --each-site` gives the runs of single sites.
    """
    data = stream_of(run, stream)
    name = stream or next(iter(streams_of(run)))
    chosen = _names(places)
    labels = data[tables.place_name(data)].values.astype(str)
    for place in chosen:
        known(place, list(dict.fromkeys(labels.tolist())), tables.place_name(data))
    if chosen:
        data = data.isel(obs=np.isin(labels, chosen))
    return figures.series(data, _beside(beside, name))


@plot
def scatter(run: Plotted, stream: str = "") -> Any:
    """Simulated against observed values of a stream.

    Args:
        run: folder of a run, opened run, or dataset of a group of `simulated.nc`.
        stream: its name; "" for the first one.
    """
    return figures.scatter(stream_of(run, stream))


@plot
def misfits(run: Plotted, stream: str = "", *, rms: bool = False) -> Any:
    """Maps of the mean misfit of a stream at each place, or of its root mean square.

    Args:
        run: folder of a run, opened run, or dataset of a group of `simulated.nc`.
        stream: its name; "" for the first one.
        rms: whether root mean squares are drawn.
    """
    fields = run.files.fields if isinstance(run, OpenedRun) else None
    draw = cell_maps.rms_misfits if rms else cell_maps.misfits
    return draw(stream_of(run, stream), fields)


@plot
def seasons(run: Plotted, stream: str = "", *, by: str = "", quantity: str = "") -> Any:
    """Mean seasonal cycle of observations, such as those of flux towers, beside the simulated one.

    Args:
        run: folder of a run, opened run, or dataset of a group of `evaluation.nc`.
        stream: its name; "" for the first one.
        by: "class" (class of place and band of latitude), "latitude", "region" (of the cell), or
            "place"; "" for the first of them that the data allow.
        quantity: one of a stream of several; "" for the first one.
    """
    data = stream_of(run, stream)
    fields = run.files.fields if isinstance(run, OpenedRun) else None
    parts = dict(tables.quantities(data))
    part = parts[known(quantity or next(iter(parts), ""), list(parts), "quantity")]
    groups = seasons_section.groups(part, fields)
    way = known(by or next(iter(groups)), list(groups), "grouping")
    return seasons_section.drawn(part, groups[way])


@plot
def latitudes(run: Plotted, comparison: str = "") -> Any:
    """Fluxes by latitude and their seasonal cycle, beside atmospheric inversions and others.

    Args:
        run: folder of a run, opened run, or dataset of a group of `evaluation.nc`.
        comparison: name of the group; "" for the first one.
    """
    groups = run.files.latitudes if isinstance(run, OpenedRun) else {"": run}
    name = known(comparison or next(iter(groups), ""), list(groups), "comparison by latitude")
    return latitudes_section.drawn(groups[name])


@plot
def taylor(run: Plotted, stream: str = "") -> Any:
    """Taylor diagram of all streams, or of the places of one.

    Args:
        run: folder of a run, opened run, or dataset of a group of `simulated.nc`.
        stream: a stream whose places are drawn; "" for all streams, each as one point, or one of
            each quantity that it has.
    """
    if stream:
        points = points_of_streams({"": stream_of(run, stream)}, by_place=True)
    else:
        points = points_of_streams(streams_of(run))
    if not points:
        raise InvalidInput(
            "no series has three values that vary, which a Taylor diagram needs. Choose another "
            "stream.",
            code="missing-field",
            where=stream or "stream",
        )
    return diagram(points)


def _names(text: str | Sequence[str]) -> list[str]:
    """Names of 'A,B' or of a list."""
    parts = text.split(",") if isinstance(text, str) else text
    return [part.strip() for part in parts if part.strip()]


def _beside(beside: Beside, stream: str) -> dict[str, Any]:
    """The stream of further runs by label."""
    if isinstance(beside, Mapping):
        runs = dict(beside)
    else:
        given = [str(beside)] if isinstance(beside, Path) else beside
        runs = {Path(folder).name: folder for folder in _names(given)}
    return {str(label): _stream_beside(each, stream) for label, each in runs.items()}


def _stream_beside(run: Any, stream: str) -> Any:
    """A stream of a run, or of the runs of single sites in a folder."""
    if isinstance(run, OpenedRun):
        return stream_of(run, stream)
    folder = Path(run)
    sites = sorted(path.parent for path in folder.glob("*/simulated.nc"))
    if (folder / "simulated.nc").is_file() or not sites:
        return stream_of(open_run(folder), stream)
    import xarray as xr  # slow to import

    found = [open_run(site).files.streams for site in sites]
    parts = [streams[stream] for streams in found if stream in streams]
    if not parts:
        known(stream, [name for streams in found for name in streams], "stream")
    return xr.concat(parts, "obs", data_vars="minimal", coords="minimal", join="override")
