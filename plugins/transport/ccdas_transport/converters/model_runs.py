"""Column-wise Jacobians: one run of GEOS-Chem or TM5 for each source and month."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from glob import glob
from pathlib import Path

import numpy as np
from attrs import frozen

from ccdas_framework import InvalidInput
from ccdas_framework.grids import grid_area

from ..jacobian import TransportJacobian
from ..jacobian_grid import JacobianGrid
from ..station_locations import StationLocations
from .model_output import Edges, check_same_grid, monthly_at_stations
from .pulse_responses import Elements, cyclic_responses, pulse_jacobian
from .region_patterns import read_patterns

VARIABLES = {
    "geoschem": ("SpeciesConcVV_CO2", "SpeciesConc_CO2", "CO2"),
    "tm5": ("co2", "CO2", "co2mix"),
}
REFERENCE = "reference"


@frozen
class Run:
    """One line of the table of the runs.

    Args:
        row: text by column.
        line: table and number of the line, for messages.
    """

    row: dict[str, str]
    line: str

    @property
    def is_reference(self) -> bool:
        """Whether this is the run without a perturbation."""
        return self.row["month"] == REFERENCE

    @property
    def month(self) -> np.datetime64:
        """Month of the perturbed flux, datetime64[M]."""
        try:
            return np.datetime64(self.row["month"], "M")
        except ValueError:
            raise InvalidInput(
                f"{self.line}: `month` is {self.row['month']!r}; expected a month such as "
                f"2014-01, or {REFERENCE}.",
                code="wrong-value",
                where=f"{self.line}: month",
            ) from None

    def number(self, column: str) -> float:
        """Number in a column."""
        try:
            return float(self.row[column])
        except (KeyError, ValueError):
            raise InvalidInput(
                f"{self.line}: `{column}` is {self.row.get(column)!r}; expected a number.",
                code="not-a-number",
                where=f"{self.line}: {column}",
            ) from None


@frozen(eq=False)
class RunOutput:
    """Output of one run.

    Args:
        run: the run.
        months: datetime64[M], shape (month,).
        ppm: mole fraction, shape (month, station).
    """

    run: Run
    months: np.ndarray
    ppm: np.ndarray


def model_run_jacobian(
    path: Path,
    stations: StationLocations,
    grid: JacobianGrid,
    patterns: Path | None,
    kind: str,
) -> TransportJacobian:
    """The Jacobian of perturbation runs that a table lists.

    Columns of `runs.csv`: `file` (a name or pattern such as `run_017/*.nc4`, relative to the folder
    of the table), `month` of the perturbed flux (2014-01), `kgc` added in it, and the source:
    `latitude` and `longitude` of a box of the model, or a `region` of the patterns. The run with
    the month `reference` is subtracted from all others. Without one, tracers began at zero.
    `variable` names the tracer if its name is unusual for the model.

    Args:
        path: the table, or the folder that holds it as `runs.csv`.
        stations: stations of the Jacobian.
        grid: boxes and months of the sources, and mass of the air.
        patterns: file of the regions' patterns, for `region`.
        kind: key of VARIABLES.

    Raises:
        InvalidInput: the table or a file has another form, or stations or sources are incomplete.
    """
    path = Path(path)
    table = path / "runs.csv" if path.is_dir() else path
    source = f"{kind}: {table}"
    reference, pulses, edges = _read_outputs(table, stations, kind, source)
    elements, position = _elements([pulse.run for pulse in pulses], patterns, edges, source)
    months = np.unique(np.concatenate([pulse.months for pulse in pulses]))
    months = np.arange(months[0], months[-1] + 1)
    response = np.full((len(pulses), len(months), len(stations)), np.nan)
    for row, pulse in enumerate(pulses):
        index = (pulse.months - months[0]).astype(int)
        mass = pulse.run.number("kgc")
        if mass == 0.0:
            raise InvalidInput(
                f"{pulse.run.line}: `kgc` is 0; a run without a perturbation has no response.",
                code="wrong-value",
                where=f"{pulse.run.line}: kgc",
            )
        response[row, index] = (pulse.ppm - _reference_ppm(reference, pulse)) / mass
    pulse_month = np.array([pulse.run.month for pulse in pulses])
    cyclic = cyclic_responses(
        months, pulse_month, position, response, elements.name, stations.id, grid.memory_months,
        source,
    )  # fmt: skip
    return pulse_jacobian(stations.id, cyclic, elements, grid, source)


def _read_outputs(
    table: Path, stations: StationLocations, kind: str, source: str
) -> tuple[RunOutput | None, list[RunOutput], Edges | None]:
    """The reference run, the perturbed runs, and the edges of the model's grid, if known."""
    reference: RunOutput | None = None
    pulses: list[RunOutput] = []
    edges: Edges | None = None
    for name, runs in _runs_by_file(_read_table(table, source)).items():
        files = [Path(file) for file in sorted(glob(str(table.parent / name)))]
        if not files:
            raise InvalidInput(
                f"{runs[0].line}: there is no file {table.parent / name}.",
                code="missing-file",
                where=f"{runs[0].line}: file",
            )
        tracers = [
            (run.row["variable"],) if run.row.get("variable") else VARIABLES[kind] for run in runs
        ]
        months, values, file_edges = monthly_at_stations(files, tracers, stations)
        check_same_grid(edges, file_edges, str(files[0]))
        edges = file_edges if edges is None else edges
        for run, ppm in zip(runs, values, strict=True):
            output = RunOutput(run, months, ppm)
            if run.is_reference:
                reference = output
            else:
                pulses.append(output)
    return reference, pulses, edges


