"""`shares` of a stream: what can be shared, and the finding about each thing that cannot."""

import numpy as np
import pytest
from attrs import evolve, frozen
from cuts import demo_cut
from findings import codes, raises_finding
from toy import CellWater, TotalLoss

from ccdas_framework import Parameter, load_experiment
from ccdas_framework.config.sections import StreamSection
from ccdas_framework.config.shared_parameters import share_findings, shared_parameters
from ccdas_framework.experiment.output_attributes import shared_attributes
from ccdas_framework.io.toml_text import toml_text

OFFSET = TotalLoss.parameters[0]


@frozen
class Other(TotalLoss):
    """A loss with another declaration of its offset."""

    parameters: tuple[Parameter, ...] = ()


def findings_of(shares, other=None, left_out=()):
    """Of a stream 'late' with these shares, beside 'loss' and 'water'."""
    operators = {"loss": TotalLoss(), "water": CellWater(), "late": other or TotalLoss()}
    streams = {name: StreamSection() for name in operators if name not in left_out}
    streams["late"] = StreamSection(shares=shares)
    operators = {name: o for name, o in operators.items() if name in streams}
    return codes(share_findings(streams, operators, left_out))


def test_one_parameter_of_another_stream_may_be_shared():
    assert findings_of({"offset": "loss.offset"}) == []


@pytest.mark.parametrize(
    ("shares", "code"),
    [
        ({"offset": "lost.offset"}, "unknown-stream"),
        ({"offset": "offset"}, "unknown-stream"),
        ({"offset": "loss.ofset"}, "unknown-parameter"),
        ({"offset": "water.scale"}, "different-parameters"),
        ({"offset": "late.offset"}, "chained-shares"),
    ],
)
def test_an_entry_that_names_nothing_to_share_is_a_finding(shares, code):
    assert findings_of(shares) == [(code, "streams.late.shares.offset")]


def test_a_parameter_that_the_operator_does_not_have_is_a_finding():
    assert findings_of({"ofset": "loss.offset"}) == [
        ("unknown-parameter", "streams.late.shares.ofset")
    ]


def test_a_stream_that_the_run_leaves_out_is_a_finding():
    assert findings_of({"offset": "loss.offset"}, left_out=("loss",)) == [
        ("absent-stream", "streams.late.shares.offset")
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"units": "kg"},
        {"index": "class", "groups": (1, 2)},
        {"bounds": (0.0, np.inf)},
    ],
)
def test_another_unit_other_groups_and_narrower_bounds_are_findings(change):
    other = Other(parameters=(evolve(OFFSET, **change),))
    assert findings_of({"offset": "loss.offset"}, other) == [
        ("different-parameters", "streams.late.shares.offset")
    ]


@pytest.mark.parametrize("circle", [True, False])
def test_a_chain_and_a_circle_are_findings(circle):
    operators = {name: TotalLoss() for name in ("first", "second", "third")}
    streams = {
        "first": StreamSection(shares={"offset": "second.offset"}),
        "second": StreamSection(shares={"offset": "first.offset" if circle else "third.offset"}),
        "third": StreamSection(),
    }
    found = codes(share_findings(streams, operators, ()))
    expected = [("chained-shares", "streams.first.shares.offset")]
    if circle:
        expected.append(("chained-shares", "streams.second.shares.offset"))
    assert found == expected
    valid = {} if circle else {("second", "offset"): ("third", "offset")}
    assert shared_parameters(streams, operators) == valid


# -- experiments ----------------------------------------------------------------------------------

TWICE = {"streams__late__operator": "vod", "streams__late__shares": {"D_0": "vod.D_0"}}


def test_an_experiment_has_one_control_element_for_both_streams():
    control = demo_cut(("vod", "late"), **TWICE).control
    depths = [name for name in control.names if ".D_0" in name]
    assert depths and all(name.startswith("vod.") for name in depths)
    assert any(name.startswith("late.tau_eff") for name in control.names)
    index = control.index(np.array([1, 2]))
    np.testing.assert_array_equal(index["late"]["D_0"], index["vod"]["D_0"])


def test_the_configuration_as_run_shares_again(tmp_path):
    experiment = demo_cut(("vod", "late"), **TWICE)
    path = tmp_path / "again.toml"
    path.write_text(toml_text(experiment.config.to_dict()), encoding="utf-8")
    again = load_experiment(path, engine="autograd")
    assert again.config.streams["late"].shares == {"D_0": "vod.D_0"}
    assert again.control.names == experiment.control.names
    assert again.control.shares == {("late", "D_0"): ("vod", "D_0")}


def test_a_run_without_the_other_stream_is_refused(tmp_path):
    experiment = demo_cut(("vod", "late"), **TWICE)
    path = tmp_path / "both.toml"
    path.write_text(toml_text(experiment.config.to_dict()), encoding="utf-8")
    with raises_finding("absent-stream", "streams.late.shares.D_0"):
        load_experiment(path, observations=("late",), engine="autograd")
    alone = load_experiment(path, observations=("vod",), engine="autograd")
    assert list(alone.operators) == ["vod"]


def test_changes_of_a_parameter_that_is_shared_are_refused():
    with raises_finding("shared-parameter", "parameters.late.D_0"):
        demo_cut(("vod", "late"), **TWICE, **{'parameters."late.D_0"': {"mean": 0.1}})


def test_the_result_names_the_parameters_that_are_shared():
    control = demo_cut(("vod", "late"), **TWICE).control
    assert shared_attributes(control) == {"shared_parameters": "late.D_0 = vod.D_0"}
    assert shared_attributes(demo_cut(("vod",)).control) == {}
