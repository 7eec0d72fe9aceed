"""Counts of dropped observations: each observation that is read counts once."""

import numpy as np
import pytest
from assembling import assemble
from attrs import evolve, frozen
from toy import CellWater, Reservoir, toy_forcing, toy_observations

from ccdas_framework import apply_masks
from ccdas_framework.priors import Gaussian


@frozen
class Picky(CellWater):
    """Takes every second observation, with its reason or without one."""

    counts: bool = True

    def prepare(self, observations, domain, prior_fields):
        stream = super().prepare(observations, domain, prior_fields)
        chosen = apply_masks(stream, {"odd": np.arange(len(stream.values)) % 2 == 1})
        return chosen if self.counts else evolve(chosen, dropped=stream.dropped)


@pytest.mark.parametrize("blocks", [1, 2])
@pytest.mark.parametrize("counts", [True, False])
def test_each_observation_that_is_read_counts_once(autograd, counts, blocks):
    forcing = toy_forcing()
    observations = toy_observations(forcing)["water"]
    longitude = np.where(np.arange(25) < 4, 90.0, observations.longitude)
    observations = evolve(observations, longitude=longitude, dropped={"without a value": 3})
    problem = assemble(
        model_name="reservoir", model=Reservoir(), operators={"water": Picky(counts=counts)},
        observations={"water": observations}, forcing=forcing, engine=autograd,
        prior=Gaussian.for_control, blocks=blocks,
    )  # fmt: skip
    stream = problem.streams["water"]
    assert stream.read == 28 == len(stream.values) + sum(stream.dropped.values())
    assert stream.dropped["without a value"] == 3 and stream.dropped["outside the grid"] == 4
    assert ("odd" in stream.dropped) == counts and len(stream.dropped) == 3
    assert all(reason in stream.reasons for reason in stream.dropped)
