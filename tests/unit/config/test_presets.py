"""Settings that components publish under a name, below those of a file."""

import pytest
from ccdas_models_bethy import Bethy
from cuts import SHORT
from findings import codes

from ccdas_framework import load_experiment
from ccdas_framework.core.errors import InvalidExperiment


def demo(**settings):
    overrides = {key.replace("__", "."): value for key, value in settings.items()}
    return load_experiment("demo", ["sm"], engine="autograd", settings={**SHORT, **overrides})


def test_a_preset_gives_every_published_setting():
    model = demo(experiment__preset="ccdas").model
    assert {key: getattr(model, key) for key in Bethy.presets["ccdas"]} == Bethy.presets["ccdas"]


def test_the_written_experiment_has_the_settings_of_its_preset():
    written = demo(experiment__preset="ccdas").config.to_dict()
    assert Bethy.presets["ccdas"].items() <= written["model"].items()
    assert "preset" not in written["experiment"]


def test_a_setting_of_the_file_wins_over_the_preset():
    model = demo(experiment__preset="ccdas", model__humidity_aridity=True).model
    assert model.humidity_aridity


def test_without_a_preset_components_have_their_defaults():
    assert demo().model == Bethy(n_h=8, dayint=5)


def test_an_unknown_preset_is_refused_at_its_key():
    with pytest.raises(InvalidExperiment) as caught:
        demo(experiment__preset="ccdass")
    assert ("unknown-preset", "experiment.preset") in codes(caught)
