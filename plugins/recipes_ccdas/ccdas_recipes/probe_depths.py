"""Depth of the top soil-moisture probe of flux towers."""

from __future__ import annotations

import numpy as np
from attrs import evolve

from ccdas_framework import Observations

# m. The records do not state the depths of their top sensors, and no published one was found for
# AU-How, BE-Vie, DE-Tha, FI-Hyy, US-AR1, US-MMS, US-SRG and US-Var. Own choice: the middle of 0.05
# and 0.10 m, with an error of 0.025 m or more.
ASSUMED, SHALLOWEST, DEEPEST = 0.075, 0.05, 0.10
COMMENT = (
    f"the depths of the top sensors are not stated: `depth` is {ASSUMED:g} m, the middle of "
    f"{SHALLOWEST:.2f} to {DEEPEST:.2f} m"
)


def with_depth(observations: Observations) -> Observations:
    """The observations of towers with the assumed depth of their probes (m), column `depth`."""
    depth = np.full(len(observations), ASSUMED)
    return evolve(observations, extra={**observations.extra, "depth": depth})
