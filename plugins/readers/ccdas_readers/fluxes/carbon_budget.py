"""The workbook of the Global Carbon Budget as a reference of the globe."""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from attrs import field, frozen
from attrs.validators import in_

from ccdas_framework import ImportedData, ProductReader, ScreenedSeries

from ..checks import require_distinct, require_past
from ..lazy_modules import xarray as xr
from ..refusal import refusal
from ..zip_files import member_names

BUDGET, SINK = "Global Carbon Budget", "Terrestrial Sink"  # sheets
YEAR, LAND, LAND_USE = "year", "land sink", "land-use change emissions"
NET, SINK_ALONE = "net_land", "land_sink"
CARBON = re.compile(r"billion tonnes of carbon per year|GtC/yr", re.IGNORECASE)
UNITS_OF_ALL = re.compile(r"all values", re.IGNORECASE)
VERSION = re.compile(r"(20\d{2})[ _]?v(\d+\.\d+)", re.IGNORECASE)
EDITION = re.compile(r"20\d{2}")
BESIDE = re.compile(r"gcb|mean|mmm|sigma|^sd$|imbalance", re.IGNORECASE)  # columns of no model
LARGEST = 15.0  # PgC yr-1, of the sink of land in a year


@frozen
class CarbonBudget(ProductReader):
    """Annual fluxes of land of the Global Carbon Budget, from its workbook.

    Args:
        quantity: "net_land" (land-use change less the sink of land) or "land_sink" (the sink
            alone, of the budget and of each dynamic vegetation model).
    """

    title = "Global Carbon Budget, workbook of global annual values"
    gives: ClassVar = {"reference": "land flux of the globe, PgC yr-1, the same in all months"}
    aliases = ("gcp",)
    tried_on = ("Global_Carbon_Budget_2019v1.0.xlsx",)
    guide = "Friedlingstein et al. (2019), Earth Syst. Sci. Data 11, 1783-1838"

    quantity: str = field(default=NET, validator=in_((NET, SINK_ALONE)))

    @classmethod
    def recognise(cls, path: Path) -> str:
        """Version of a workbook with a sheet of the budget, else ""."""
        names = member_names(path)
        if names is None or "xl/workbook.xml" not in names:
            return ""
        try:
            with _workbook(path) as book:
                has_budget = BUDGET in book.sheetnames
        except Exception:  # recognising a file raises nothing
            return "workbook" if "carbon_budget" in path.name.lower() else ""
        return f"Global Carbon Budget {_version(path)}".strip() if has_budget else ""

    def read(self, paths: Sequence[Path], stream: str) -> ImportedData:
        """Fluxes of land of the workbook.

        Raises:
            InvalidInput: several files, a missing package, a damaged file, a missing sheet or
                column, another unit, text, repeated or future years, or fluxes that cannot be.
        """
        path = paths[0]
        if len(paths) > 1:
            raise refusal(paths[1], "duplicate-times", "", "give one workbook.")
        sheets = _sheets(path, (BUDGET, SINK) if self.quantity == SINK_ALONE else (BUDGET,))
        columns = _columns(path, BUDGET, sheets[BUDGET], (LAND, LAND_USE))
        years = columns[YEAR]
        dropped = 0
        if self.quantity == NET:
            series = {"Global Carbon Budget": columns[LAND_USE] - columns[LAND]}
            words = "land flux of carbon in CO2 with land-use change"
        else:
            series = {"Global Carbon Budget": -columns[LAND]}
            models = _columns(path, SINK, sheets[SINK], (), every=True)
            of_models = {n: v for n, v in models.items() if n != YEAR and not BESIDE.search(n)}
            rows = np.searchsorted(models[YEAR], years)
            for name, values in of_models.items():
                at_years = values[np.clip(rows, 0, len(values) - 1)]
                if np.isfinite(at_years).all() and np.isin(years, models[YEAR]).all():
                    series[name] = -at_years
                else:
                    dropped += len(at_years)
            words = "land flux of carbon in CO2 without land-use change"
        fluxes = np.stack(list(series.values()))
        if not np.isfinite(fluxes).any():
            raise refusal(path, "all-missing", LAND, "the sheet has no flux of land.")
        if not np.isfinite(fluxes).all():
            raise refusal(path, "missing-values", LAND, "years lack the flux of land.")
        if np.abs(fluxes).max() > LARGEST:
            raise refusal(path, "wrong-units", LAND,
                          f"the flux of land is up to {np.abs(fluxes).max():.4g}; expected at most "
                          f"{LARGEST:g} PgC yr-1. Check the unit.")  # fmt: skip
        version = _version(path)
        left_out = {"model without all years": dropped} if dropped else {}
        counts = (ScreenedSeries(self.quantity, fluxes.size, left_out),)
        return ImportedData(
            _reference(years, tuple(series), fluxes, words), "Global Carbon Budget", version,
            counts, notes=(
                "the unit is GtC yr-1, which is PgC yr-1; the flux is positive into the atmosphere",
                "values are annual and of the globe: every month has the mean of its year, and the "
                "one row is the globe. Set bands = [-90, 90] in the evaluation, and compare means",
                "the standard error of the sink of land is about 0.9 PgC yr-1 (one sigma)",
            ), credits="Global Carbon Project; cite Friedlingstein et al. of the year",
        )  # fmt: skip


