"""Vegetation optical depth as a linear function of leaf area index."""

from attrs import field, frozen
from attrs.validators import ge

from ccdas_framework import (
    ObservationOperator,
    Parameter,
    Variable,
    area_mean,
    cell_stream,
    is_whole_number,
)


@frozen
class LaiVod(ObservationOperator):
    """Nadir L-band VOD from leaf area; its settings are the keys a config may give.

    Args:
        lag_days: canopy water trails leaf area by so many days (d).
    """

    lag_days: int = field(default=0, validator=[is_whole_number, ge(0)])

    observes = Variable(
        "vod", units="1", dims=("obs",), valid_range=(0.0, 3.0), long_name="L-band optical depth"
    )
    requires = (
        Variable(
            "lai", units="m2 m-2", dims=("time", "column"), valid_range=(0.0, 20.0),
            long_name="leaf area index",
        ),
    )  # fmt: skip
    parameters = (
        Parameter(
            "vod_per_lai", units="1", mean=0.06, sd=0.03, bounds=(0.0, 1.0), in_loop=False,
            source="own choice", long_name="optical depth per leaf area, b'",
        ),
        Parameter(
            "vod_wood", units="1", mean=0.10, sd=0.10, bounds=(-1.0, 2.0), in_loop=False,
            source="own choice", long_name="optical depth without leaves, b''",
        ),
    )  # fmt: skip
    scope = "cell"
    unknown_sd = 0.05  # of an observation that is asked for without an error (1)

    @property
    def lead_days(self):
        """The lag reaches before the window."""
        return self.lag_days

    def prepare(self, observations, domain, prior_fields):
        """Find each observation's days and the columns of its cell, once."""
        return cell_stream(observations, domain, lag=self.lag_days)

    def observe(self, fields, parameters, at, xp):
        """Simulated VOD (1), shape (obs,); `at` holds days and column weights."""
        lai = area_mean(fields["lai"], at, xp)
        return vod_from_lai(lai, parameters["vod_per_lai"], parameters["vod_wood"])


def vod_from_lai(lai, vod_per_lai, vod_wood):
    """Nadir optical depth of vegetation.

        tau = b' LAI + b''

    Args:
        lai: LAI (m2 m-2), any shape.
        vod_per_lai: b' (1), scalar.
        vod_wood: b'' (1), scalar.

    Returns:
        tau (1), shape of `lai`.

    Source: L-MEB, Wigneron et al. (2007), Remote Sens. Environ. 107, 639-655.
    """
    return vod_per_lai * lai + vod_wood
