"""What the products of SMOS share: variables, flags, rules of quality, and names of files."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ..lazy_modules import pandas as pd
from ..refusal import refusal
from .retrievals import WITHOUT_FLAG, has_bit, is_missing

# bits of the science flags, in the order of their meanings
FLAGS = (
    "FL_NON_NOM", "FL_SCENE_T", "FL_BARREN", "FL_TOPO_S", "FL_TOPO_M", "FL_OW", "FL_SNOW_MIX",
    "FL_SNOW_WET", "FL_SNOW_DRY", "FL_FOREST", "FL_NOMINAL", "FL_FROST", "FL_ICE", "FL_WETLANDS",
    "FL_FLOOD_PROB", "FL_URBAN_LOW", "FL_URBAN_HIGH", "FL_SAND", "FL_SEA_ICE", "FL_COAST",
    "FL_OCCUR_T", "FL_LITTER", "FL_PR", "FL_INTERCEP", "FL_EXTERNAL", "FL_RAIN", "FL_TEC",
    "FL_TAU_FO", "FL_WINTER_FOREST", "FL_DUAL_RETR_FNO_FFO",
)  # fmt: skip
SCREENED = ("FL_TOPO_S", "FL_SNOW_MIX", "FL_SNOW_WET", "FL_SNOW_DRY", "FL_FROST", "FL_ICE")
MOISTURE, THICKNESS = "Soil_Moisture", "Optical_Thickness_Nad"
ERRORS = {"sm": ("Soil_Moisture_Dqx", "Soil_Moisture_DQX"), "vod": ("Optical_Thickness_Nad_Dqx",)}
VALUES = {"sm": MOISTURE, "vod": THICKNESS}
UNITS = {"sm": "m3 m-3", "vod": "1"}
CLIPPED = 0.9999  # m3 m-3: retrievals end at 1
ORBITS = {"A": "ascending", "D": "descending", "ASC": "ascending", "DES": "descending"}
LEVEL_3 = re.compile(r"CLF3\dA?([AD])|_(ASC|DES)")
LEVEL_3_VERSION = re.compile(r"_(\d{3})_\d{3}_\d\.DBL|SMOSL3_(v\d+)")
LEVEL_2_VERSION = re.compile(r"_(\d{3})_\d{3}_\d\.nc")
IC_VERSION = re.compile(r"SMOS(?:_?IC)?_(\d{3})|_(\d{3})_\d{3}_\d\.DBL")
CREDITS = "SMOS data of ESA and CATDS, free to use with acknowledgement"


def quality_drops(
    frame: pd.DataFrame, stream: str, dqx: float, rfi: float, chi_2: float, flags: Sequence[str]
) -> list[tuple[str, Any]]:
    """Rules that leave out rows by the columns that a file of SMOS has."""
    unknown = [flag for flag in flags if flag not in FLAGS]
    if unknown:
        message = f"unknown flags {', '.join(unknown)}; expected some of {', '.join(FLAGS)}."
        raise refusal(Path("--set flags"), "wrong-value", unknown[0], message)
    drops: list[tuple[str, Any]] = []
    if stream == "sm":
        drops.append(("clipped at 1 m3 m-3", lambda f: f["values"] >= CLIPPED))
        if "dqx" in frame:
            drops.append((f"DQX above {dqx:g} or missing", lambda f: ~(f["dqx"] <= dqx)))
    if "Rfi_Prob" in frame:
        drops.append((f"RFI above {rfi:g}", lambda f: ~(probability(f) <= rfi)))
    if "Chi_2" in frame:
        drops.append((f"chi squared above {chi_2:g} or missing", lambda f: ~(f["Chi_2"] <= chi_2)))
    if "Science_Flags" in frame and flags:
        drops.append((WITHOUT_FLAG, lambda f: is_missing(f["Science_Flags"])))
        for flag in flags:
            bit = FLAGS.index(flag)
            drops.append((f"flag {flag}", lambda f, bit=bit: has_bit(f["Science_Flags"], bit)))
    return drops


def probability(frame: pd.DataFrame) -> Any:
    """Probability of interference; 0 is its fill value, so that a missing one is 0."""
    return frame["Rfi_Prob"].astype(float).fillna(0.0)


def file_columns(frame: pd.DataFrame, stream: str) -> list[str]:
    """Columns of the observation file."""
    if "Rfi_Prob" in frame:
        frame["rfi_probability"] = probability(frame)
    names = [n for n in ("overpass", "rfi_probability") if n in frame]
    return [*names, "dqx"] if stream == "sm" and "dqx" in frame else names


def orbit_of(path: Path) -> str:
    """Half of the orbit by the name of a file or of its folder."""
    for text in (path.name, path.parent.name):
        if (match := LEVEL_3.search(text)) is not None:
            return ORBITS[match[1] or match[2]]
    return ""


def versions_of(paths: Sequence[Path], pattern: re.Pattern[str]) -> str:
    """Versions in the names of files and folders, without repetition."""
    found = []
    for path in paths:
        match = pattern.search(path.name) or pattern.search(path.parent.name)
        if match is not None:
            found.append(next(group for group in match.groups() if group))
    return ", ".join(dict.fromkeys(found))


def is_smos_ic(variables: Any) -> bool:
    return "Scene_Flags" in variables and "RMSE" in variables
