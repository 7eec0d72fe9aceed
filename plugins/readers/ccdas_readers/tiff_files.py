"""Maps in TIFF files, with their position."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from .refusal import refusal

SIGNATURES = (b"II*\x00", b"MM\x00*")
SCALE_TAG, TIE_TAG, NO_DATA_TAG = 33550, 33922, 42113


def is_tiff(path: Path) -> bool:
    """Whether a file begins like a TIFF file."""
    with open(path, "rb") as opened:
        return opened.read(4) in SIGNATURES


def raster(path: Path, coarsest: float) -> tuple[np.ndarray, float, float, tuple[float, float]]:
    """Numbers (row, column), NaN for no data; upper left corner; width and height of a cell.

    Args:
        path: of the file.
        coarsest: largest spacing of the product (degrees).

    Raises:
        InvalidInput: a damaged file, one without a position, or of another spacing.
    """
    try:
        from PIL import Image
    except ImportError as cause:
        raise refusal(
            path, "missing-package", "pillow",
            'TIFF files need pillow: pip install "ccdas-readers[geotiff]".',
        ) from cause  # fmt: skip
    Image.MAX_IMAGE_PIXELS = None  # maps are larger than photographs
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(path) as image:
            tags: Any = image.tag_v2  # type: ignore[attr-defined]
            numbers = np.asarray(image).astype(float)
            steps, tie = tags.get(SCALE_TAG), tags.get(TIE_TAG)
            no_data = str(tags.get(NO_DATA_TAG, "")).strip(" \x00")
    except Exception as cause:
        raise refusal(
            path, "unreadable-file", "",
            f"the TIFF file cannot be read ({cause}). It is damaged or cut off: download it again.",
        ) from cause  # fmt: skip
    if numbers.ndim != 2 or not steps or not tie or not 0.0 < steps[0] <= coarsest:
        raise refusal(
            path, "wrong-grid", "",
            f"the image has the shape {numbers.shape} and the spacing {steps}; expected a map of "
            f"{coarsest:.2g} degrees or finer with a position.",
        )  # fmt: skip
    if no_data:
        numbers[np.isclose(numbers, float(no_data), rtol=1e-6)] = np.nan
    return numbers, float(tie[4]), float(tie[3]), (float(steps[0]), float(steps[1]))
