"""Observations far from their simulated values are named, the farthest first."""

import numpy as np
import pytest
from attrs import evolve
from findings import codes

from ccdas_framework.diagnostics import diagnose, large_misfits

from .linear import X_B, Linear

START = np.datetime64("2010-01-01")


def misfits(distance, sd=2.0):
    """Findings about observations so many sd above the simulated value 10."""
    distance = np.asarray(distance, float)
    return large_misfits(
        "flux", "gC m-2 d-1", observed=10.0 + sd * distance,
        simulated=np.full(len(distance), 10.0), sd=np.full(len(distance), sd),
        place=np.array([f"tower {n}" for n in range(len(distance))]),
        start=START + np.arange(len(distance)),
    )  # fmt: skip


@pytest.mark.parametrize("distance", [[], [0.0, -1.0, 3.0], [5.0, -5.0], [np.nan, 1.0]])
def test_no_more_than_five_sd_is_no_finding(distance):
    assert misfits(distance) == []


def test_place_day_values_and_distance_are_named():
    (finding,) = misfits([0.0, 50.0, -6.0, 1.0])
    assert codes([finding]) == [("large-misfits", "streams.flux")]
    for part in ("2 of 4", "'tower 1' on 2010-01-02", "observed 110", "simulated 10", "50 sd"):
        assert part in finding.message
    assert finding.message.index("tower 1") < finding.message.index("tower 2")


def test_a_stream_that_the_model_misses_takes_one_line_of_five_values():
    (finding,) = misfits(np.linspace(6.0, 600.0, 200))
    assert "200 of 200" in finding.message and "\n" not in finding.message
    assert finding.message.count("tower") == 5 and "tower 199" in finding.message


def with_far_value(fits):
    """The fits with one observation of the second stream 50 sd from the posterior."""
    observed, residual = fits[1].observed.copy(), fits[1].residual.copy()
    observed[7], residual[7] = fits[1].posterior[7] + 50.0 * fits[1].sd[7], 50.0
    return [fits[0], evolve(fits[1], observed=observed, residual=residual)]


@pytest.mark.parametrize("minimum", [True, False])
def test_a_run_names_them_with_and_without_a_posterior(minimum):
    linear = Linear()
    fits, posterior = linear.solved(linear.draw(np.random.default_rng(1)))
    diagnosis = diagnose(with_far_value(fits), posterior if minimum else None, X_B)
    (warning,) = [w for w in diagnosis.warnings if w.code == "large-misfits"]
    assert warning.where == "streams.b" and "'place 3' on 2010-01-02" in warning.message
