"""Files in the cell layout of the TU Wien: any variable of soil moisture, also of models."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import numpy as np
from attrs import field, frozen
from attrs.validators import optional

from ccdas_framework import ImportedData, ProductReader, in_range

from ..checks import require_distinct
from ..netcdf_files import load, moments, netcdf_head, require_variables, values_in
from ..observations import observation_data
from ..refusal import refusal
from .retrievals import Retrievals, cell_rows, screened_retrievals

WATER = 1000.0  # kg m-3
# variable -> upper and lower depth of the layer (m), whether a sum over the layer
LAYERS = {
    "swvl1": (0.0, 0.07, False), "swvl2": (0.07, 0.28, False), "swvl3": (0.28, 1.0, False),
    "swvl4": (1.0, 2.89, False), "SoilMoi0_10cm_inst": (0.0, 0.1, True),
    "SoilMoi10_40cm_inst": (0.1, 0.4, True), "SoilMoi40_100cm_inst": (0.4, 1.0, True),
    "SoilMoi100_200cm_inst": (1.0, 2.0, True),
}  # fmt: skip


@frozen
class TuwCell(ProductReader):
    """Soil moisture of ERA5-Land and GLDAS in cell files, or a variable that a user names.

    Args:
        variable: name; None takes the uppermost layer of ERA5-Land or GLDAS.
        units: of a variable that states none.
        depth: of the middle of the layer (m); None takes that of a known layer.
    """

    variable: str | None = None
    units: str | None = None
    depth: float | None = field(default=None, validator=optional(in_range(0.0, 100.0)))

    title = "cell files of the TU Wien with soil moisture of ERA5-Land, GLDAS or another product"
    gives: ClassVar = {"sm": "soil moisture, m3 m-3, of ERA5-Land and GLDAS that of a model"}
    aliases = ("era5_land_cell", "gldas_noah_cell")
    tried_on = ("ERA5_LAND_V20190904/0165.nc", "GLDAS_NOAH025_3H_2_1/0165.nc")
    guide = "pynetcf of the TU Wien; documentation of ERA5-Land and of GLDAS Noah 2.1"

    @classmethod
    def recognise(cls, path: Path) -> str:
        """Product of a cell file that no other reader knows, else ""."""
        head = netcdf_head(path)
        if head is None or not {"location_id", "lat", "lon", "time"} <= set(head.variables):
            return ""
        others = {"Soil_Moisture", "sm_uncertainty", "vegetation_opacity"}
        if others & set(head.variables):
            return ""
        return f"cell file {head.attributes.get('product', '')}".strip()

    def read(self, paths: Sequence[Path], stream: str) -> ImportedData:
        """Soil moisture of one layer.

        Raises:
            InvalidInput: a damaged file, or one without the variable or its unit.
        """
        screened, notes, products = [], [], {}
        for path in paths:
            dataset = load(path)
            name = self.variable or next((n for n in LAYERS if n in dataset), None)
            if name is None:
                raise refusal(
                    path, "missing-variable", "variable",
                    f"the file has none of {', '.join(LAYERS)}. Name one of its variables by "
                    f"--set variable=NAME: {', '.join(map(str, dataset.data_vars))}.",
                )  # fmt: skip
            require_variables(path, dataset, (name, "time"))
            top, bottom, is_sum = LAYERS.get(name, (np.nan, np.nan, False))
            units = "kg m-2" if is_sum else "m3 m-3"
            values = values_in(path, dataset, name, units, self.units)
            dataset[name] = (dataset[name].dims, values / (WATER * (bottom - top)) if is_sum
                             else values)  # fmt: skip
            times = moments(path, dataset, "time")
            require_distinct(path, times, "time")
            frame, step = cell_rows(dataset, name, [])
            depth = self.depth if self.depth is not None else (top + bottom) / 2.0
            columns = []
            if np.isfinite(depth):
                frame["depth"], columns = depth, ["depth"]
            frame = frame.assign(values=frame[name].astype(float), sd=np.nan, start=times[step])
            screened.append(screened_retrievals(Retrievals(path, frame), "sm", [], columns,
                                                f"sm {name}"))  # fmt: skip
            products[str(dataset.attrs.get("product", "not stated"))] = None
            known = "" if not is_sum else " (sums over the layer, divided by its depth)"
            notes.append(f"values are {name}{known}, without an error, at their times in UTC")
        if self.variable in (None, *LAYERS):
            notes.append("values are those of a model and no measurements")
        attributes = {} if self.variable not in (None, *LAYERS) else {
            "data_kind": "substitute", "substitute_for": "measured soil moisture"}  # fmt: skip
        return observation_data(
            screened, product=f"cell files: {', '.join(products)}", version="",
            notes=list(dict.fromkeys(notes)), attributes=attributes,
        )  # fmt: skip
