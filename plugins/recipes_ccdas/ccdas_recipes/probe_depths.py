"""Depth of the top soil-moisture probe of flux towers."""

from __future__ import annotations

import numpy as np
from attrs import evolve

from ccdas_framework import Observations

# m. The records do not state the depths of their top sensors. Most lie at 0.05 to 0.10 m, so that
# the middle is used for an unknown one.
ASSUMED, SHALLOWEST, DEEPEST = 0.075, 0.05, 0.10
# Site -> depth (m) and its source. All are uncertain by 0.025 m or more.
PROBES = {
    "AU-How": (ASSUMED, "unknown; reflectometry of a depth that the OzFlux site page leaves out"),
    "BE-Vie": (ASSUMED, "unknown"),
    "DE-Tha": (ASSUMED, "unknown"),
    "FI-Hyy": (ASSUMED, "rods of 0.15 m, vertical in the upper horizons (wiki of SMEAR II); which "
               "of them the record has is unknown"),
    "US-AR1": (ASSUMED, "unknown"),
    "US-MMS": (ASSUMED, "unknown"),
    "US-SRG": (ASSUMED, "unknown"),
    "US-Var": (ASSUMED, "unknown"),
}  # fmt: skip
COMMENT = (
    f"the depths of the top sensors are not stated: `depth` is {ASSUMED:g} m, the middle of "
    f"{SHALLOWEST:.2f} to {DEEPEST:.2f} m"
)


def with_depth(observations: Observations) -> Observations:
    """The observations of towers with the depth of their probes (m), column `depth`."""
    depth = [PROBES[str(label)][0] for label in observations.label]
    return evolve(observations, extra={**observations.extra, "depth": np.array(depth)})
