"""The cells and columns of a forcing file: the project's own layout and plain CF grids."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core.domain import Grid
from ..grids import cell_area, first_overlap
from .angles import in_degrees
from .coordinates import AXES, read_grid, read_points
from .layout import Layout
from .netcdf import InputFile, texts

POINT = 0.01  # half width (degrees, about 1 km) of a cell whose extent the file does not give
FRACTION_SLACK = 1e-5  # fractions of a cell stored in 32 bits may add up to this much above 1
COLUMNS_PER_CELL = 3  # at most, of a plain grid
COLUMNS = ("column_cell", "column_class", "column_fraction")
TOWER = 0.1  # half width (degrees); boxes around towers up to this size may overlap
COLUMN_VARIABLES = {
    "latitude": "cell centres, degrees north",
    "longitude": "cell centres, degrees east",
    "column_fraction": "share of the cell's area",
    "column_class": "class of each column",
}


def read_layout(file: InputFile) -> Layout | None:
    """The layout of a forcing file, or None and findings.

    The layout of this project has `column_cell(column)`. A plain grid has `class_fraction` over a
    dimension of classes, latitude and longitude. A cell of a plain grid becomes at most
    `COLUMNS_PER_CELL` columns, of its largest classes. The share of the other classes is divided
    among them in proportion.
    """
    if "column_cell" in file.dataset.variables:
        return _columns_layout(file)
    if "class_fraction" in file.dataset.variables:
        return _classes_layout(file)
    file.add(
        "missing-variable",
        "class_fraction",
        f"{file.path} says nothing about vegetation: expected 'class_fraction' (class, latitude, "
        "longitude), or 'column_cell', 'column_fraction' and 'column_class' (column). "
        "`ccdas data` lists what a forcing file holds.",
    )
    return None


def _columns_layout(file: InputFile) -> Layout | None:
    """Layout of a file with dimensions cell and column."""
    dataset = file.dataset
    points = read_points(file) if file.has_all(COLUMN_VARIABLES) else None
    if points is None:
        return None
    latitude, longitude = points
    half_width, area = _boxes(file, latitude, longitude)
    wrong = [name for name in COLUMNS if not file.has_dimensions(name, ("column",))]
    if wrong:
        return None
    fraction = file.in_units("column_fraction", "1")
    of_cell, classes = (dataset[name].values for name in ("column_cell", "column_class"))
    for name, values in (("column_cell", of_cell), ("column_class", classes)):
        if values.dtype.kind not in "iuf" or not np.all(values == np.round(values)):
            file.add_fault("not-whole", name, "holds other than whole numbers.")
    region, label = (_texts(file, name, dataset["latitude"].dims) for name in ("region", "label"))
    if file.is_faulty or half_width is None or area is None or fraction is None:
        return None
    of_cell, classes = of_cell.astype(int), classes.astype(int)
    if np.any((of_cell < 0) | (of_cell >= len(latitude))) or np.any(np.diff(of_cell) < 0):
        file.add_fault(
            "wrong-order",
            "column_cell",
            f"must rise from 0 to {len(latitude) - 1}, the index of the cell each column lies in.",
        )
        return None
    total = np.bincount(of_cell, weights=np.nan_to_num(fraction), minlength=len(latitude))
    _check_fractions(file, "column_fraction", fraction, total, points)
    grid = Grid(
        latitude=latitude,
        longitude=longitude,
        area=area,
        region=_regions(region, len(latitude)),
        label=() if label is None else label,
        half_width=np.maximum(half_width, POINT),
        column_cell=of_cell,
        column_fraction=fraction,
        column_class=classes,
    )
    _check_places(file, grid)
    cells, columns = np.arange(grid.cells), np.arange(grid.columns)
    layout = Layout(grid, (str(dataset["latitude"].dims[0]),), cells, "column", columns)
    return None if file.is_faulty else layout


def _classes_layout(file: InputFile) -> Layout | None:
    """Layout of a file on a latitude-longitude grid with fractions of classes."""
    dataset, cells = file.dataset, read_grid(file)
    if cells is None:
        return None
    lat, lon = cells.latitude.name, cells.longitude.name
    fractions = dataset["class_fraction"]
    class_dims = [str(d) for d in fractions.dims if d not in (lat, lon)]
    if len(class_dims) != 1 or not {lat, lon} <= set(fractions.dims):
        file.add_fault(
            "wrong-dimensions",
            "class_fraction",
            f"has the dimensions {tuple(fractions.dims)}; expected a dimension of classes, '{lat}' "
            f"and '{lon}'.",
        )
        return None
    class_dim = class_dims[0]
    numbers = dataset[class_dim].values
    if class_dim not in dataset.variables or not np.issubdtype(numbers.dtype, np.number):
        file.add(
            "missing-coordinate",
            class_dim,
            f"The dimension '{class_dim}' of 'class_fraction' in {file.path} has no coordinate; "
            "expected the number of the plant functional type of each class.",
        )
        return None
    values = file.in_units("class_fraction", "1", fractions.transpose(class_dim, lat, lon))
    if values is None:
        return None
    points = latitude, longitude = cells.centres
    flat = np.nan_to_num(values.reshape(len(numbers), -1))  # NaN is the usual mark of the sea
    total = flat.sum(axis=0)
    _check_fractions(file, "class_fraction", flat, total, points)
    area: np.ndarray | None = cells.area
    if "area" in dataset.variables:
        area = None
        if set(dataset["area"].dims) == {lat, lon} or file.has_dimensions("area", (lat, lon)):
            area = file.in_units("area", "m2", dataset["area"].transpose(lat, lon))
    region, label = (_texts(file, name, (lat, lon)) for name in ("region", "label"))
    if file.is_faulty or area is None:
        return None
    land = np.flatnonzero(total > 0.0)
    if len(land) == 0:
        file.add_fault("no-land", "class_fraction", "is zero everywhere: there is no land.")
        return None
    columns = [_largest(flat[:, cell]) for cell in land]
    grid = Grid(
        latitude=latitude[land],
        longitude=longitude[land],
        area=area.ravel()[land],
        region=_regions(region, len(total))[land],
        label=() if label is None else label[land],
        half_width=cells.half_width[land],
        column_cell=np.concatenate([np.full(len(k), i) for i, (k, _) in enumerate(columns)]),
        column_fraction=np.concatenate([share for _, share in columns]),
        column_class=np.concatenate([numbers[k].astype(int) for k, _ in columns]),
    )
    _check_places(file, grid)
    layout = Layout(grid, (lat, lon), land, class_dim, np.concatenate([k for k, _ in columns]))
    return None if file.is_faulty else layout


def _largest(fractions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Positions of the largest fractions of a cell in order, and their shares of its area."""
    order = np.argsort(-fractions, kind="stable")[:COLUMNS_PER_CELL]
    largest = np.sort(order[fractions[order] > 0.0])
    return largest, fractions[largest] * fractions.sum() / fractions[largest].sum()


