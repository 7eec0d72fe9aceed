"""From a name or a file to a checked experiment."""

import os
from pathlib import Path

import numpy as np
import pytest
from cuts import ALL, FEW, SHORT, demo_cut, few_parameters, only
from findings import codes, raises_finding

from ccdas_framework import load_experiment
from ccdas_framework.config import to_dict
from ccdas_framework.config.components import component, component_files
from ccdas_framework.core.errors import Findings, InvalidExperiment, UnknownComponent
from ccdas_framework.experiment import shipped_experiments


def test_the_demo_is_the_default_and_ships():
    assert "demo" in shipped_experiments()


def test_a_cut_has_as_many_cells_and_days_as_asked_for(cut):
    domain = cut.forcing.domain
    assert (domain.grid.cells, domain.days, domain.lead) == (3, 40, 0)
    assert str(domain.time[0]) == "2010-06-01"
    assert cut.synthetic


def test_only_the_streams_asked_for_are_read():
    experiment = demo_cut(("sm",))
    assert list(experiment.operators) == ["sm"] == list(experiment.observations)
    assert list(experiment.config.streams) == ["sm"]


def test_the_longest_lead_of_the_operators_is_run_before_the_window():
    experiment = load_experiment(
        "demo", ["sm", "vod"], settings={"grid.cells": 1, "time.days": 5, "time.spin_up_years": 1}
    )
    assert experiment.forcing.domain.lead == 365 + experiment.operators["vod"].lead_days == 730


def test_settings_of_another_optimiser_are_dropped():
    settings = {**SHORT, "optimiser.iterations": 7}
    experiment = load_experiment(
        "demo", ALL, engine="autograd", settings=settings, optimiser="lbfgsb"
    )
    # the file's gradient_reduction belonged to gauss_newton; what --set gives is meant for this one
    assert to_dict(experiment.config.optimiser) == {"name": "lbfgsb", "iterations": 7}
    assert experiment.optimiser.iterations == 7


def test_an_optimiser_named_by_a_setting_counts_like_the_argument():
    experiment = demo_cut(("sm",), optimiser__name="lbfgsb")
    assert to_dict(experiment.config.optimiser) == {"name": "lbfgsb"}


def test_the_same_optimiser_keeps_the_settings_of_the_file():
    settings = SHORT
    experiment = load_experiment("demo", ["sm"], settings=settings, optimiser="gauss_newton")
    assert experiment.config.optimiser.settings["iterations"] == 20


def test_the_seed_argument_wins():
    settings = SHORT
    experiment = load_experiment("demo", ["sm"], settings=settings, seed=9)
    assert experiment.config.experiment.seed == 9


def test_parameters_can_be_fixed_and_given_another_prior():
    experiment = few_parameters(**{'parameters."bethy.V_m[4]"': {"mean": 5e-5, "sd": 1e-5}})
    control = experiment.build().control
    n = control.names.index("bethy.V_m[4]")
    assert (control.prior_mean[n], control.prior_sd[n]) == (5e-5, 1e-5)
    assert "bethy.a_JV[4]" not in control.names


def test_the_configuration_as_run_gives_the_same_experiment_again(cut, problem, tmp_path):
    from ccdas_framework.io.toml_text import toml_text

    (tmp_path / "again.toml").write_text(toml_text(cut.config.to_dict()), encoding="utf-8")
    again = load_experiment(tmp_path / "again.toml", engine="autograd").build()
    x = np.full(len(problem.control), 0.1)
    assert again.cost(x) == problem.cost(x)


def test_an_unknown_experiment_is_refused_with_the_nearest_name():
    with pytest.raises(UnknownComponent, match="'demo'") as caught:
        load_experiment("demoo")
    assert codes(caught) == [("unknown-experiment", "demoo")]


def test_a_file_that_is_no_toml_is_refused(tmp_path):
    path = tmp_path / "bad.toml"
    path.write_text("[time\ndays = 3")
    with raises_finding("invalid-toml", path, InvalidExperiment):
        load_experiment(path)


def test_a_file_that_a_setting_names_is_an_input(tmp_path):
    (tmp_path / "flux.nc").write_bytes(b"")
    experiment = demo_cut(("sm",))
    assert component_files(experiment.operators["sm"]) == ()
    findings, settings = Findings(), {"background": "flux.nc"}
    operator = component(
        "observation_operators", "co2", settings, "streams.co2", "my.toml", (tmp_path,), findings
    )
    assert component_files(operator) == (tmp_path / "flux.nc",) and not findings


