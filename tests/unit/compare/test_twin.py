"""Twins on a small problem: what is found, what is written, and what is refused."""

from types import MappingProxyType

import numpy as np
import pytest
import xarray as xr
from assembling import assemble
from attrs import evolve, field, frozen
from cuts import few_parameters
from findings import codes, raises_finding
from toy import CellWater, Reservoir, toy_forcing, toy_observations

from ccdas_framework.compare.twin import perturbed, twin, variant_findings
from ccdas_framework.compare.twin_dataset import TWIN_FILES, write_twin
from ccdas_framework.config import Config
from ccdas_framework.config.sections import PriorSection
from ccdas_framework.core.control import Control
from ccdas_framework.core.errors import InvalidExperiment
from ccdas_framework.core.parameters import Parameter
from ccdas_framework.engines.autograd_engine import AutogradEngine
from ccdas_framework.experiment.monitor import Monitor
from ccdas_framework.experiment.truth import truth_of, with_synthetic_observations
from ccdas_framework.optimisers.gauss_newton import GaussNewton
from ccdas_framework.priors import Gaussian
from ccdas_framework.report.twin_figure import write_figure

VARIANTS = ["sites", "sites+prior", "joint", "joint+prior+noise"]
FIXED = {  # scalars of operators have no copies; wet and gain are seen as a product alone
    "water.scale": {"active": False},
    "reservoir.wet": {"active": False},
}


@frozen(eq=False)
class ToyExperiment:
    """The toy as an experiment: the water of every cell on every day, without values."""

    config: Config = field(
        factory=lambda: Config.from_dict(
            {
                "experiment": {"name": "toy", "seed": 1},
                "model": {"name": "reservoir"},
                "optimiser": {"name": "gauss_newton"},
                "prior": {"name": "gaussian"},
                "parameters": FIXED,
                "twin": {"variants": VARIANTS},
            }
        )
    )
    optimiser: GaussNewton = field(
        factory=lambda: GaussNewton(gradient_reduction=1e-11, cost_change=1e-12)
    )
    model = Reservoir()
    operators = MappingProxyType({"water": CellWater()})
    owners = MappingProxyType({"reservoir": model.parameters, "water": CellWater().parameters})
    control = Control.of(owners, FIXED)
    synthetic = True
    attributes = MappingProxyType({})

    def build(self):
        forcing = toy_forcing()
        some = toy_observations(forcing)["water"].take(np.arange(5))
        days = np.repeat(np.arange(38), 5)
        water = some.take(np.tile(np.arange(5), 38))
        start = np.datetime64("2010-01-02") + days
        water = evolve(water, start=start, end=start, values=np.full(len(days), np.nan))
        problem = assemble(
            model_name="reservoir", model=self.model, operators=self.operators,
            observations={"water": water}, forcing=forcing, engine=AutogradEngine(),
            prior=Gaussian.for_control, changes=FIXED, blocks=2,
        )  # fmt: skip
        section = self.config.truth
        return with_synthetic_observations(problem, truth_of(section, problem.control), section)


class AtOnce(Monitor):
    """Ends an optimisation at its first point."""

    def labelled(self, label):
        return self

    def iteration(self, iteration, seconds, most):
        raise KeyboardInterrupt


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    result = twin(ToyExperiment())
    folder = tmp_path_factory.mktemp("twin")
    write_twin(result, folder)
    write_figure(folder)
    return result, folder


def test_without_noise_every_site_is_recovered(found):
    result, _ = found
    for variant in result.variants[:3]:
        for label, known in zip(variant.labels, variant.recoveries, strict=True):
            assert known.directions > 0, f"{variant.name}: {label} sees nothing"
            assert known.largest_error_percent <= 0.1, f"{variant.name}: {label}"


def test_the_start_is_ten_per_cent_away(found):
    result, _ = found
    truth = result.control.physical(result.truth)
    for variant in result.variants:
        for x in variant.start:
            moved = np.abs(result.control.physical(x) / truth - 1.0)[truth != 0.0]
            np.testing.assert_allclose(moved, 0.1, rtol=1e-9)


def test_fixed_parameters_have_their_true_value_in_a_twin():
    result = twin(few_parameters(["vod"]), ["joint"], monitor=AtOnce())
    assert result.experiment.config.parameters["bethy.a_JV[1]"].mean != 1.96  # declared
    terms = result.experiment.build().cost_terms(result.truth)
    assert terms["vod"] == pytest.approx(0.0, abs=1e-20)


def test_with_noise_the_truth_is_missed(found):
    result, _ = found
    assert result.variants[3].recoveries[0].largest_error_percent > 0.1
    assert result.variants[3].results[0].cost > 1.0


def test_twin_nc_says_what_was_found(found):
    result, folder = found
    assert {path.name for path in folder.iterdir()} == set(TWIN_FILES)
    with xr.open_dataset(folder / "twin.nc") as data:
        assert data.sizes["site"] == len(result.variants[0].labels) > 1
        assert (data["recovered"] == 1).all()
        assert (data["gradient_reduction"] > 1e6).all()
        assert data["iterations"].dtype.kind == "i" and (data["evaluations"] > 0).all()
        seen = data["seen"].values == 1
        wrong = np.abs(data["parameter_found"] / data["parameter_truth"] - 1.0).values
        assert wrong[seen].max() < 1e-3
        assert {"final_cost", "largest_error_percent", "parameter_start"} <= set(data)
    with xr.open_dataset(folder / "twin.nc", group="joint_prior_noise") as data:
        assert data["site"].values.tolist() == ["all sites"]


def test_a_move_beyond_a_bound_goes_the_other_way():
    control = Control.of({"m": [Parameter("a", "1", 0.95, 0.02, bounds=(0.0, 1.0))]})
    values = [
        control.physical(perturbed(control, np.zeros(1), 0.1, np.random.default_rng(n)))[0]
        for n in range(20)
    ]
    np.testing.assert_allclose(values, 0.855, rtol=1e-12)


def test_a_variant_that_does_not_exist_is_refused():
    experiment = few_parameters(["vod"])
    with raises_finding("unknown-variant", "twin.variants", InvalidExperiment):
        twin(experiment, ["site"])


def test_sites_need_an_optimiser_that_solves_them_side_by_side():
    experiment = few_parameters(["vod"], optimiser__name="lbfgsb")
    assert codes(variant_findings(["sites"], experiment)) == [("wrong-optimiser", "optimiser.name")]
    assert not variant_findings(["joint"], experiment)


def test_variants_that_make_no_sense_are_named_together():
    flat = ToyExperiment()
    flat = evolve(flat, config=evolve(flat.config, prior=PriorSection(name="flat")))
    findings = variant_findings(["joint", "joint", "sites+prior"], flat)
    assert codes(findings) == [
        ("repeated-variant", "twin.variants"),
        ("no-prior-term", "prior.name"),
    ]


def test_what_was_solved_before_an_interruption_is_handed_over():
    heard = []

    class Impatient(Monitor):
        def labelled(self, label):
            return self

        def stage(self, text):
            self.last = text

        def iteration(self, iteration, seconds, most):
            if self.last == "twin joint" and iteration.number == 1:
                raise KeyboardInterrupt

    result = twin(ToyExperiment(), ["sites", "joint", "joint+prior"], Impatient(), heard.append)
    assert [[v.name for v in so_far.variants] for so_far in heard] == [
        ["sites"],
        ["sites", "joint"],
    ]
    assert result.variants[1].results[0].status == "interrupted"
