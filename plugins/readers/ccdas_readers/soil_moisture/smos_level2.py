"""SMOS level 2 of ESA, half orbits."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from attrs import field, frozen

from ccdas_framework import ImportedData, ProductReader, in_range

from ..lazy_modules import pandas as pd
from ..netcdf_files import (
    load,
    netcdf_head,
    require_variables,
    values_in,
)
from ..observations import observation_data
from ..refusal import refusal
from ..settings import several
from ..text_files import csv_table, numbers
from .retrievals import (
    Retrievals,
    acquisition,
    screened_retrievals,
)
from .smos_products import (
    CREDITS,
    ERRORS,
    LEVEL_2_VERSION,
    SCREENED,
    UNITS,
    VALUES,
    file_columns,
    quality_drops,
    versions_of,
)


@frozen
class SmosLevel2(ProductReader):
    """SMOS user data product of ESA, half orbits.

    Args:
        maximum_dqx, maximum_rfi, maximum_chi_2, flags: as of level 3; chi squared as in the file.
        grid: table with the columns id, latitude and longitude of the grid points ISEA 4H9, for
            files that lack positions.
    """

    maximum_dqx: float = field(default=0.07, validator=in_range(0.0, 1.0))
    maximum_rfi: float = field(default=0.2, validator=in_range(0.0, 1.0))
    maximum_chi_2: float = field(default=1e6, validator=in_range(0.0, 1e6))
    flags: tuple[str, ...] = field(default=SCREENED, converter=several)
    grid: Path | None = None

    title = "SMOS level 2 soil moisture user data product, v700 (the sample lacks positions)"
    gives: ClassVar = {
        "sm": "soil moisture, m3 m-3, with dqx and rfi_probability",
        "vod": "optical thickness at nadir, 1, of files that have it",
    }
    aliases = ("smos_l2_swath",)
    tried_on = ("SM_REPR_MIR_SMUDP2_20100601T073146_20100601T082504_700_100_1.nc",)
    guide = "SMOS level 2 product specification, SO-TN-IDR-GS-0006"

    @classmethod
    def recognise(cls, path: Path) -> str:
        """Product of a file of level 2, else ""."""
        head = netcdf_head(path)
        if head is None or "Grid_Point_ID" not in head.variables:
            return ""
        kind = str(head.attributes.get("Fixed_Header:File_Type", ""))
        return f"SMOS level 2 {kind}".strip()

    def read(self, paths: Sequence[Path], stream: str) -> ImportedData:
        """Soil moisture or optical thickness.

        Raises:
            InvalidInput: a damaged file, or one without the quantity or positions.
        """
        screened = []
        value = VALUES[stream]
        for path in paths:
            dataset = load(path)
            require_variables(path, dataset, (value, "Days", "Seconds", "RFI_Prob",
                                              "Science_Flags"))  # fmt: skip
            error = next((n for n in (*ERRORS[stream], f"{value}_DQX") if n in dataset), None)
            values = values_in(path, dataset, value, UNITS[stream], "1")
            names = {"RFI_Prob": "Rfi_Prob", "Chi_2": "Chi_2", "Science_Flags": "Science_Flags"}
            frame = pd.DataFrame({new: dataset[old].values for old, new in names.items()
                                  if old in dataset})  # fmt: skip
            for new, old in names.items():
                # the product writes 0 as fill value, so that a missing number or flag is 0
                if old in dataset and dataset[old].encoding.get("_FillValue") == 0:
                    frame[new] = frame[new].fillna(0.0)
            identity = dataset["Grid_Point_ID"].values.astype(np.int64)
            sd = np.full(len(values), np.nan)
            if error:
                sd = values_in(path, dataset, error, UNITS[stream], difference=True)
            nothing = np.full(len(values), np.datetime64("NaT", "s"))
            start = acquisition(dataset["Days"].values, dataset["Seconds"].values, nothing)
            latitude, longitude = self._places(path, dataset, identity, np.isfinite(values))
            frame = frame.assign(
                values=values, sd=sd, start=start, latitude=latitude, longitude=longitude,
                label=[f"grid point {n}" for n in identity],
            )  # fmt: skip
            if stream == "sm" and error:
                frame["dqx"] = sd
            repeated = pd.Series(identity).duplicated().to_numpy()
            if repeated.any():
                message = f"{int(repeated.sum())} grid points occur twice in a half orbit."
                raise refusal(path, "duplicate-times", "Grid_Point_ID", message)
            drops = quality_drops(frame, stream, self.maximum_dqx, self.maximum_rfi,
                                  self.maximum_chi_2, self.flags)  # fmt: skip
            columns = file_columns(frame, stream)
            screened.append(screened_retrievals(Retrievals(path, frame), stream, drops, columns))
        notes = ["times are those of acquisition in UTC", "the observation error is DQX"]
        return observation_data(
            screened, product="SMOS level 2 user data product",
            version=versions_of(paths, LEVEL_2_VERSION), notes=notes, credits=CREDITS,
        )  # fmt: skip

    def _places(
        self, path: Path, dataset: Any, identity: np.ndarray, used: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Positions from the file or from the table of the grid, NaN of unused points."""
        if {"Latitude", "Longitude"} <= set(dataset.variables):
            return dataset["Latitude"].values.astype(float), dataset["Longitude"].values.astype(
                float
            )
        if self.grid is None:
            raise refusal(
                path, "missing-site", "Latitude and Longitude",
                "the file has grid points and no positions. Give a table of the grid ISEA 4H9 with "
                "the columns id, latitude and longitude by --set grid=FILE.",
            )  # fmt: skip
        table = csv_table(self.grid, ("id", "latitude", "longitude"))
        position = {n: numbers(self.grid, table[n], n) for n in ("id", "latitude", "longitude")}
        order = np.argsort(position["id"])
        at = np.searchsorted(position["id"][order], identity).clip(max=len(order) - 1)
        known = position["id"][order][at] == identity
        if (used & ~known).any():
            raise refusal(
                self.grid, "wrong-grid", "id",
                f"the table lacks {int((used & ~known).sum())} grid points that have a value, the "
                f"first {identity[used & ~known][0]}.",
            )  # fmt: skip
        return tuple(np.where(known, position[n][order][at], np.nan)
                     for n in ("latitude", "longitude"))  # fmt: skip
