"""Signs and order of quantities of weather: noise of packing is cut off, other numbers refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..refusal import refusal

# largest negative number that packing and spectral models leave in a quantity that is never
# negative, in the units of the readers; a choice
NOISE = {
    "pr": 0.1, "rsds": 5.0, "vp": 5.0, "sfcWind": 0.1, "hurs": 0.02, "pre": 0.1, "wet": 0.01,
    "vap": 5.0, "dtr": 0.01, "cld": 0.01,
}  # fmt: skip


def not_negative(
    path: Path, name: str, values: np.ndarray, least: float | None = None
) -> np.ndarray:
    """Values with noise below 0 set to 0.

    Args:
        path, name: of the file and the quantity.
        values: any shape, NaN where missing.
        least: smallest number that counts as noise; by default that of `NOISE`.

    Raises:
        InvalidInput: smaller numbers, such as undeclared missing values or another sign.
    """
    lowest = -NOISE[name] if least is None else least
    if (bad := values < lowest).any():
        raise refusal(
            path, "wrong-units", name,
            f"'{name}' is {np.nanmin(values):.4g} at the lowest, and below {lowest:.4g} in "
            f"{int(bad.sum())} of {values.size} numbers; expected none below 0. Are missing values "
            "marked, and is the flux positive downwards?",
        )  # fmt: skip
    return np.maximum(values, 0.0)


def require_order(path: Path, names: tuple[str, str], low: np.ndarray, high: np.ndarray) -> None:
    """Refuse a minimum above the maximum by more than 0.01.

    Args:
        path: of the file.
        names: of the minimum and the maximum.
        low, high: same shape.

    Raises:
        InvalidInput: with the number of such values.
    """
    if (bad := low > high + 0.01).any():
        raise refusal(
            path, "out-of-range", names[0],
            f"'{names[0]}' is above '{names[1]}' in {int(bad.sum())} of {bad.size} numbers, by "
            f"{float((low - high)[bad].max()):.4g} at most. Were the two exchanged, or are the "
            "files of different runs?",
        )  # fmt: skip
