"""Super-observations: means of the observations of a cell of the model over a day or a month."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from attrs import field, frozen
from attrs.validators import ge, in_, instance_of, le

from ..core.domain import Grid
from ..core.errors import Findings, InvalidInput
from ..core.validators import in_range
from ..io.cf_time import read_times
from ..io.netcdf import open_netcdf
from ..io.netcdf_writer import write_netcdf
from ..outputs.provenance import FRAMEWORK
from ..registry.version import VERSION

DAY, MONTH = "day", "month"
NEEDED = ("observed", "observed_sd", "time_start", "time_end", "latitude", "longitude")
CELLS = ("latitude", "longitude", "latitude_half_width", "longitude_half_width")
APART = ("quantity", "depth", "overpass", "scale")  # columns whose values are never mixed
ROUNDING = 1e-6  # degrees


@frozen
class Aggregation:
    """Rules of super-observations.

    Args:
        period: "day" (of UTC for values of shorter times) or "month".
        correlation: between the errors of two observations of a cell and period, 0 to 1.
        minimum: least number of observations of a super-observation.
        thin_days: only periods that begin on every n-th day since 1970 are kept; 1 keeps all.
        thin_degrees: of the cells in a box of this size only the one with most observations is
            kept in each period; 0 keeps all.
        mix_overpasses: whether ascending and descending orbits are averaged together.
    """

    period: str = field(default=DAY, validator=in_((DAY, MONTH)))
    correlation: float = field(default=1.0, validator=in_range(0.0, 1.0))
    minimum: int = field(default=1, validator=[instance_of(int), ge(1)])
    thin_days: int = field(default=1, validator=[instance_of(int), ge(1)])
    thin_degrees: float = field(default=0.0, validator=[ge(0.0), le(90.0)])
    mix_overpasses: bool = False


def mean_error(square: np.ndarray, total: np.ndarray, count: np.ndarray, correlation: float) -> Any:
    """Standard deviation of the error of a mean of n values with correlated errors.

        s^2 = [(1 - c) sum_i s_i^2 + c (sum_i s_i)^2] / n^2

    Args:
        square: sum of the squares of the errors, any shape.
        total: sum of the errors, same shape.
        count: n, same shape.
        correlation: c, the same for each pair.

    Source: variance of a sum of variables with equal correlation; for super-observations Miyazaki
        et al. (2012), Atmos. Chem. Phys. 12, 2263-2288, eq. 2 for equal errors.
    """
    return np.sqrt((1.0 - correlation) * square + correlation * total**2) / count


def aggregate(file: Path, grid: Path, out: Path, rules: Aggregation) -> str:
    """Write the super-observations of a file; a line that counts them.

    Args:
        file: file of observations.
        grid: file with the cells of the model, such as the forcing.
        out: netCDF file to write.

    Raises:
        InvalidInput: a file cannot be read, or no observation lies in a cell.
    """
    import pandas as pd  # slow to import

    if out.resolve() in (file.resolve(), grid.resolve()):
        raise InvalidInput(f"{out} is an input. Name another file.", code="wrong-path",
                           where="--out")  # fmt: skip
    data = _opened(file, NEEDED)
    cells = _opened(grid, CELLS)
    boxes = _cells(cells)
    cell = boxes.locate(*(data[n].values.astype(float) for n in ("latitude", "longitude")))
    values = data["observed"].values.astype(float)
    usable = (cell >= 0) & np.isfinite(values)
    if not usable.any():
        raise InvalidInput(
            f"{file}: none of its {len(values)} observations has a value and lies in a cell of "
            f"{grid}. Give the file of another region, or another grid.",
            code="nothing-kept", where=file.name,
        )  # fmt: skip
    start, end = (data[n].values.astype("datetime64[s]") for n in ("time_start", "time_end"))
    unit = "datetime64[D]" if rules.period == DAY else "datetime64[M]"
    rows = pd.DataFrame({
        "cell": cell, "period": start.astype(unit).astype("datetime64[s]"), "start": start,
        "end": end, "values": values, "sd": data["observed_sd"].values.astype(float),
    })  # fmt: skip
    apart = [n for n in APART if n in data and not (n == "overpass" and rules.mix_overpasses)]
    of_observations = {str(n): v for n, v in data.variables.items()
                       if v.dims == data["observed"].dims and v.dtype.kind in "iuf"}  # fmt: skip
    others = [n for n in of_observations if n not in (*NEEDED, *APART, "n")]
    rows = rows.assign(**{n: data[n].values for n in (*apart, *others)})
    rows = rows[usable].assign(square=lambda r: r["sd"] ** 2)
    keys = ["cell", "period", *apart]
    grouped = rows.groupby(keys, sort=True, dropna=False)
    means = grouped.agg(
        start=("start", "min"), end=("end", "max"), values=("values", "mean"),
        count=("values", "size"), total=("sd", lambda s: s.sum(skipna=False)),
        square=("square", lambda s: s.sum(skipna=False)),
        **{n: (n, "mean") for n in others},
    ).reset_index()  # fmt: skip
    means["sd"] = mean_error(
        means["square"].to_numpy(), means["total"].to_numpy(), means["count"].to_numpy(),
        rules.correlation,
    )  # fmt: skip
    kept = means[means["count"] >= rules.minimum]
    kept = _thinned(kept, rules, boxes)
    if not len(kept):
        raise InvalidInput(
            f"{file}: no super-observation is left of {len(means)}. Lower the minimum, or thin "
            "less.", code="nothing-kept", where=file.name,
        )  # fmt: skip
    _write(out, kept, data, cells, rules, apart, others)
    outside = int((cell < 0).sum())
    return (
        f"{out}: {len(kept)} super-observations of {int(kept['count'].sum())} observations in "
        f"{kept['cell'].nunique()} cells; {outside} observations lie outside, "
        f"{int((cell >= 0).sum() - usable.sum())} have no value, "
        f"{int(usable.sum() - kept['count'].sum())} are thinned out or too few. Correlation of "
        f"errors in a cell: {rules.correlation:g}."
    )


def _cells(cells: Any) -> Grid:
    """Grid of a file without its columns."""
    latitude, longitude, *half = (np.asarray(cells[n].values, dtype=float) for n in CELLS)
    return Grid(
        latitude=latitude, longitude=longitude, area=np.ones(len(latitude)),
        region=np.full(len(latitude), ""), half_width=np.stack(half, axis=1) + ROUNDING,
        column_cell=np.zeros(0, dtype=int), column_fraction=np.zeros(0),
        column_class=np.zeros(0, dtype=int),
    )  # fmt: skip


def _opened(path: Path, names: tuple[str, ...]) -> Any:
    """A dataset in memory that has these variables."""
    findings = Findings()
    opened = open_netcdf(path, findings)
    if opened is not None:
        opened.has_all(dict.fromkeys(names, "super-observations need it"))
    findings.raise_if_any()
    assert opened is not None
    dataset = opened.dataset.load()
    for name in set(names) & {"time_start", "time_end"}:
        times = read_times(opened, name)
        findings.raise_if_any()
        assert times is not None
        dataset[name] = (dataset[name].dims, times.moments.astype("datetime64[ns]"))
    dataset.close()
    return dataset


def _thinned(means: Any, rules: Aggregation, boxes: Grid) -> Any:
    """Rows that are left by the rules of thinning."""
    if rules.thin_days > 1:
        day = means["period"].to_numpy().astype("datetime64[D]").astype(int)
        means = means[day % rules.thin_days == 0]
    if rules.thin_degrees > 0.0 and len(means):
        cell = means["cell"].to_numpy()
        box = [np.floor(axis[cell] / rules.thin_degrees).astype(int)
               for axis in (boxes.latitude, boxes.longitude)]  # fmt: skip
        boxed = means.assign(north=box[0], east=box[1]).sort_values("count", ascending=False)
        first = boxed.drop_duplicates(["north", "east", "period"])[["cell", "period"]]
        means = means.merge(first, on=["cell", "period"])
    return means


def _write(
    out: Path, kept: Any, data: Any, cells: Any, rules: Aggregation, apart: list[str],
    others: list[str],
) -> None:  # fmt: skip
    """Write rows in the layout of observation files."""
    cell = kept["cell"].to_numpy()
    latitude, longitude = (cells[n].values.astype(float)[cell] for n in CELLS[:2])
    if rules.period == MONTH:
        month = kept["period"].to_numpy().astype("datetime64[M]")
        start, end = month.astype("datetime64[D]"), (month + 1).astype("datetime64[D]") - 1
    else:
        start, end = kept["start"].to_numpy(), kept["end"].to_numpy()
    if "label" in cells:
        names = cells["label"].values.astype(str)
    else:
        pairs = zip(cells["latitude"].values, cells["longitude"].values, strict=True)
        names = np.array([f"{north:.3f}N {east:.3f}E" for north, east in pairs])
    attributes = {n: dict(data[n].attrs) for n in ("observed", "observed_sd", *apart, *others)}
    columns: Mapping[str, tuple[Any, dict[str, str]]] = {
        "observed": (kept["values"].to_numpy(), attributes["observed"]),
        "observed_sd": (kept["sd"].to_numpy(), attributes["observed_sd"]),
        "time_start": (start.astype("datetime64[ns]"), {}),
        "time_end": (end.astype("datetime64[ns]"), {}),
        "latitude": (latitude, {"units": "degrees_north"}),
        "longitude": (longitude, {"units": "degrees_east"}),
        "label": (names[cell].astype(object), {"long_name": "name of the cell"}),
        **{n: (kept[n].to_numpy(), attributes[n]) for n in (*apart, *others)},
        "n": (kept["count"].to_numpy(), {"units": "1", "long_name": "number of observations"}),
    }
    text = f"{rules.period} means in the cells of the model, correlation of errors in a cell " + (
        f"{rules.correlation:g}, {FRAMEWORK} {VERSION}"
    )
    write_netcdf(
        out, {name: ("obs", values, attrs) for name, (values, attrs) in columns.items()}, {},
        {**{str(k): str(v) for k, v in data.attrs.items()}, "aggregation": text},
    )  # fmt: skip