def _reference(years: np.ndarray, names: Sequence[str], fluxes: np.ndarray, words: str) -> Any:
    """File of a reference of one row, the globe; fluxes (reference, year), upwards."""
    months = np.arange(f"{years[0]}-01", f"{years[-1] + 1}-01", dtype="datetime64[M]")
    return xr.Dataset(
        {"amount": (("reference", "time", "latitude"), np.repeat(fluxes, 12, axis=1)[:, :, None], {
            "units": "PgC yr-1", "long_name": f"{words}, positive into the atmosphere"}),
         "time_bounds": (("time", "bound"), np.stack([months, months + 1], axis=1).astype(
             "datetime64[ns]")),
         "latitude_bounds": (("latitude", "bound"), np.array([[-90.0, 90.0]]))},
        {"reference": ("reference", np.array(names, dtype=object)),
         "time": ("time", months.astype("datetime64[ns]"), {"bounds": "time_bounds"}),
         "latitude": ("latitude", np.zeros(1), {
             "units": "degrees_north", "bounds": "latitude_bounds"})},
    )  # fmt: skip


def _workbook(path: Path) -> Any:
    """A workbook with the values of its formulas, which closes at the end of a `with` block."""
    from contextlib import closing

    from openpyxl import load_workbook

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # parts of the layout that openpyxl does not keep
        return closing(load_workbook(path, data_only=True, read_only=False))


def _sheets(path: Path, names: Sequence[str]) -> dict[str, list[tuple[Any, ...]]]:
    """Rows of sheets by name.

    Raises:
        InvalidInput: the package openpyxl is missing, a damaged file, or one without a sheet.
    """
    try:
        with _workbook(path) as book:
            sheets = {s: list(book[s].iter_rows(values_only=True)) for s in names
                     if s in book.sheetnames}  # fmt: skip
    except ImportError as cause:
        raise refusal(path, "missing-package", "openpyxl",
                      'workbooks need openpyxl: pip install "ccdas-readers[workbooks]".',
                      ) from cause  # fmt: skip
    except Exception as cause:
        raise refusal(path, "unreadable-file", "",
                      f"the workbook cannot be read ({cause}). It is damaged or cut off: download "
                      "it again.") from cause  # fmt: skip
    if missing := [n for n in names if n not in sheets]:
        raise refusal(path, "wrong-version", missing[0],
                      f"the workbook has no sheet '{missing[0]}'.")  # fmt: skip
    return sheets


def _columns(
    path: Path, sheet: str, rows: Sequence[tuple[Any, ...]], needed: Sequence[str],
    every: bool = False,
) -> Mapping[str, np.ndarray]:  # fmt: skip
    """Columns of a sheet by name, years as whole numbers; NaN for empty cells.

    Args:
        path, sheet: for messages.
        rows: of the sheet.
        needed: names of columns.
        every: whether all columns are wanted.

    Raises:
        InvalidInput: another unit, no table or column, text, or repeated or future years.
    """
    words = [[str(c).strip() if c is not None else "" for c in row] for row in rows]
    heads = [[word.lower() for word in row] for row in words]
    line = next((n for n, head in enumerate(heads) if YEAR in head), None)
    if line is None:
        raise refusal(path, "wrong-version", sheet, f"sheet '{sheet}' has no row with 'Year'.")
    stated = [word for row in words[:line] for word in row if UNITS_OF_ALL.match(word)]
    if not any(CARBON.search(word) for word in stated):
        raise refusal(path, "wrong-units", sheet,
                      f"sheet '{sheet}' does not state billion tonnes of carbon per year (GtC/yr)."
                      )  # fmt: skip
    head = heads[line]
    if missing := [n for n in needed if n not in head]:
        raise refusal(path, "missing-variable", missing[0],
                      f"sheet '{sheet}' has no column '{missing[0]}'; it has "
                      f"{', '.join(n for n in head if n)}.")  # fmt: skip
    first = head.index(YEAR)
    table = [row for row in rows[line + 1 :] if row[first] is not None]
    if not table:
        raise refusal(path, "empty-file", sheet, f"sheet '{sheet}' has no rows below 'Year'.")
    names = list(needed)
    if every:
        names = [n for n in dict.fromkeys(words[line][first + 1 :]) if n]
    out = {}
    for name in (YEAR, *names):
        cells = [row[head.index(name.lower())] for row in table]
        try:
            out[name] = np.array([np.nan if c is None else float(c) for c in cells])
        except (TypeError, ValueError) as cause:
            raise refusal(path, "not-numeric", name,
                          f"column '{name}' of sheet '{sheet}' holds text.") from cause  # fmt: skip
    years = out[YEAR].astype(int)
    if not ((years >= 1700) & (years <= 2300)).all():
        raise refusal(path, "wrong-time", "Year",
                      f"sheet '{sheet}' has years from {years.min()} to {years.max()}."
                      )  # fmt: skip
    require_distinct(path, years, "Year")
    require_past(path, years.astype(str).astype("datetime64[s]"), "Year")
    if (np.diff(years) != 1).any():
        raise refusal(path, "wrong-time", "Year",
                      f"sheet '{sheet}' has years from {years[0]} to {years[-1]}; expected each "
                      "year once, in order.")  # fmt: skip
    return {**out, YEAR: years}


def _version(path: Path) -> str:
    """Version in the name of the file, such as "2019 v1.0"."""
    if match := VERSION.search(path.name):
        return f"{match[1]} v{match[2]}"
    edition = EDITION.search(path.name)
    return edition[0] if edition else ""
