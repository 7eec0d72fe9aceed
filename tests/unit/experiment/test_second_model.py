"""Streams written for one model work on another, and what it does not give is refused."""

import numpy as np
import pytest
from findings import codes, raises_finding

from ccdas_framework import load_experiment
from ccdas_framework.core.errors import InvalidExperiment

STREAMS = ["vod", "fapar", "flux"]
SMALL = {"grid.cells": 2, "time.days": 60, "time.spin_up_years": 0, "compute.blocks": 1}


@pytest.fixture(scope="module")
def problem():
    return load_experiment(
        "demo", observations=STREAMS, model="dalec", engine="autograd", settings=SMALL
    ).build()


def test_every_stream_is_simulated(problem):
    simulated = problem.simulate(np.zeros(len(problem.control)))
    assert set(simulated) == set(STREAMS)
    for name, values in simulated.items():
        assert len(values) > 0 and np.isfinite(values).all(), name


def test_the_gradient_is_that_of_the_cost(problem):
    generator = np.random.default_rng(3)
    x = 0.1 * generator.standard_normal(len(problem.control))
    along = generator.standard_normal(len(x)) / np.sqrt(len(x))
    _, gradient = problem.value_and_gradient(x)
    h = 1e-5  # truncation h^2 and rounding eps/h are both near 1e-10
    difference = (problem.cost(x + h * along) - problem.cost(x - h * along)) / (2.0 * h)
    assert gradient @ along == pytest.approx(difference, rel=1e-6)


def test_results_name_a_series_as_its_operator_does(tmp_path):
    """A place has two fluxes, which the operator tells apart by `Stream.labels`."""
    import xarray as xr

    from ccdas_framework.experiment.forward import run_forward

    settings = SMALL | {"streams.flux.quantities": ["gpp", "nee"]}
    experiment = load_experiment(
        "demo", observations=["flux"], model="dalec", engine="autograd", settings=settings
    )
    run_forward(experiment, tmp_path / "once")
    with xr.open_dataset(tmp_path / "once" / "simulated.nc", group="flux") as simulated:
        of = {str(name).split()[-1] for name in simulated["cell"].values}
    assert of == {"gpp", "nee"}


def test_a_stream_of_a_field_that_the_model_lacks_is_refused_by_name():
    with raises_finding("missing-field", "stream 'sm'", InvalidExperiment):
        load_experiment("demo", observations=["sm", "vod"], model="dalec", settings=SMALL)


def test_latent_heat_without_water_is_refused_by_name():
    settings = SMALL | {"streams.flux.quantities": ["latent_heat"], "model.water": "none"}
    with pytest.raises(InvalidExperiment) as caught:
        load_experiment("demo", observations=["flux"], model="dalec", settings=settings)
    assert ("missing-field", "stream 'flux'") in codes(caught)


def test_all_the_fields_that_a_model_lacks_are_told_in_one_sentence():
    with raises_finding("missing-field", "stream 'sif'", InvalidExperiment) as caught:
        load_experiment("demo", observations=["sif"], model="dalec", settings=SMALL)
    (finding,) = caught.value.findings
    fields = ("apar_layer_1", "photochemistry_layer_1", "canopy_temperature")
    assert all(f"'{name}'" in finding.message for name in fields)