def _boxes(
    file: InputFile, latitude: np.ndarray, longitude: np.ndarray
) -> tuple[np.ndarray | None, np.ndarray | None]:
    """Half widths (degrees), shape (cell, 2), and areas (m2) of a list of cells, or findings."""
    dims = file.dataset["latitude"].dims
    half_widths = [_half_width(file, axis, latitude) for axis in AXES]
    present = [values for values in half_widths if values is not None]
    half_width = np.stack(present, axis=1) if len(present) == len(AXES) else None
    if half_width is not None:
        _check_overlap(file, latitude, longitude, half_width)
    if "area" in file.dataset.variables:
        has_dimensions = file.has_dimensions("area", dims)
        return half_width, file.in_units("area", "m2") if has_dimensions else None
    if half_width is None:
        return None, None
    if np.all(half_width > 0.0):
        north = np.minimum(latitude + half_width[:, 0], 90.0)
        south = np.maximum(latitude - half_width[:, 0], -90.0)
        return half_width, cell_area(south, north, 2.0 * half_width[:, 1])
    file.add(
        "missing-variable",
        "area",
        f"{file.path} has neither 'area' (m2) nor 'latitude_half_width' and "
        "'longitude_half_width' (degrees). Add one of them.",
    )
    return half_width, None


def _half_width(file: InputFile, axis: str, latitude: np.ndarray) -> np.ndarray | None:
    """Half the extent of each cell (degrees), 0 where the file does not say; or a finding."""
    name = f"{axis}_half_width"
    if name not in file.dataset.variables:
        return np.zeros(len(latitude))
    dims = file.dataset["latitude"].dims
    if file.dataset[name].ndim and not file.has_dimensions(name, dims):
        return None
    values = in_degrees(file, name, axis)
    if values is None:
        return None
    widest = 90.0 if axis == "latitude" else 180.0
    if not np.all((values >= 0.0) & (values <= widest)):
        file.add_fault(
            "out-of-range", name, f"is missing or outside 0 to {widest:g}; expected degrees."
        )
        return None
    return np.broadcast_to(values, latitude.shape).copy()


