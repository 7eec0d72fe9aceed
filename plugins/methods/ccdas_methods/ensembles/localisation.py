"""Localisation: an observation acts on the elements of x that it correlates with."""

from __future__ import annotations

from typing import Literal

import numpy as np

from .kalman_update import Anomalies

Localisation = Literal["none", "threshold", "taper"]
KINDS: tuple[Localisation, ...] = ("none", "threshold", "taper")


def localisation_weights(
    anomalies: Anomalies, kind: Localisation, threshold: float
) -> np.ndarray | None:
    """Weights of R^-1 for each element of x, between 0 and 1, shape (control, obs).

    Correlations of N members have a sampling error of 1 / sqrt(N - 1). Those below `threshold`
    times this count as none, with weight 0. The others have the weight 1 ("threshold"), or one
    that rises from 0 at the threshold to 1 at a correlation of 1 ("taper"). None without
    localisation.

    Source: Luo and Bhakta (2020), J. Pet. Sci. Eng. 184, 106559 (localisation by correlations);
    Gaspari and Cohn (1999), Q. J. R. Meteorol. Soc. 125, 723-757, eq. 4.10 (the taper).
    """
    if kind == "none":
        return None
    size = np.abs(correlations(anomalies))
    least = min(threshold / np.sqrt(len(anomalies.x) - 1.0), 1.0)
    if kind == "threshold":
        return np.where(size >= least, 1.0, 0.0)
    distance = (1.0 - size) / max(1.0 - least, 1e-12)
    return np.where(size >= least, gaspari_cohn(2.0 * np.clip(distance, 0.0, 1.0)), 0.0)


def correlations(anomalies: Anomalies) -> np.ndarray:
    """Of elements of x with outputs over the members, 0 without spread, shape (control, obs)."""
    return np.asarray(_unit(anomalies.x).T @ _unit(anomalies.outputs))


def gaspari_cohn(distance: np.ndarray) -> np.ndarray:
    """Taper from 1 at distance 0 to 0 at distance 2 and beyond, shape of `distance`."""
    z = np.abs(distance)
    near = 1.0 - 5.0 / 3.0 * z**2 + 5.0 / 8.0 * z**3 + 0.5 * z**4 - 0.25 * z**5
    safe = np.maximum(z, 0.5)
    far = (
        4.0 - 5.0 * safe + 5.0 / 3.0 * safe**2 + 5.0 / 8.0 * safe**3 - 0.5 * safe**4
        + safe**5 / 12.0 - 2.0 / (3.0 * safe)
    )  # fmt: skip
    return np.clip(np.where(z <= 1.0, near, np.where(z < 2.0, far, 0.0)), 0.0, 1.0)


def _unit(columns: np.ndarray) -> np.ndarray:
    """Columns divided by their length; those of length 0 remain 0."""
    length = np.linalg.norm(columns, axis=0)
    return np.asarray(columns / np.where(length > 0.0, length, 1.0))
