"""XCO2 of TCCON (GGG2020) and of OCO-2 and OCO-3 Lite files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from attrs import field, frozen
from attrs.validators import in_

from ccdas_framework import ImportedData, ProductReader, in_range

from ..averages import DAY, NONE, PERIODS
from ..checks import require_distinct
from ..co2.scales import X2007, X2019, scale_names
from ..lazy_modules import pandas as pd
from ..netcdf_files import (
    load,
    moments,
    netcdf_head,
    require_numbers,
    require_variables,
    values_in,
)
from ..refusal import refusal
from .places import split_places
from .profiles import Columns, column_data, kept_rows, profile_of, require_shape

GGG2020 = re.compile(r"GGG\s?2020", re.IGNORECASE)
KNOWN = "TCCON GGG2020"
INDEX = "prior_index"  # of the profile of a spectrum, from 0, in the first files of GGG2020
ATMOSPHERE = 1013.25  # hPa
OLD_BUILDS = re.compile(r"B(?:7|8|9|10)(?:\d{3}|\.)")  # versions before the scale X2019 of 2021
NEW_SCALE = "xco2_x2019"  # in Lite files of version 11
# names in Lite files, and those of files that openghg wrote again
OCO_NAMES = {
    "latitude": ("latitude", "lat"), "longitude": ("longitude", "lon"),
    "weight": ("pressure_weight", "pressure_weights"),
}  # fmt: skip


@frozen
class Tccon(ProductReader):
    """TCCON public files of GGG2020.

    Args:
        scale: calibration scale, "X2019" (variables `_x2019`) or "X2007".
        average: "day" for means of a day, "month", or "none" for single spectra.
        maximum_error: largest error of a spectrum (ppm).
    """

    scale: str = field(default=X2019, validator=in_((X2019, X2007)))
    average: str = field(default=DAY, validator=in_(PERIODS))
    maximum_error: float = field(default=5.0, validator=in_range(0.1, 100.0))

    title = "TCCON column averages of CO2, GGG2020 public files"
    gives: ClassVar = {"xco2": "column average of CO2, ppm, with averaging kernel and prior"}
    tried_on = ("hw20230402_20230402.public.qc.nc",)
    guide = "Laughner et al. (2024), Earth Syst. Sci. Data 16, 2197; TCCON wiki, GGG2020 data"

    @classmethod
    def recognise(cls, path: Path) -> str:
        """Version of a file of TCCON, else ""."""
        head = netcdf_head(path)
        if head is None:
            return ""
        keys = ("title", "source", "data_doi", "tccon_reference", "more_information")
        text = " ".join(str(head.attributes.get(k, "")) for k in keys)
        if "total carbon" not in text.lower() and "tccon" not in text.lower():
            return ""
        return KNOWN if GGG2020.search(text) else "TCCON, another version than GGG2020"

    def read(self, paths: Sequence[Path], stream: str) -> ImportedData:
        """Column averages of the sites of the files.

        Raises:
            InvalidInput: another version or species, or a damaged file.
        """
        versions: dict[str, None] = {}
        columns = []
        for path in paths:
            if self.recognise(path) != KNOWN:
                raise refusal(path, "wrong-version", "",
                              "the file is of another version than GGG2020, whose kernels have "
                              "another layout. Download the GGG2020 release.")  # fmt: skip
            dataset = load(path)
            versions[str(dataset.attrs.get("data_revision", ""))] = None
            columns.append(self._columns(path, dataset))
        notes = [
            f"calibration scale: WMO {self.scale}",
            "pressure weights are those of the integration operator in dry air; the prior profile "
            "is converted to dry air by its water",
            *split_places([each.frame for each in columns], [kept_rows(each) for each in columns]),
        ]
        return column_data(
            columns, self.average, product="TCCON GGG2020 XCO2",
            version=", ".join(filter(None, versions)), notes=notes,
            credits="TCCON data use policy; cite the data of each site (attribute data_reference)",
        )  # fmt: skip

    def _columns(self, path: Path, dataset: Any) -> Columns:
        """Column averages of one site."""
        end = "_x2019" if self.scale == X2019 else ""
        value, error = f"xco2{end}", f"xco2_error{end}"
        operator = f"integration_operator{end}"
        require_variables(path, dataset, (
            "time", "lat", "long", value, error, operator, "ak_xco2", "ak_altitude",
            "prior_altitude", "prior_co2", "prior_h2o", "prior_pressure",
        ))  # fmt: skip
        levels = [dataset[n].values.astype(float) for n in ("ak_altitude", "prior_altitude")]
        if levels[0].shape != levels[1].shape or not np.allclose(*levels, atol=0.01):
            raise refusal(path, "wrong-version", "ak_altitude",
                          "the kernels are on other altitudes than the prior profiles."
                          )  # fmt: skip
        names = "ak_xco2", operator, "prior_co2", "prior_h2o", "prior_pressure"
        dataset = _of_each_spectrum(path, dataset, names)
        profiles = {n: profile_of(path, dataset, n) for n in names}
        require_shape(path, profiles, profiles["ak_xco2"].shape)
        dry = 1.0 - profiles["prior_h2o"]
        prior = values_in(path, dataset, "prior_co2", "ppm") / dry
        about = dataset.attrs
        site = str(about.get("long_name") or about.get("short_location") or path.name[:2])
        when = moments(path, dataset, "time")
        require_distinct(path, when, "time")
        north, east = (values_in(path, dataset, n, "degrees", "degrees") for n in ("lat", "long"))
        frame = pd.DataFrame({
            "values": values_in(path, dataset, value, "ppm"),
            "sd": values_in(path, dataset, error, "ppm"),
            "start": when, "end": when, "latitude": north, "longitude": east,
            "altitude": values_in(path, dataset, "zobs", "m") if "zobs" in dataset else np.nan,
            "label": site, "scale": self.scale,
        })  # fmt: skip
        sd = frame["sd"].to_numpy(dtype=float)
        return Columns(path, frame, {
            "averaging_kernel": profiles["ak_xco2"],
            "pressure_weight": profiles[operator] * dry,
            "prior_profile": prior,
            "level_pressure": values_in(path, dataset, "prior_pressure", "atm") * ATMOSPHERE,
        }, {f"error above {self.maximum_error:g} ppm": sd > self.maximum_error})  # fmt: skip


def _of_each_spectrum(path: Path, dataset: Any, names: Sequence[str]) -> Any:
    """The dataset with a profile for each spectrum, where a file has one for three hours.

    Raises:
        InvalidInput: the file has other profiles, and no `prior_index` of them.
    """
    count = dataset["time"].size
    for name in names:
        values = profile_of(path, dataset, name)
        if len(values) == count:
            continue
        if INDEX not in dataset:
            raise refusal(path, "wrong-version", name,
                          f"'{name}' has {len(values)} profiles for {count} spectra, and the file "
                          f"has no '{INDEX}'.")  # fmt: skip
        index = require_numbers(path, dataset, INDEX).astype(int)
        if index.min() < 0 or index.max() >= len(values):
            raise refusal(path, "out-of-range", INDEX,
                          f"'{INDEX}' is {index.min()} to {index.max()}; the file has "
                          f"{len(values)} profiles.")  # fmt: skip
        attributes = dataset[name].attrs
        dataset = dataset.drop_vars(name).assign(
            {name: (("time", f"{name}_level"), values[index], attributes)}
        )
    return dataset


@frozen
class Oco2Lite(ProductReader):
    """OCO-2 and OCO-3 Lite files of bias-corrected XCO2.

    Args:
        good_only: whether soundings of quality flag 1 are left out.
        box: size of the boxes (degrees) whose soundings are averaged; 0 keeps single soundings.
        average: "day" or "month", of the soundings of a box.
    """

    good_only: bool = True
    box: float = field(default=1.0, validator=in_range(0.0, 30.0))
    average: str = field(default=DAY, validator=in_((DAY, "month")))

    title = "OCO-2 and OCO-3 Lite column averages of CO2, versions 10 and 11"
    gives: ClassVar = {"xco2": "column average of CO2, ppm, with averaging kernel and prior"}
    aliases = ("oco2", "oco3_lite", "xco2_reprocessed")
    guide = "Payne et al. (2023), OCO data product user's guide, L2 Lite files, version 11"

    @classmethod
    def recognise(cls, path: Path) -> str:
        """Product of a Lite file, else ""."""
        head = netcdf_head(path)
        needed = {"xco2", "xco2_averaging_kernel", "co2_profile_apriori", "pressure_levels"}
        if head is None or not needed <= set(head.variables):
            return ""
        return "OCO Lite XCO2"

    def read(self, paths: Sequence[Path], stream: str) -> ImportedData:
        """Column averages, by box and day.

        Raises:
            InvalidInput: a damaged file, or one without flags.
        """
        notes: list[str] = []
        columns = (self._columns(path, load(path), notes) for path in paths)
        return column_data(
            columns, NONE if self.box == 0.0 else self.average, product="OCO-2 Lite XCO2",
            version="", notes=notes,
            credits="NASA OCO data, GES DISC; free to use with citation",
        )  # fmt: skip

    def _columns(self, path: Path, dataset: Any, notes: list[str]) -> Columns:
        """Soundings of one file."""
        found = {
            name: next((n for n in names if n in dataset), names[0])
            for name, names in OCO_NAMES.items()
        }
        levels = ("pressure_levels", "xco2_averaging_kernel", "co2_profile_apriori")
        require_variables(path, dataset, ("time", "xco2", *found.values(), *levels))
        flag = "xco2_quality_flag"
        drops = {}
        if self.good_only:
            if flag not in dataset:
                raise refusal(path, "missing-variable", flag,
                              f"the file has no '{flag}'; --set good_only=false takes all "
                              "soundings.")  # fmt: skip
            quality = dataset[flag].values.astype(float)
            drops = {f"{flag} is not 0": ~(quality == 0.0)}
        value = NEW_SCALE if NEW_SCALE in dataset else "xco2"
        scale = _scale_of(path, dataset, value)
        notes.append(f"calibration scale of '{value}': {scale}")
        latitude, longitude = (
            values_in(path, dataset, found[n], f"degrees_{d}")
            for n, d in (("latitude", "north"), ("longitude", "east"))
        )
        labels = [f"{lat:.4f}N {lon:.4f}E" for lat, lon in zip(latitude, longitude, strict=True)]
        if self.box:
            latitude, longitude = _centres(latitude, longitude, self.box)
            pairs = zip(latitude, longitude, strict=True)
            labels = [f"{lat:.2f}N {lon:.2f}E" for lat, lon in pairs]
            notes.append(f"places are the centres of boxes of {self.box:g} degrees")
        when = moments(path, dataset, "time")
        error = "xco2_uncertainty"
        frame = pd.DataFrame({
            "values": values_in(path, dataset, value, "ppm"), "scale": scale,
            "sd": values_in(path, dataset, error, "ppm") if error in dataset else np.nan,
            "start": when, "end": when, "latitude": latitude, "longitude": longitude,
            "altitude": np.nan, "label": labels,
        })  # fmt: skip
        return Columns(path, frame, {
            "averaging_kernel": profile_of(path, dataset, "xco2_averaging_kernel"),
            "pressure_weight": profile_of(path, dataset, found["weight"]),
            "prior_profile": values_in(path, dataset, "co2_profile_apriori", "ppm"),
            "level_pressure": values_in(path, dataset, "pressure_levels", "hPa"),
        }, drops)  # fmt: skip


def _scale_of(path: Path, dataset: Any, name: str) -> str:
    """Calibration scale of a variable of a Lite file, "not stated" where nothing tells it."""
    if name == NEW_SCALE:
        return X2019
    texts = " ".join(str(dataset[name].attrs.get(k, "")) for k in ("long_name", "comment"))
    if named := [scale for scale in scale_names(texts) if scale in (X2007, X2019)]:
        return named[0]
    keys = ("BuildId", "CollectionLabel", "input_file")
    build = " ".join([path.name, *(str(dataset.attrs.get(k, "")) for k in keys)])
    return X2007 if OLD_BUILDS.search(build) else "not stated"


def _centres(
    latitude: np.ndarray, longitude: np.ndarray, size: float
) -> tuple[np.ndarray, np.ndarray]:
    """Centres of the boxes of soundings (degrees); poles and date line belong to the last box."""
    north = np.where(latitude == 90.0, np.nextafter(90.0, 0.0), latitude)
    north = np.floor(north / size) * size + size / 2.0
    north = np.where(np.abs(latitude) <= 90.0, np.clip(north, -90.0, 90.0), north)
    on_earth = (longitude >= -180.0) & (longitude <= 360.0)
    east = np.where(on_earth, (longitude + 180.0) % 360.0 - 180.0, longitude)
    east = np.floor(east / size) * size + size / 2.0
    return north, np.where(on_earth, (east + 180.0) % 360.0 - 180.0, east)
