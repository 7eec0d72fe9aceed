"""Robust errors of a configuration: their settings, and what does not allow for them."""

import numpy as np
import pytest
import xarray as xr
from cuts import SHORT, few_parameters, only
from findings import codes, raises_finding

from ccdas_framework.compare.design import design_study
from ccdas_framework.config.sections import OptimiserSection, StreamSection
from ccdas_framework.config.stream_errors import robust_errors, robust_findings
from ccdas_framework.config.target_tables import TargetsSection
from ccdas_framework.core.errors import InvalidExperiment
from ccdas_framework.io.toml_text import toml_text
from ccdas_framework.optimisers.gauss_newton import GaussNewton
from ccdas_framework.optimisers.lbfgsb import Lbfgsb
from ccdas_framework.problem.robust_errors import Huber, StudentT

VOD = "streams.vod."
ROBUST = {"flux": StreamSection(robust="huber")}


@pytest.mark.parametrize(
    ("section", "expected"),
    [
        (StreamSection(), None),
        (StreamSection(robust="none"), None),
        (StreamSection(robust="huber"), Huber(1.345)),
        (StreamSection(robust="huber", robust_threshold=2), Huber(2.0)),
        (StreamSection(robust="student_t"), StudentT(4.0)),
        (StreamSection(robust="student_t", robust_degrees_of_freedom=3), StudentT(3.0)),
    ],
)
def test_the_errors_of_a_section(section, expected):
    assert robust_errors({"flux": section}) == ({} if expected is None else {"flux": expected})


@pytest.mark.parametrize(
    ("key", "value"),
    [("robust", "cauchy"), ("robust", True), ("robust_threshold", 0.0), ("robust_threshold", "k")],
)
def test_a_wrong_value_is_refused(key, value):
    with raises_finding("wrong-value", VOD + key, InvalidExperiment):
        few_parameters(("vod",), **{VOD + key: value})


@pytest.mark.parametrize(
    "further",
    [
        {"robust_threshold": 2.0},
        {"robust_threshold": 2.0, "robust": "student_t"},
        {"robust_degrees_of_freedom": 3.0, "robust": "huber"},
    ],
)
def test_a_setting_of_other_errors_is_refused(further):
    key = next(iter(further))
    with raises_finding("unused-key", VOD + key, InvalidExperiment):
        few_parameters(("vod",), **{VOD + name: value for name, value in further.items()})


class NeedsJacobian:
    """An optimiser written before there were robust errors."""

    needs = frozenset({"simulate", "jacobian"})


@pytest.mark.parametrize("optimiser", [GaussNewton(), Lbfgsb(), None])
def test_optimisers_of_the_framework_allow_for_robust_errors(optimiser):
    section = OptimiserSection()
    assert not robust_findings(ROBUST, TargetsSection(), section, optimiser)


def test_an_optimiser_of_least_squares_that_does_not_is_refused():
    found = robust_findings(ROBUST, TargetsSection(), OptimiserSection(), NeedsJacobian())
    assert codes(found) == [("unsuitable-optimiser", "optimiser.name")]
    assert not robust_findings({}, TargetsSection(), OptimiserSection(), NeedsJacobian())


@pytest.mark.parametrize(
    ("key", "value"), [("sensitivity", True), ("prescribed", ("co2.background",))]
)
def test_sensitivities_are_refused(key, value):
    targets = TargetsSection(**{key: value})
    found = robust_findings(ROBUST, targets, OptimiserSection(), GaussNewton())
    assert codes(found) == [("robust-errors", f"targets.{key}")]


def test_a_design_is_refused(tmp_path):
    path = tmp_path / "designs.toml"
    path.write_text(toml_text({"designs": {"a": {"stream": "vod", "places": "every cell"}}}))
    settings = {**SHORT, **only(streams=("vod",)), "streams.vod.robust": "huber"}
    with pytest.raises(InvalidExperiment) as caught:
        design_study(path, engine="autograd", settings=settings)
    assert ("robust-errors", "streams.vod.robust") in codes(caught)


@pytest.mark.parametrize("optimiser", ["gauss_newton", "lbfgsb"])
def test_a_run_with_starts_and_draws(tmp_path, optimiser):
    settings = {
        "streams.vod.robust": "huber", "optimiser.name": optimiser, "optimiser.iterations": 3,
        "experiment.starts": 2, "posterior.draws": 2, "posterior.largest_distance": 1e3,
    }  # fmt: skip
    result = few_parameters(("vod",), **settings).run(tmp_path / "out")
    problem, x = result.problem, result.optimisation.x
    assert problem.streams["vod"].robust == Huber()
    assert result.optimisation.cost == pytest.approx(problem.cost(x), rel=1e-12)
    assert result.optimisation.iterations[-1].terms == pytest.approx(problem.cost_terms(x))
    assert "vod" in " ".join(result.diagnosis.missing)
    with xr.open_dataset(tmp_path / "out" / "simulated.nc", group="vod") as group:
        assert group.attrs["robust"] == "Huber(threshold=1.345)"
    with xr.open_dataset(tmp_path / "out" / "draws.nc") as draws:
        assert np.isfinite(draws["control_draw"]).all()
