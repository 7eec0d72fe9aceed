"""The shipped experiments with real input end where they should; minutes each."""

import os
from pathlib import Path

import numpy as np
import pytest

from ccdas_framework import load_experiment

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("CCDAS_DATA") or "no folder")

pytestmark = [
    pytest.mark.science,
    pytest.mark.skipif(not DATA.is_dir(), reason="no folder of published data; set CCDAS_DATA"),
]


def test_real_co2_is_matched_on_the_coarse_grid(tmp_path):
    experiment = load_experiment(
        ROOT / "examples/coarse_global.toml", ["co2", "sm", "vod"], data=DATA
    )
    result = experiment.run(tmp_path / "real")
    before, after = result.misfit["co2"]["all"]
    assert after < 2.0  # ppm
    assert after < 0.7 * before
    aside = result.evaluation["co2"].scores()["all"]  # five stations that were not assimilated
    assert aside["posterior_rmse"] < aside["prior_rmse"]
    land = result.evaluation["land_flux"]
    assert land.names == ("CTE2018", "CT2019B", "s99oc_v2020", "CAMSv20r1", "MIROC")
    assert len(land.months) == 24 and np.isfinite(land.scores()["season_rmse"]).all()
    fluxes = land.mean(land.simulated_band)[1]  # PgC yr-1, after
    others = land.mean(land.reference_band)
    assert np.all(fluxes > others.min(axis=0) - 1.0)  # no sink or source that no inversion has
    assert np.all(fluxes < others.max(axis=0) + 1.0)
    gpp, npp = result.targets["gpp"], result.targets["npp"]
    whole = list(gpp["region"]).index("Global")
    assert 100.0 < gpp["prior"][whole] < 170.0  # PgC yr-1
    assert 44.0 < npp["posterior"][whole] < 70.0
    assert result.posterior is not None
    assert np.all(gpp["posterior_sd"] <= gpp["prior_sd"] * (1 + 1e-9))
    assert np.max(np.abs(result.optimisation.x)) < 3.5  # prior sd


def test_ten_sites_reach_a_minimum(tmp_path):
    experiment = load_experiment(ROOT / "examples/ten_sites.toml", ["sm", "vod"], data=DATA)
    result = experiment.run(tmp_path / "sites")
    steps = result.optimisation.iterations
    assert steps[-1].cost < steps[0].cost
    assert steps[-1].gradient_norm <= 1e-3 * steps[0].gradient_norm
    scores = result.evaluation["gpp"].scores()
    assert len(scores) == 10  # nine towers, and all of them
    assert all(np.isfinite(list(score.values())).all() for score in scores.values())
