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


@pytest.mark.parametrize("name", ["bethy.s_D", "bethy.f_leaf[13]", "sm.T_z"])
def test_a_parameter_that_has_no_meaning_under_a_preset_is_refused_as_one_of_the_default(name):
    settings = {f'parameters."{name}".active': False, "streams.sm.product": "in_situ"}
    assert not any(element.name == name for element in demo(**settings).control.active)
    with pytest.raises(InvalidExperiment) as caught:
        demo(experiment__preset="ccdas", **settings)
    assert codes(caught) == [("not-in-preset", f"parameters.{name}")]
    assert '"ccdas"' in str(caught.value)


def test_parameters_that_a_preset_has_too_can_be_changed_under_it():
    changed = demo(experiment__preset="ccdas", **{'parameters."bethy.f_leaf".mean': 0.3})
    (element,) = [e for e in changed.control.elements if e.name == "bethy.f_leaf"]
    assert element.parameter.mean == 0.3


@pytest.mark.parametrize(
    ("name", "settings"), [("bethy.s_DD", {}), ("bethy.s_b", {"model.hydrology": "bucket"})]
)
def test_parameters_that_the_defaults_lack_too_are_unknown(name, settings):
    with pytest.raises(InvalidExperiment) as caught:
        demo(experiment__preset="ccdas", **{f'parameters."{name}".active': False}, **settings)
    assert ("unknown-parameter", f"parameters.{name}") in codes(caught)