def _check_overlap(
    file: InputFile, latitude: np.ndarray, longitude: np.ndarray, half_width: np.ndarray
) -> None:
    """Each cell is there once, and cells larger than those of towers do not overlap."""
    pair = first_overlap(latitude, longitude, np.zeros_like(half_width))
    large = np.flatnonzero((half_width > TOWER).all(axis=1))
    if pair is None:
        pair = first_overlap(latitude[large], longitude[large], half_width[large])
        if pair is None:
            return
        pair = int(large[pair[0]]), int(large[pair[1]])
    first, second = pair
    file.add(
        "overlapping-cells",
        "latitude, longitude",
        f"cells {first} and {second} of {file.path} overlap: {latitude[first]:g} N, "
        f"{longitude[first]:g} E and {latitude[second]:g} N, {longitude[second]:g} E with half "
        f"widths of {half_width[first].tolist()} and {half_width[second].tolist()} degrees. Give "
        "each place once, and half of the width of a cell.",
    )


def _regions(region: np.ndarray | None, count: int) -> np.ndarray:
    """Region of each cell, 'land' where the file has none."""
    return np.full(count, "land") if region is None else region


def _texts(file: InputFile, name: str, dims: tuple[Any, ...]) -> np.ndarray | None:
    """A text of each cell, such as its region; None where the file has none, or with a finding.

    Args:
        file: with the texts.
        name: of their variable.
        dims: that make up a cell, in this order.
    """
    if name not in file.dataset.variables:
        return None
    variable = file.dataset[name]
    if set(variable.dims) != set(dims):
        file.has_dimensions(name, dims)
        return None
    names = file.texts(name)
    if names is None:
        return None
    names = names.transpose([variable.dims.index(dim) for dim in dims]).ravel()
    if "flag_meanings" in variable.attrs:
        numbers = texts(np.atleast_1d(variable.attrs.get("flag_values", [])))
        meaning = dict(zip(numbers.tolist(), variable.attrs["flag_meanings"].split(), strict=False))
        plain = [n.removesuffix(".0") for n in names.tolist()]
        names = np.array([meaning.get(n, n) for n in plain])
    return names


def _check_fractions(
    file: InputFile,
    name: str,
    fraction: np.ndarray,
    total: np.ndarray,
    points: tuple[np.ndarray, np.ndarray],
) -> None:
    """Fractions are 0..1 and add up to no more than the cell."""
    invalid = int(np.sum(~np.isfinite(fraction) | (fraction < 0.0)))
    if invalid:
        fault = f"has {invalid} negative or missing value(s); expected 0 to 1."
        file.add_fault("out-of-range", name, fault)
    above = np.flatnonzero(total > 1.0 + FRACTION_SLACK)
    if len(above):
        cell = int(above[np.argmax(total[above])])
        latitude, longitude = (axis[cell] for axis in points)
        file.add_fault(
            "sum-above-one",
            name,
            f"adds up to more than 1 in {len(above)} cell(s), to {total[cell]:.4g} in cell {cell} "
            f"({latitude:.2f} N, {longitude:.2f} E). Shares of the area of a cell must add up to "
            "at most 1. The remainder is bare.",
        )


def _check_places(file: InputFile, grid: Grid) -> None:
    """Cells have an area, none larger than the Earth."""
    if not np.all((grid.area >= 0.0) & (grid.area <= cell_area(-90.0, 90.0, 360.0))):
        fault = "has negative or missing values, or cells larger than the Earth; expected m2."
        file.add_fault("out-of-range", "area", fault)
