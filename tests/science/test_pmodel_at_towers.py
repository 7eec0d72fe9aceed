"""A black box at nine towers: the P-model of pyrealm takes up daily production by differences."""

import os
from pathlib import Path

import pytest

from ccdas_framework import load_experiment

pytest.importorskip("ccdas_models_pmodel")

ROOT = Path(__file__).parents[2]
DATA = Path(os.environ.get("CCDAS_DATA") or "no folder")
pytestmark = [
    pytest.mark.science,
    pytest.mark.skipif(not DATA.is_dir(), reason="no folder of published data; set CCDAS_DATA"),
]


def test_assimilated_production_explains_the_towers_better(tmp_path):
    experiment = load_experiment(ROOT / "examples/pmodel_towers.toml", data=DATA)
    assert experiment.config.engine.name == "differences"
    result = experiment.run(tmp_path / "pmodel")
    steps = result.optimisation.iterations
    assert result.optimisation.status == "converged"
    assert steps[-1].cost < 0.3 * steps[0].cost
    scores = result.evaluation["gpp"].scores()["all"]
    assert scores["posterior_rmse"] < 0.7 * scores["prior_rmse"]
    assert scores["posterior_correlation"] > scores["prior_correlation"] + 0.1
    assert result.posterior is not None
