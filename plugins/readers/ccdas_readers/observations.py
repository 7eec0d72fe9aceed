"""Observation files from screened series: the checks that all readers share, and the layout."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ccdas_framework import ImportedData, InvalidInput, ScreenedSeries

from .checks import require_on_earth, require_ordered, require_past
from .lazy_modules import pandas as pd
from .lazy_modules import xarray as xr
from .netcdf_files import netcdf_head
from .refusal import refusal
from .screening import LIMITS, MISSING, Screening

NOT_MEASURED = ("synthetic", "substitute")  # values of the attribute `data_kind`
MOST_SERIES = 30  # series that are counted one by one, else by quantity
KEYS = ("label", "quantity", "depth", "altitude", "overpass", "sample", "start")
COLUMNS: Mapping[str, Mapping[str, str]] = {  # further columns of an observation file
    "depth": {"units": "m", "standard_name": "depth", "positive": "down",
              "long_name": "depth of the middle of the sensor"},
    "quality": {"units": "1", "long_name": "share of the period that is measured or well filled"},
    "n": {"units": "1", "long_name": "number of values in the mean"},
    "rfi_probability": {"units": "1", "long_name": "probability of radio-frequency interference"},
    "dqx": {"units": "m3 m-3", "long_name": "data quality index of the retrieval"},
    "overpass": {"long_name": "half of the orbit"},
    "scale": {"long_name": "calibration scale"},
    "sample": {"long_name": "identification of the sample"},
    "quantity": {"long_name": "observed quantity"},
    "water_fraction": {"units": "1", "long_name": "share of open water"},
}  # fmt: skip
LONG_NAMES = {
    "gpp": "gross primary production", "nee": "net ecosystem exchange, upward positive",
    "latent_heat": "latent heat flux, upward positive", "sm": "volumetric water content of soil",
    "co2": "mole fraction of CO2 in dry air", "vod": "vegetation optical depth at nadir",
    "xco2": "column average of CO2 in dry air",
    "lai": "leaf area index",
    "fapar": "absorbed fraction of photosynthetically active radiation",
    "sif": "solar-induced fluorescence",
}  # fmt: skip


def observation_data(
    screened: Sequence[Screening], *, product: str, version: str, notes: Sequence[str],
    credits: str = "", settings: str = "", attributes: Mapping[str, str] | None = None,
) -> ImportedData:  # fmt: skip
    """Contents of an observation file from the rows that are kept.

    The rows have `values`, `sd` (NaN where the product states none), `start`, `end`, `latitude`,
    `longitude`, `altitude` (m) and `label`. `start` and `end` are the first and last day of values
    of days and longer, moments in UTC of shorter ones, and equal for samples.

    Args:
        screened: series of one unit.
        product, version, notes, credits: as of `ImportedData`.
        settings: keys of the table of the stream that the file needs, as TOML.
        attributes: further global attributes.

    Raises:
        InvalidInput: no row is left, a row occurs twice, lies in the future, ends before it begins,
            or is not on the Earth.
    """
    notes = list(notes)
    for series in screened:
        _check(series)
        without = _without_error(series)
        if without:
            notes.append(f"{series.name}: {without} errors are not above 0 and count as unknown")
    counts = tuple(series.counts() for series in screened)
    if not sum(series.kept for series in counts):
        reasons = "; ".join(
            f"{s.name}: {n} dropped, {reason}" for s in counts for reason, n in s.dropped.items()
        )
        path = screened[0].path
        is_missing = all(set(s.dropped) <= {MISSING} for s in counts)
        raise InvalidInput(
            f"{path}: no value is left. {reasons}. Choose other data, or change the filter by "
            "--set.",
            code="all-missing" if is_missing else "nothing-kept",
            where=path.name,
        )
    frame = pd.concat([series.frame for series in screened if len(series.frame)])
    frame = frame.sort_values(["label", "start"], kind="stable").reset_index(drop=True)
    repeated = frame.duplicated([key for key in KEYS if key in frame]).to_numpy()
    if repeated.any():
        row = frame[repeated].iloc[0]
        path = screened[-1].path
        raise refusal(
            path, "duplicate-times", str(row["label"]),
            f"{int(repeated.sum())} values of one place and quantity have the time of another, the "
            f"first '{row['label']}' at {row['start']}. Leave out the copies, or import files that "
            "overlap one by one.",
        )  # fmt: skip
    quantities = list(dict.fromkeys(series.quantity for series in screened))
    units = LIMITS[quantities[0]][2]
    dataset = _dataset(frame, units, " and ".join(LONG_NAMES[q] for q in quantities))
    if of_file := _declared_kind(screened):
        dataset.attrs["data_kind"] = of_file
        notes.append(f"a file states data_kind = '{of_file}': its values are no measurements")
    dataset.attrs.update(attributes or {})
    if settings:
        dataset.attrs["stream_settings"] = settings
    return ImportedData(dataset, product, version, _merged(screened, counts), tuple(notes), credits)


def _declared_kind(screened: Sequence[Screening]) -> str:
    """`data_kind` of a netCDF file that states that its values are not measured, else ""."""
    for path in dict.fromkeys(series.path for series in screened):
        if (head := netcdf_head(path)) is not None:
            kind = str(head.attributes.get("data_kind", ""))
            if kind in NOT_MEASURED:
                return kind
    return ""


def _check(series: Screening) -> None:
    """Refuse times and places that cannot be."""
    frame, path, name = series.frame, series.path, series.name
    start, end = (frame[key].to_numpy().astype("datetime64[s]") for key in ("start", "end"))
    require_past(path, start, name)
    require_ordered(path, start, end, name)
    degrees = (frame[key].to_numpy(dtype=float) for key in ("latitude", "longitude"))
    require_on_earth(path, *degrees, name)


def _without_error(series: Screening) -> int:
    """Number of errors that are no standard deviation, which become NaN."""
    sd = series.frame["sd"].to_numpy(dtype=float)
    usable = np.isfinite(sd) & (sd > 0.0)
    series.frame = series.frame.assign(sd=np.where(usable, sd, np.nan))
    return int((~usable & ~np.isnan(sd)).sum())


def _dataset(frame: pd.DataFrame, units: str, long_name: str) -> xr.Dataset:
    """Dataset of the layout of observation files from a table of rows."""
    one_unit = {"units": units}
    variables: dict[str, tuple[Any, ...]] = {
        "observed": ("obs", frame["values"].to_numpy(dtype=float),
                     {**one_unit, "long_name": long_name}),
        "observed_sd": ("obs", frame["sd"].to_numpy(dtype=float),
                        {**one_unit, "long_name": "standard deviation of its error"}),
        "time_start": ("obs", frame["start"].to_numpy().astype("datetime64[ns]"),
                       {"long_name": "first day, or beginning in UTC"}),
        "time_end": ("obs", frame["end"].to_numpy().astype("datetime64[ns]"),
                     {"long_name": "last day, included, or end in UTC"}),
        "latitude": ("obs", frame["latitude"].to_numpy(dtype=float), {"units": "degrees_north"}),
        "longitude": ("obs", frame["longitude"].to_numpy(dtype=float), {"units": "degrees_east"}),
        "altitude": ("obs", frame["altitude"].to_numpy(dtype=float), {"units": "m"}),
        "label": ("obs", frame["label"].to_numpy(dtype=object), {"long_name": "name of the place"}),
    }  # fmt: skip
    for name, attributes in COLUMNS.items():
        if name in frame and not frame[name].isna().all():
            values = frame[name]
            text = values.dtype.kind not in "fiub"
            variables[name] = (
                "obs", values.fillna("").to_numpy(dtype=object) if text else values.to_numpy(),
                dict(attributes),
            )  # fmt: skip
    return xr.Dataset(variables)


def _merged(
    screened: Sequence[Screening], counts: tuple[ScreenedSeries, ...]
) -> tuple[ScreenedSeries, ...]:
    """Counts of each series, or of each quantity where they are many."""
    if len(counts) <= MOST_SERIES:
        return counts
    kept: dict[str, int] = {}
    dropped: dict[str, dict[str, int]] = {}
    for series, count in zip(screened, counts, strict=True):
        kept[series.quantity] = kept.get(series.quantity, 0) + count.kept
        reasons = dropped.setdefault(series.quantity, {})
        for reason, number in count.dropped.items():
            reasons[reason] = reasons.get(reason, 0) + number
    return tuple(ScreenedSeries(q, kept[q], dropped[q]) for q in kept)
