"""The folder of a run as xarray datasets, for notebooks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from attrs import frozen

from ..core.errors import InvalidInput, did_you_mean
from ..outputs.cell_raster import unpacked
from ..problem.short_repr import short_html, short_text
from ..report import figures
from ..report.cell_maps import means
from ..report.drawing_packages import require
from ..report.run_files import RunFiles, read_run
from ..report.tables import place_name, targets


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

    @property
    def plot(self) -> RunPlots:
        """Figures of the run."""
        return RunPlots(self)


@frozen(eq=False)
class RunPlots:
    """Figures of a run, each a `matplotlib.figure.Figure`."""

    run: OpenedRun

    def cost(self) -> Any:
        """Cost of each term and norm of the gradient at each iteration."""
        return _drawn(figures.cost, self._result())

    def parameters(self) -> Any:
        """The largest shifts of parameters, in prior standard deviations."""
        return _drawn(figures.parameters, self._result())

    def targets(self, quantity: str | None = None) -> Any:
        """Prior and posterior of the targets of a quantity by region, with one sd.

        Args:
            quantity: such as "nep"; by default the first one.
        """
        data = self.run.targets
        rows = [] if data is None or "prior" not in data else targets(data)
        quantities = list(dict.fromkeys(row["quantity"] for row in rows))
        chosen = _known(quantity or (quantities or [""])[0], quantities, "quantity of the targets")
        return _drawn(figures.budgets, [row for row in rows if row["quantity"] == chosen])

    def series(self, stream: str) -> Any:
        """Observed and simulated values of a stream through time, a panel for each place."""
        return _drawn(figures.series, self._stream(stream))

    def scatter(self, stream: str) -> Any:
        """Simulated against observed values of a stream."""
        return _drawn(figures.scatter, self._stream(stream))

    def map(self, field: str) -> Any:
        """Mean of a field of cells in the window with prior and posterior.

        A flux in gC m-2 d-1 is drawn in gC m-2 yr-1, and any other field in its own unit.
        """
        fields = self.run.files.fields
        _known(field, monthly_fields(fields), "field")
        return _drawn(lambda data: means(data, field), fields)

    def _result(self) -> Any:
        if self.run.result is None or "cost" not in self.run.result:
            raise InvalidInput(
                f"{self.run.folder} holds no optimisation. Open the folder of `ccdas run`.",
                code="no-optimisation",
                where=str(self.run.folder),
            )
        return self.run.result

    def _stream(self, name: str) -> Any:
        streams = {**self.run.files.streams, **self.run.files.evaluation}
        return streams[_known(name, list(streams), "stream")]


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


def on_grid(fields: Any) -> Any:
    """Monthly fields on (..., lat, lon), where the cells form a grid; else as they are."""
    if "cell" not in fields.coords or "compress" not in fields["cell"].attrs:
        return fields
    import xarray as xr  # slow to import

    position = fields["cell"].values
    shape = fields.sizes["lat"], fields.sizes["lon"]
    kept = ("run", "time", "lat", "lon", "class", "class_name", "draw", "control")
    coords = {name: fields[name] for name in kept if name in fields.coords}
    data = {}
    for name, variable in {**fields.data_vars, "area": fields["area"]}.items():
        if "cell" not in variable.dims:
            data[name] = variable
        elif variable.dtype.kind in "fi":
            last = variable.transpose(..., "cell")
            values = unpacked(last.values, position, shape)
            data[name] = xr.DataArray(values, dims=(*last.dims[:-1], "lat", "lon"))
            data[name].attrs = variable.attrs
    return xr.Dataset(data, coords=coords, attrs=fields.attrs)


def selectable(stream: Any) -> Any:
    """A stream whose place is an index, so that `sel(station="MLO")` takes its values."""
    place = place_name(stream)
    coords = [n for n in (place, "time", "latitude", "longitude") if n in stream]
    stream = stream.set_coords(coords)
    return stream.set_xindex(place) if place in stream.coords else stream


def _known(name: str, names: Any, what: str) -> str:
    """The name, where there is one."""
    if name not in names:
        raise InvalidInput(
            f"there is no {what} '{name}'.{did_you_mean(name, names)} It has: "
            f"{', '.join(names) or 'none'}.",
            code="unknown-name",
            where=what,
        )
    return name


def _drawn(draw: Callable[[Any], Any], data: Any) -> Any:
    """A figure in the style of the report."""
    require("matplotlib", product="figure", command="open_run")
    import matplotlib  # optional

    with matplotlib.rc_context(figures.STYLE):
        return draw(data)
