"""Column-wise Jacobians: one run of GEOS-Chem or TM5 for each source and month."""

from __future__ import annotations

import csv
from glob import glob
from pathlib import Path

import numpy as np

from ccdas_framework import InvalidInput

from ..grid import box_area
from .model_output import check_same_grid, monthly_at_stations
from .pulse_responses import Elements, by_calendar, pulse_jacobian
from .region_patterns import read_patterns

VARIABLES = {
    "geoschem": ("SpeciesConcVV_CO2", "SpeciesConc_CO2", "CO2"),
    "tm5": ("co2", "CO2", "co2mix"),
}
REFERENCE = "reference"


def model_run_jacobian(path, stations, grid, memory, pgc_per_ppm, patterns, kind):
    """The Jacobian of perturbation runs that a table lists.

    Columns of `runs.csv`: `file` (a name or pattern such as `run_017/*.nc4`, from the folder of the
    table), `month` of the perturbed flux (2014-01), `kgc` added in it, and the source: `latitude`
    and `longitude` of a box of the model, or a `region` of the patterns. The run with the month
    `reference` is taken off all others; without one, tracers began at zero. `variable` names the
    tracer where it is another than the model's usual one.

    Args:
        path: the table, or the folder that holds it as `runs.csv`.
        stations, grid, memory, pgc_per_ppm: as for the other converters.
        patterns: file of the regions' patterns, where `region` is used.
        kind: of VARIABLES.

    Raises:
        InvalidInput: the table or a file is not this; all stations and sources are checked.
    """
    path = Path(path)
    table = path / "runs.csv" if path.is_dir() else path
    where = f"{kind}: {table}"
    runs = _read_table(table, where)
    level, pulses, edges = None, [], None
    for name, of_file in _by_file(runs).items():
        files = [Path(found) for found in sorted(glob(str(table.parent / name)))]
        if not files:
            raise InvalidInput(
                f"{where}, line {of_file[0][0]}: there is no file {table.parent / name}."
            )
        tracers = [
            (run["variable"],) if run.get("variable") else VARIABLES[kind] for _, run in of_file
        ]
        months, values, found = monthly_at_stations(files, tracers, stations)
        check_same_grid(edges, found, str(files[0]))
        edges = found if edges is None else edges
        for (line, run), of_run in zip(of_file, values, strict=True):
            if run["month"] == REFERENCE:
                level = months, of_run
            else:
                pulses.append((f"{where}, line {line}", run, months, of_run))
    elements, position = _elements([(of, run) for of, run, *_ in pulses], patterns, edges, where)
    months = np.unique(np.concatenate([m for *_, m, _ in pulses]))
    months = np.arange(months[0], months[-1] + 1)
    response = np.full((len(pulses), len(months), len(stations)), np.nan)
    for row, (of_line, run, own, values) in enumerate(pulses):
        at = (own - months[0]).astype(int)
        mass = _number(run, "kgc", of_line)
        if mass == 0.0:
            raise InvalidInput(
                f"{of_line}: `kgc` is 0; a run without a perturbation shows nothing."
            )
        response[row, at] = (values - _reference(level, own, of_line)) / mass
    pulse_month = np.array([_month(run, of) for of, run, *_ in pulses])
    of_calendar = by_calendar(
        months, pulse_month, position, response, elements.name, stations.id, memory, where
    )
    return pulse_jacobian(stations.id, of_calendar, elements, grid, pgc_per_ppm, where)


def _by_file(runs):
    """Rows of the table by the file they name, so that each is opened once."""
    out = {}
    for line, run in runs:
        out.setdefault(run["file"], []).append((line, run))
    return out


def _read_table(table, where):
    """Rows of the table with the number of their line."""
    if not table.is_file():
        raise InvalidInput(
            f"{where}: there is no such file. Give the table of the runs: file, month, kgc, and "
            "latitude and longitude, or region."
        )
    with table.open(encoding="utf-8", newline="") as file:
        rows = [
            (line, {k: (v or "").strip() for k, v in row.items() if k})
            for line, row in enumerate(csv.DictReader(file), 2)
        ]
    found = set(rows[0][1]) if rows else set()
    absent = [name for name in ("file", "month", "kgc") if name not in found]
    if absent or not ({"latitude", "longitude"} <= found or "region" in found):
        raise InvalidInput(
            f"{where} has the columns {', '.join(sorted(found)) or 'of no row'}; expected file, "
            "month, kgc, and latitude and longitude, or region."
        )
    if all(row["month"] == REFERENCE for _, row in rows):
        raise InvalidInput(f"{where} lists no perturbed run.")
    return rows


def _elements(runs, patterns, edges, where):
    """Sources of the runs, and the position of that of each run."""
    if all(run.get("region") for _, run in runs):
        if patterns is None:
            raise InvalidInput(f"{where} names regions; give their patterns with --patterns.")
        elements = read_patterns(patterns)
        for of_line, run in runs:
            if run["region"] not in elements.name:
                raise InvalidInput(
                    f"{of_line}: region '{run['region']}' is not in {patterns}, which has "
                    f"{', '.join(elements.name)}."
                )
        used = sorted({elements.name.index(run["region"]) for _, run in runs})
        kept = Elements(
            [elements.name[n] for n in used], elements.mass[used],
            elements.latitude_edges, elements.longitude_edges, are_regions=True,
        )  # fmt: skip
        return kept, np.array([kept.name.index(run["region"]) for _, run in runs])
    if edges is None:
        raise InvalidInput(
            f"{where} names boxes of the model, whose grid only fields tell. Where runs are "
            "sampled at stations, name regions, and give their patterns with --patterns."
        )
    north, east = edges
    boxes = []
    for of_line, run in runs:
        latitude = _number(run, "latitude", of_line)
        longitude = (_number(run, "longitude", of_line) - east[0]) % 360.0 + east[0]
        if not north[0] <= latitude <= north[-1] or longitude > east[-1]:
            raise InvalidInput(
                f"{of_line}: {latitude:g}, {longitude:g} is in no box of the model's grid."
            )
        row = min(int(np.searchsorted(north, latitude, side="right")) - 1, len(north) - 2)
        boxes.append((row, int(np.searchsorted(east, longitude, side="right")) - 1))
    known = sorted(set(boxes))
    area = box_area(north, east)
    mass = np.zeros((len(known), *area.shape))
    for n, box in enumerate(known):
        mass[n][box] = area[box]
    names = [
        f"box at {(north[r] + north[r + 1]) / 2:g}, {(east[c] + east[c + 1]) / 2:g}"
        for r, c in known
    ]
    elements = Elements(names, mass, north, east, are_regions=False)
    return elements, np.array([known.index(box) for box in boxes])


def _reference(level, months, of_line):
    """What stations see without the perturbation (ppm), in the months of a run."""
    if level is None:
        return 0.0
    known, values = level
    absent = np.setdiff1d(months, known)
    if len(absent):
        raise InvalidInput(
            f"{of_line}: the reference run has no {absent[0]}; it runs from {known[0]} to "
            f"{known[-1]}. It must cover the months of every run."
        )
    return values[np.searchsorted(known, months)]


def _number(run, name, of_line):
    try:
        return float(run[name])
    except (KeyError, ValueError):
        raise InvalidInput(
            f"{of_line}: `{name}` is {run.get(name)!r}; expected a number."
        ) from None


def _month(run, of_line):
    try:
        return np.datetime64(run["month"], "M")
    except ValueError:
        raise InvalidInput(
            f"{of_line}: `month` is {run['month']!r}; expected a month such as 2014-01, or "
            f"{REFERENCE}."
        ) from None
