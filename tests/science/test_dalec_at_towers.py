"""DALEC at ten towers with their own weather: its prior is realistic, and streams improve it."""

import os
from pathlib import Path

import numpy as np
import pytest

from ccdas_framework import load_experiment
from ccdas_framework.core.aggregate import area_mean
from ccdas_framework.core.observations import cell_stream
from ccdas_framework.engines.namespace import numpy_namespace

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("CCDAS_DATA") or "no folder")
pytestmark = [
    pytest.mark.science,
    pytest.mark.skipif(not DATA.is_dir(), reason="no folder of published data; set CCDAS_DATA"),
]


@pytest.fixture(scope="module")
def experiment():
    return load_experiment(
        ROOT / "examples/ten_sites.toml", ["vod", "fapar", "flux"], "dalec", data=DATA
    )


def test_production_of_the_prior_is_within_a_factor_of_two_of_every_tower(experiment):
    seen = experiment.observations["flux"]
    seen = seen.take(seen.extra["quantity"] == "gpp")
    problem, domain = experiment.build(), experiment.forcing.domain
    stream = cell_stream(seen, domain)
    gpp = np.asarray(problem.block_fields(np.zeros(len(problem.control)), 0)["gpp"])
    simulated = area_mean(gpp, stream.at, numpy_namespace())
    places = sorted(set(stream.labels.astype(str)))
    assert len(places) == 9
    for place in places:
        at = stream.labels.astype(str) == place
        ratio = simulated[at].mean() / stream.values[at].mean()
        assert 0.5 < ratio < 2.0, place
        # the season and the weather of days: worst in a prairie with droughts
        assert np.corrcoef(simulated[at], stream.values[at])[0, 1] > 0.45, place


def test_streams_improve_production_and_the_net_flux_that_is_not_assimilated(experiment, tmp_path):
    result = experiment.run(tmp_path / "dalec")
    steps = result.optimisation.iterations
    assert steps[-1].cost < 0.5 * steps[0].cost
    for stream in ("vod", "fapar", "flux"):
        assert steps[-1].terms[stream] < steps[0].terms[stream], stream
    gpp, nep = (result.evaluation[name].scores()["all"] for name in ("gpp", "nep"))
    assert gpp["posterior_rmse"] < 0.75 * gpp["prior_rmse"]
    assert nep["posterior_rmse"] < nep["prior_rmse"]
    assert nep["posterior_correlation"] > nep["prior_correlation"]
