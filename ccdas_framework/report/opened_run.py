"""The folder of a run as xarray datasets, for notebooks."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from attrs import frozen

from ..core.errors import did_you_mean
from ..installed import registry
from ..outputs.run_folder import read_result
from ..problem.short_repr import short_html, short_text
from .gridded_fields import on_grid
from .run_files import RunFiles, read_run
from .tables import place_name


@frozen(eq=False, slots=False)
class OpenedRun:
    """The results of a run.

    Args:
        folder: of the run.
        files: its files as written.

    Attributes:
        result: parameters, their posterior and the cost by iteration, dims control and iteration.
        fields: monthly fields, (run, time, lat, lon) where the cells form a grid, else (run, time,
            cell); None without `fields.nc`.
        targets: targets of the window, (region, quantity); None without any.
        periods: targets of other periods, and those with a name ("declared"), by period.
        simulated: stream -> observed and simulated values, dim obs, to select by station or cell.
        evaluation: the same of observations that are not assimilated.
        draws: draws from the posterior and their fields; None without `draws.nc`.
        plot: figures.
    """

    folder: Path
    files: RunFiles

    def __repr__(self) -> str:
        """Title and main facts, in a few lines."""
        return short_text("Run", self._facts)

    def _repr_html_(self) -> str:
        return short_html("Run", self._facts)

    @property
    def _facts(self) -> dict[str, object]:
        result = self.files.result
        section = self.files.experiment.get("experiment", {})
        return {
            "folder": self.folder,
            "title": section.get("title", ""),
            "status": "" if result is None else result.attrs.get("status", ""),
            "parameters": "" if result is None else result.sizes["control"],
            "fields": ", ".join(monthly_fields(self.files.fields)),
            "simulated": ", ".join(self.files.streams),
            "evaluation": ", ".join(self.files.evaluation),
            "periods of targets": ", ".join(filter(None, self.files.targets)),
        }

    @property
    def result(self) -> Any:
        """Dataset of `result.nc`; None after `ccdas forward`."""
        return self.files.result

    @cached_property
    def fields(self) -> Any:
        """Dataset of `fields.nc` on its grid."""
        return None if self.files.fields is None else on_grid(self.files.fields)

    @property
    def targets(self) -> Any:
        """Dataset of the root of `targets.nc`."""
        return self.files.targets.get("")

    @property
    def periods(self) -> Mapping[str, Any]:
        """Datasets of the groups of `targets.nc`."""
        return {name: data for name, data in self.files.targets.items() if name}

    @cached_property
    def simulated(self) -> Mapping[str, Any]:
        """Datasets of the groups of `simulated.nc`."""
        return {name: selectable(data) for name, data in self.files.streams.items()}

    @cached_property
    def evaluation(self) -> Mapping[str, Any]:
        """Datasets of the groups of `evaluation.nc` with observations."""
        return {name: selectable(data) for name, data in self.files.evaluation.items()}

    @cached_property
    def draws(self) -> Any:
        """Dataset of `draws.nc`, draws from the posterior and their fields; None without it."""
        path = self.folder / "draws.nc"
        return read_result(path) if path.is_file() else None

    @property
    def plot(self) -> RunPlots:
        """Figures of the run."""
        return RunPlots(self)


@frozen(eq=False, slots=False)
class RunPlots:
    """Figures of a run by the names of `ccdas plot`, those of plugins included.

    `run.plot.map("gpp")` is `plots.map(run, "gpp")`, and `dir(run.plot)` lists the names.
    """

    run: OpenedRun

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *registry().plots]

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in registry().plots:
            raise AttributeError(
                f"there is no plot '{name}'.{did_you_mean(name, registry().plots)}"
            )
        return _bound(registry().plots[name], self.run)


def _bound(plot: Callable[..., Any], run: OpenedRun) -> Callable[..., Any]:
    """A plot of one run, with the docstring and the other arguments of the plot."""

    @functools.wraps(plot)
    def drawn(*args: Any, **kwargs: Any) -> Any:
        return plot(run, *args, **kwargs)

    signature = inspect.signature(plot)
    others = list(signature.parameters.values())[1:]
    drawn.__signature__ = signature.replace(parameters=others)  # type: ignore[attr-defined]
    return drawn


def open_run(folder: str | Path) -> OpenedRun:
    """The results in the folder of a run, loaded.

    Raises:
        InvalidInput: the folder holds no results, or a file that cannot be read.
    """
    folder = Path(folder)
    return OpenedRun(folder, read_run(folder))


def monthly_fields(fields: Any) -> list[str]:
    """Names of the fields of each cell and month in `fields.nc`; none without the file."""
    found = () if fields is None else fields.data_vars.items()
    return [str(name) for name, f in found if set(f.dims) == {"run", "time", "cell"}]


def selectable(stream: Any) -> Any:
    """A stream whose place is an index, so that `sel(station="MLO")` takes its values."""
    place = place_name(stream)
    coords = [n for n in (place, "time", "latitude", "longitude") if n in stream]
    stream = stream.set_coords(coords)
    return stream.set_xindex(place) if place in stream.coords else stream