def test_misspelt_fields_are_refused_with_the_nearest_names():
    with pytest.raises(InvalidExperiment) as caught:
        demo_cut(
            ("sm",), targets__fields=["gpp", "neb"], output__fields=["soil_moistur"],
            output__by_class=["gpp", "npq"],
        )  # fmt: skip
    assert codes(caught) == [
        ("unknown-field", "targets.fields"), ("unknown-field", "output.fields"),
        ("unknown-field", "output.by_class"),
    ]  # fmt: skip
    assert "'nep'" in str(caught.value) and "'soil_moisture'" in str(caught.value)


def test_fields_of_other_settings_and_of_operators_left_out_are_no_mistake():
    wanted = ["gpp", "vod", "soil_moisture"]
    experiment = demo_cut(("sm",), output__fields=wanted)
    assert experiment.config.output.fields == tuple(wanted)
    bucket = demo_cut(("vod",), model__hydrology="bucket")
    assert "soil_moisture" not in {v.name for v in bucket.model.provides}  # a default all the same
    assert "soil_moisture" in bucket.config.output.fields


AT_HOME = """
[inputs]
folder = "files"
[model]
n_h = 8
dayint = 5
[truth]
[prior]
run = "{run}"
[streams.sm]
observations = "mine.nc"
[streams.vod]
[streams.co2]
"""


def test_the_experiment_as_run_means_the_same_from_any_folder(finished, tmp_path, monkeypatch):
    from ccdas_framework.experiment.recipe_inputs import begin
    from ccdas_framework.io.toml_text import toml_text

    home, away = tmp_path / "home", tmp_path / "away"
    away.mkdir()
    begin("demo", home / "files", None, {"start": "2010-05", "end": "2010-08"}).write_all()
    (home / "files" / "sm.nc").rename(home / "mine.nc")
    run = Path(os.path.relpath(finished[0].folder, home)).as_posix()
    (home / "my.toml").write_text(AT_HOME.format(run=run))
    settings = {**SHORT, **only(FEW, ALL)}
    monkeypatch.chdir(home)
    first = load_experiment("my.toml", ALL, engine="autograd", settings=settings)
    config = first.config
    assert config.inputs.folder == str(home / "files")
    assert config.prior.run == str(finished[0].folder)
    assert config.streams["sm"].observations == str(home / "mine.nc")
    assert config.streams["vod"].observations is None  # among the input files
    assert to_dict(config.truth) == {"seed": 1, "spread": 0.5, "noise": True}

    (away / "experiment.toml").write_text(toml_text(config.to_dict()), encoding="utf-8")
    monkeypatch.chdir(away)
    again = load_experiment("experiment.toml")
    assert again.config == config
    one, other = first.build(), again.build()
    assert other.cost(other.prior.mean) == one.cost(one.prior.mean)


def test_a_file_among_the_settings_is_recorded_with_its_folder(tmp_path, monkeypatch):
    (tmp_path / "flux.nc").write_bytes(b"")
    monkeypatch.chdir(tmp_path)
    config = demo_cut(("co2",), streams__co2__background="flux.nc").config
    assert config.streams["co2"].settings["background"] == str(tmp_path / "flux.nc")


def test_what_was_chosen_for_the_user_is_recorded(tmp_path):
    folder = tmp_path / "published"
    folder.mkdir()
    chosen = demo_cut(("sm",), engine="auto", inputs__data=str(folder)).config
    assert chosen.engine.name in ("jax", "autograd")
    assert chosen.inputs.data == str(folder)
    over = load_experiment("demo", ["sm"], data=tmp_path, settings=SHORT).config
    assert over.inputs.data == str(tmp_path)


def test_an_engine_that_traces_is_refused_for_a_black_box_before_the_run():
    pytest.importorskip("ccdas_models_pmodel")
    settings = {"grid.cells": 3, "time.days": 31}
    with pytest.raises(InvalidExperiment) as caught:
        load_experiment("demo", ["fapar"], "pmodel", "autograd", settings=settings)
    assert ("not-differentiable", "engine.name") in codes(caught.value.findings)
    chosen = load_experiment("demo", ["fapar"], "pmodel", settings=settings)
    assert chosen.config.engine.name == "differences"
