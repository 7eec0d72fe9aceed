"""ESA CCI soil moisture: combined and passive products, maps and cell files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from attrs import frozen

from ccdas_framework import ImportedData, ProductReader

from ..checks import require_distinct
from ..netcdf_files import (
    load,
    moments,
    moments_from,
    netcdf_head,
    require_numbers,
    require_variables,
    values_in,
)
from ..observations import observation_data
from ..refusal import refusal
from .retrievals import Retrievals, cell_rows, grid_rows, screened_retrievals

SM, ERROR, FLAG, OBSERVED_AT = "sm", "sm_uncertainty", "flag", "t0"
SINCE_1970 = "days since 1970-01-01"
UNDECLARED = -9999
VERSION = re.compile(r"fv(\d+\.\d+)|_V(\d+_\d+)")


@frozen
class EsaCciSoilMoisture(ProductReader):
    """Daily soil moisture of ESA CCI; the active product, in per cent of saturation, is refused.

    Args:
        good_only: whether values with a flag other than 0 are left out.
    """

    good_only: bool = True

    title = "ESA CCI and C3S soil moisture, combined or passive (maps not tried on a real file)"
    gives: ClassVar = {"sm": "soil moisture, m3 m-3"}
    aliases = ("esa_cci_sm_cell", "c3s_sm")
    tried_on = ("ESA_CCI_SM_C_V09_2/0165.nc",)
    guide = "Dorigo et al. (2017), Remote Sens. Environ. 203, 185-215; ESA CCI SM user guide"

    @classmethod
    def recognise(cls, path: Path) -> str:
        """Product of a file of ESA CCI soil moisture, else ""."""
        head = netcdf_head(path)
        if head is None or not {SM, ERROR, "lat", "lon"} <= set(head.variables):
            return ""
        layout = "cell layout" if "location_id" in head.variables else "map"
        return f"ESA CCI soil moisture, {layout}"

    def read(self, paths: Sequence[Path], stream: str) -> ImportedData:
        """Soil moisture with its uncertainty.

        Raises:
            InvalidInput: a damaged file, or one in per cent of saturation.
        """
        screened, versions = [], []
        for path in paths:
            dataset = load(path)
            require_variables(path, dataset, (SM, ERROR, FLAG, "time"))
            screened.append(screened_retrievals(self._rows(path, dataset), "sm", self._drops(),
                                                ["sample"]))  # fmt: skip
            match = VERSION.search(path.name) or VERSION.search(path.parent.name)
            found = str(dataset.attrs.get("product_version", ""))
            versions.append((match[1] or match[2].replace("_", ".")) if match else found)
        notes = [
            "times are those of the observation (t0) in UTC, where the file has them",
            "the observation error is sm_uncertainty",
            "values are scaled by the product to the climatology of a land surface model",
        ]
        return observation_data(
            screened, product="ESA CCI soil moisture",
            version=", ".join(v for v in dict.fromkeys(versions) if v), notes=notes,
            credits="ESA CCI soil moisture, free to use with citation of Dorigo et al. (2017)",
        )  # fmt: skip

    def _drops(self) -> list[tuple[str, Any]]:
        if not self.good_only:
            return []
        return [("flag other than 0", lambda f: f[FLAG].to_numpy() != 0)]

    def _rows(self, path: Path, dataset: Any) -> Retrievals:
        """Rows of a map or of the cell layout, whose variables state no units."""
        require_numbers(path, dataset, SM)
        units = str(dataset[SM].attrs.get("units", "m3 m-3"))
        if "percent" in units.lower() or "%" in units:
            raise refusal(
                path, "wrong-units", SM,
                f"'{SM}' is in '{units}', the share of saturation of the active product; expected "
                "m3 m-3 of the combined or the passive product.",
            )  # fmt: skip
        for name in (SM, ERROR):
            if dataset[name].attrs.get("units") is not None:
                converted = values_in(path, dataset, name, "m3 m-3")
                dataset[name] = (dataset[name].dims, converted)
        days = moments(path, dataset, "time")
        require_distinct(path, days, "time")
        names = [n for n in (SM, ERROR, FLAG, OBSERVED_AT) if n in dataset]
        if "location_id" in dataset:
            frame, step = cell_rows(dataset, SM, names[1:])
            default = days[step]
        else:
            if len(days) != 1:
                raise refusal(path, "wrong-grid", "time",
                              f"the map has {len(days)} times; expected one.")  # fmt: skip
            frame = grid_rows(path, dataset, names, "lat", "lon")
            default = np.full(len(frame), days[0])
        start = default
        if OBSERVED_AT in frame:
            at = frame[OBSERVED_AT].to_numpy(dtype=float)
            known = np.isfinite(at) & (at > 0.0)
            exact = moments_from(path, OBSERVED_AT, np.where(known, at, 0.0), SINCE_1970)
            start = np.where(known, exact, default)
        values, sd = frame[SM].astype(float), frame[ERROR].astype(float)
        # two days of the product may share an observation at noon
        sample = [f"day {day}" for day in default.astype("datetime64[D]")]
        return Retrievals(path, frame.assign(values=values, sd=sd, start=start, sample=sample))
