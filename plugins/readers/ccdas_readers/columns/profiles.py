"""Column averages with their profiles: means over days or months, and the layout of the file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from attrs import define, field

from ccdas_framework import ImportedData

from ..averages import DAY, NONE
from ..lazy_modules import pandas as pd
from ..netcdf_files import require_numbers
from ..observations import observation_data
from ..refusal import refusal
from ..screening import Screening

# variables over (obs, level) that the operator xco2 reads
LEVELS: Mapping[str, tuple[str, str]] = {
    "averaging_kernel": ("1", "column averaging kernel of CO2"),
    "pressure_weight": ("1", "share of a level in the column of dry air"),
    "prior_profile": ("ppm", "prior mole fraction in dry air"),
    "level_pressure": ("hPa", "pressure of a level"),
}
# numbers of a profile that can be, a choice; kernels of the TCCON sample are 0.2 to 1.2
POSSIBLE: Mapping[str, tuple[float, float]] = {
    "averaging_kernel": (-0.5, 3.0), "pressure_weight": (-0.1, 1.0),
    "prior_profile": (200.0, 700.0), "level_pressure": (0.0, 1100.0),
}  # fmt: skip
WEIGHT_SUM = 0.05  # largest departure of the sum of the pressure weights from 1


@define(eq=False)
class Columns:
    """Column averages of a file, one row each, and their profiles.

    Args:
        path: of the product file.
        frame: columns of `observation_data`, with `values` and `sd` in ppm.
        profiles: name of `LEVELS` -> shape (row, level).
        drops: reason -> whether a row is left out, shape (row,).
    """

    path: Path
    frame: pd.DataFrame
    profiles: Mapping[str, np.ndarray]
    drops: Mapping[str, np.ndarray] = field(factory=dict)


def profile_of(path: Path, dataset: Any, name: str) -> np.ndarray:
    """Numbers of a variable over (sounding, level).

    Raises:
        InvalidInput: text, or other dimensions.
    """
    values = require_numbers(path, dataset, name)
    if values.ndim != 2:
        raise refusal(path, "wrong-grid", name,
                      f"'{name}' has the dimensions {dataset[name].dims}; expected soundings and "
                      "levels.")  # fmt: skip
    return values


def require_shape(path: Path, profiles: Mapping[str, np.ndarray], shape: tuple[int, ...]) -> None:
    """Refuse profiles of other soundings or on other levels than the kernels.

    Args:
        path: of the file.
        profiles: name -> numbers.
        shape: number of soundings and of levels.

    Raises:
        InvalidInput: with the first such profile.
    """
    for name, values in profiles.items():
        if values.shape != shape:
            raise refusal(path, "wrong-grid", name,
                          f"'{name}' has the shape {values.shape}; expected {shape}, the soundings "
                          "and the levels of the averaging kernel.")  # fmt: skip


def column_data(
    columns: Iterable[Columns], average: str, *, product: str, version: str, notes: Sequence[str],
    credits: str,
) -> ImportedData:  # fmt: skip
    """An observation file with profiles of the columns that are kept.

    Args:
        columns: of each file; all have the same number of levels. An iterator holds one file
            in memory at a time, and may add to `notes`.
        average: "none", "day" or "month", of the columns of a place.
        product, version, notes, credits: as of `ImportedData`.

    Raises:
        InvalidInput: other numbers of levels or soundings, profiles that cannot be in all rows,
            weights that do not sum to 1, or nothing left.
    """
    parts: dict[str, list[np.ndarray]] = {name: [] for name in LEVELS}
    screened: list[Screening] = []
    levels, number = 0, 0
    for each in columns:
        shape = len(each.frame), each.profiles["averaging_kernel"].shape[-1]
        require_shape(each.path, each.profiles, shape)
        levels = levels or shape[1]
        if shape[1] != levels:
            raise refusal(each.path, "mixed-versions", "averaging_kernel",
                          f"the file has {shape[1]} levels, and those before {levels}. Import "
                          "those of one product.")  # fmt: skip
        series = _screened(each)
        profiles = each.profiles
        if average != NONE:
            profiles = _averaged(series, profiles, average)
        rows = series.frame["row"].to_numpy(dtype=int)
        for name in LEVELS:
            parts[name].append(profiles[name][rows])
        series.frame = series.frame.assign(row=np.arange(number, number + len(rows)))
        number += len(rows)
        screened.append(series)
    profiles = {name: np.concatenate(values) for name, values in parts.items()}
    notes = list(dict.fromkeys(notes))
    if average != NONE:
        notes.append(f"values and profiles are means over each {average}; errors are not reduced, "
                     "because soundings of a day share them")  # fmt: skip
    for series in screened:
        series.frame = series.frame.assign(sample=[f"{n:08d}" for n in series.frame["row"]])
    data = observation_data(
        screened, product=product, version=version, notes=notes, credits=credits
    )
    rows = data.dataset["sample"].values.astype(int)
    dataset = data.dataset.drop_vars("sample")
    for name, (units, long_name) in LEVELS.items():
        dataset[name] = (
            ("obs", "level"), profiles[name][rows], {"units": units, "long_name": long_name}
        )  # fmt: skip
    return ImportedData(dataset, data.product, data.version, data.series, data.notes, data.credits)


def kept_rows(columns: Columns) -> np.ndarray:
    """Numbers of the soundings of a file that pass the quality filter.

    Raises:
        InvalidInput: as of `column_data`.
    """
    return _screened(columns).frame["row"].to_numpy(dtype=int)


def _screened(columns: Columns) -> Screening:
    """Soundings of a file that are kept; the column `row` is that of their profiles.

    Raises:
        InvalidInput: as of `column_data`.
    """
    path, profiles = columns.path, columns.profiles
    total = profiles["pressure_weight"].sum(axis=1)
    known = total[np.isfinite(total)]
    if len(known) and abs(float(np.median(known)) - 1.0) > WEIGHT_SUM:
        raise refusal(path, "wrong-units", "pressure_weight",
                      f"the weights of the levels sum to {np.median(known):.4g}; expected 1."
                      )  # fmt: skip
    frame = columns.frame.assign(row=np.arange(len(columns.frame)))
    series = Screening(path, f"xco2 {path.name}", "xco2", frame)
    series.drop_missing()
    for reason, mask in columns.drops.items():
        series.drop(reason, mask[series.frame["row"]])
    for name, (low, high) in POSSIBLE.items():
        bad = ((profiles[name] < low) | (profiles[name] > high)).any(axis=1)
        if bad.all():
            numbers = profiles[name]
            raise refusal(path, "wrong-units", name,
                          f"'{name}' is {np.nanmin(numbers):.4g} to {np.nanmax(numbers):.4g} "
                          f"{LEVELS[name][0]}; expected {low:g} to {high:g}.")  # fmt: skip
        series.drop(f"{name} beyond {low:g} to {high:g}", bad[series.frame["row"]])
    whole = np.logical_and.reduce([np.isfinite(p).all(axis=1) for p in profiles.values()])
    series.drop("missing averaging kernel or profile", ~whole[series.frame["row"]])
    if len(series.frame):
        series.drop_impossible()
    return series


def _averaged(
    series: Screening, profiles: Mapping[str, np.ndarray], average: str
) -> dict[str, np.ndarray]:
    """Average the columns of each place and period, in place of the rows; their profiles."""
    means: dict[str, list[np.ndarray]] = {name: [] for name in profiles}
    frame = series.frame
    unit = "datetime64[D]" if average == DAY else "datetime64[M]"
    period = frame["start"].to_numpy().astype(unit)
    series.averaged = len(frame)
    rows = []
    for (_, begin), part in frame.assign(period=period.astype("datetime64[s]")).groupby(
        ["label", "period"], sort=True
    ):
        index = part["row"].to_numpy()
        for name, values in profiles.items():
            means[name].append(values[index].mean(axis=0))
        first = np.datetime64(begin).astype(unit)
        last = (first + 1).astype("datetime64[D]") - 1
        rows.append({
            **part.iloc[0].to_dict(), "values": part["values"].mean(),
            "sd": np.sqrt((part["sd"] ** 2).mean()), "n": len(part), "row": len(rows),
            "start": first.astype("datetime64[D]").astype("datetime64[s]"),
            "end": last.astype("datetime64[s]"),
        })  # fmt: skip
    series.frame = pd.DataFrame(rows) if rows else frame
    return {n: np.array(v).reshape(-1, profiles[n].shape[1]) for n, v in means.items()}