def _runs_by_file(runs: Sequence[Run]) -> dict[str, list[Run]]:
    """Runs by the file they name, so that each file is opened once."""
    out: dict[str, list[Run]] = {}
    for run in runs:
        out.setdefault(run.row["file"], []).append(run)
    return out


def _read_table(table: Path, source: str) -> list[Run]:
    """Runs of the table."""
    if not table.is_file():
        raise InvalidInput(
            f"{source}: there is no such file. Give the table of the runs: file, month, kgc, and "
            "latitude and longitude, or region.",
            code="missing-file",
            where=source,
        )
    with table.open(encoding="utf-8", newline="") as file:
        runs = [
            Run({k: (v or "").strip() for k, v in row.items() if k}, f"{source}, line {line}")
            for line, row in enumerate(csv.DictReader(file), 2)
        ]
    columns = set(runs[0].row) if runs else set()
    absent = [name for name in ("file", "month", "kgc") if name not in columns]
    if absent or not ({"latitude", "longitude"} <= columns or "region" in columns):
        raise InvalidInput(
            f"{source} has the columns {', '.join(sorted(columns)) or 'of no row'}; expected file, "
            "month, kgc, and latitude and longitude, or region.",
            code="missing-column",
            where=f"{source}: {absent[0] if absent else 'region'}",
        )
    if all(run.is_reference for run in runs):
        raise InvalidInput(
            f"{source} lists no perturbed run.", code="no-perturbed-run", where=source
        )
    return runs


def _elements(
    runs: Sequence[Run], patterns: Path | None, edges: Edges | None, source: str
) -> tuple[Elements, np.ndarray]:
    """Sources of the runs, and the position of the source of each run."""
    if all(run.row.get("region") for run in runs):
        return _region_elements(runs, patterns, source)
    if edges is None:
        raise InvalidInput(
            f"{source} names boxes of the model, whose grid only fields contain. For runs with "
            "samples at stations, name regions, and give their patterns with --patterns.",
            code="unknown-grid",
            where=f"{source}: latitude",
        )
    return _box_elements(runs, edges)


def _region_elements(
    runs: Sequence[Run], patterns: Path | None, source: str
) -> tuple[Elements, np.ndarray]:
    """Regions of the runs, and the position of the region of each run."""
    if patterns is None:
        raise InvalidInput(
            f"{source} names regions; give their patterns with --patterns.",
            code="missing-option",
            where="--patterns",
        )
    elements = read_patterns(patterns)
    names = [run.row["region"] for run in runs]
    for run, name in zip(runs, names, strict=True):
        if name not in elements.name:
            raise InvalidInput(
                f"{run.line}: region '{name}' is not in {patterns}, which has "
                f"{', '.join(elements.name)}.",
                code="unknown-region",
                where=f"{run.line}: region",
            )
    used = sorted({elements.name.index(name) for name in names})
    subset = Elements(
        [elements.name[n] for n in used], elements.mass[used],
        elements.latitude_edges, elements.longitude_edges, are_regions=True,
    )  # fmt: skip
    return subset, np.array([subset.name.index(name) for name in names])


def _box_elements(runs: Sequence[Run], edges: Edges) -> tuple[Elements, np.ndarray]:
    """Boxes of the runs, and the position of the box of each run."""
    north, east = edges
    boxes = []
    for run in runs:
        latitude = run.number("latitude")
        longitude = (run.number("longitude") - east[0]) % 360.0 + east[0]
        if not north[0] <= latitude <= north[-1] or longitude > east[-1]:
            raise InvalidInput(
                f"{run.line}: {latitude:g}, {longitude:g} is in no box of the model's grid.",
                code="outside-grid",
                where=f"{run.line}: latitude, longitude",
            )
        row = min(int(np.searchsorted(north, latitude, side="right")) - 1, len(north) - 2)
        boxes.append((row, int(np.searchsorted(east, longitude, side="right")) - 1))
    distinct = sorted(set(boxes))
    area = grid_area(north, east)
    mass = np.zeros((len(distinct), *area.shape))
    for n, box in enumerate(distinct):
        mass[n][box] = area[box]
    names = [
        f"box at {(north[r] + north[r + 1]) / 2:g}, {(east[c] + east[c + 1]) / 2:g}"
        for r, c in distinct
    ]
    elements = Elements(names, mass, north, east, are_regions=False)
    return elements, np.array([distinct.index(box) for box in boxes])


def _reference_ppm(reference: RunOutput | None, pulse: RunOutput) -> np.ndarray | float:
    """Mole fraction without the perturbation (ppm), in the months of a run."""
    if reference is None:
        return 0.0
    absent = np.setdiff1d(pulse.months, reference.months)
    if len(absent):
        raise InvalidInput(
            f"{pulse.run.line}: the reference run has no {absent[0]}; it runs from "
            f"{reference.months[0]} to {reference.months[-1]}. It must cover the months of every "
            "run.",
            code="months-missing",
            where=f"{pulse.run.line}: month",
        )
    return reference.ppm[np.searchsorted(reference.months, pulse.months)]
