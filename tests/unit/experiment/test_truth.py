"""Truth and noise of synthetic observations: drawn by name, inside limits, and saved."""

import json
from shutil import copytree

import numpy as np
import pytest
import xarray as xr
from attrs import evolve
from cuts import SHORT, demo_cut, few_parameters
from findings import codes, raises_finding

from ccdas_framework import Ensemble, load_experiment
from ccdas_framework.config.sections import TruthSection
from ccdas_framework.core.control import Control
from ccdas_framework.core.covariance import Dense
from ccdas_framework.core.errors import InvalidExperiment
from ccdas_framework.core.parameters import Parameter
from ccdas_framework.experiment.build import truth_in
from ccdas_framework.experiment.truth import noise, truth_findings, truth_of
from ccdas_framework.experiment.truth_comparison import truth_comparison
from ccdas_framework.posterior import posterior_of_draws

SAME = 1e-12  # relative; rounding of sums in another order


def fixed(name, **changes):
    return {f'parameters."{name}"': {"active": False, **changes}}


def costs(streams, **settings):
    """Cost of each stream at the prior mean."""
    problem = few_parameters(streams, **settings).build()
    terms = problem.cost_terms(problem.prior.mean)
    return {name: terms[name] for name in problem.streams}


@pytest.fixture(scope="module")
def reference(problem):
    return problem.cost_terms(problem.prior.mean)


# -- observations belong to the experiment --------------------------------------------------------


@pytest.mark.parametrize(
    ("streams", "settings"),
    [
        (("vod",), {}),
        (("sm",), {}),
        (("co2",), {}),
        (("vod", "sm", "co2"), {}),
        (("sm", "vod"), fixed("bethy.V_m[1]")),
        (("vod", "co2"), {**fixed("vod.D_0"), **fixed("bethy.f_leaf")}),
        (("co2", "sm", "vod"), {"experiment.seed": 7}),
        (("co2", "sm", "vod"), {"compute.blocks": 2}),
        (("sm", "vod"), {'parameters."bethy.V_m".sd': 1.0}),
        (("sm", "vod"), {'parameters."vod.D_0[13]".bounds': [-9.0, 9.0]}),
    ],
    ids=str,
)
def test_the_cost_of_a_stream_at_the_prior_does_not_depend_on(streams, settings, reference):
    found = costs(streams, **settings)
    assert found == pytest.approx({name: reference[name] for name in streams}, rel=SAME)


@pytest.mark.parametrize("settings", [{"truth.seed": 2}, {"truth.spread": 0.4}], ids=str)
def test_another_truth_gives_other_observations(settings, reference):
    found = costs(("vod",), **settings)
    assert abs(found["vod"] - reference["vod"]) > 1e-3


def test_a_cell_has_the_noise_that_it_has_beside_others():
    """Cells 0, 2 and 4 of 5, and the three of the cut, share the first one."""
    many, few = (few_parameters(("vod",), grid__cells=n).build().streams["vod"] for n in (5, 3))
    of_many = dict(zip(many.index.tolist(), noise(1, many).tolist(), strict=True))
    of_few = dict(zip(few.index.tolist(), noise(1, few).tolist(), strict=True))
    shared = set(of_many) & set(of_few)
    assert shared and all(of_many[n] == of_few[n] for n in shared)


def test_observations_are_simulated_with_the_true_value_of_a_fixed_parameter(cut, problem):
    settings = {"truth__noise": False, **fixed("bethy.f_leaf", mean=0.45)}
    experiment = few_parameters(("sm", "vod"), **settings)
    with_fixed = experiment.build()
    truth, of_all = truth_in(experiment, with_fixed), truth_in(cut, problem)
    shares = [name for name in of_all.values if name.startswith("bethy.f_leaf[")]
    assert shares and all(truth.values[n] == of_all.values[n] != 0.45 for n in shares)
    simulated = of_all.simulate(problem, problem.streams)
    for name, stream in with_fixed.streams.items():
        np.testing.assert_allclose(stream.values, simulated[name], rtol=SAME)
    assert with_fixed.cost_terms(truth.x)["vod"] > 0.0  # the assimilation holds them at 0.45


def test_without_noise_the_truth_has_no_misfit():
    experiment = demo_cut(("co2", "vod"), truth__noise=False)
    problem = experiment.build()
    truth = truth_in(experiment, problem)
    terms = problem.cost_terms(truth.x)
    assert {name: terms[name] for name in problem.streams} == {"co2": 0.0, "vod": 0.0}
    assert terms["prior"] == pytest.approx(0.5 * truth.x @ truth.x, rel=1e-13)


def test_noise_has_the_size_of_the_assumed_errors(cut, problem):
    simulated = truth_in(cut, problem).simulate(problem, problem.streams)
    residuals = problem.whitened_misfits(simulated)
    # 31 standard normal numbers: their mean square lies in 0.35..2.1 but once in 10^4
    assert 0.35 < np.mean(residuals**2) < 2.1


def test_noise_is_correlated_as_assumed(problem):
    stream = problem.streams["co2"]
    size = len(stream.values)
    matrix = 0.25 * (0.7 * np.ones((size, size)) + 0.3 * np.eye(size))
    part = evolve(stream.parts[0], covariance=Dense(matrix))
    stream = evolve(stream, parts=(part,))
    draws = np.array([noise(seed, stream) for seed in range(4000)])
    # an entry of a sample covariance of n draws has an sd of at most 0.25 sqrt(2 / n)
    np.testing.assert_allclose(np.cov(draws.T), matrix, atol=5.0 * 0.25 * np.sqrt(2.0 / 4000))


def test_the_lead_is_that_of_all_streams_of_the_file():
    settings = {k: v for k, v in SHORT.items() if not k.startswith("streams.")}
    alone = load_experiment("demo", ["sm"], engine="autograd", settings=settings)
    together = load_experiment("demo", ["sm", "vod"], engine="autograd", settings=settings)
    assert alone.forcing.domain.lead == together.forcing.domain.lead == 365
    assert alone.config.time.lead_days == 365  # in experiment.toml, for a repetition
    stated = load_experiment("demo", ["sm"], settings={**settings, "time.lead_days": 0})
    assert stated.forcing.domain.lead == 0


# -- values and limits ----------------------------------------------------------------------------

TABLE = (
    Parameter("a", "1", 2.0, 1.0),
    Parameter("b", "1", 2.0, 1.0, "log"),
    Parameter("c", "1", (0.0, 0.0), 1.0, index="class", groups=(1, 2), bounds=(-9.0, 9.0)),
    Parameter("d", "1", 5.0, 1.0, active=False),
)


def values(section=None, changes=None, table=TABLE):
    return truth_of(section or TruthSection(spread=1.0), Control.of({"m": table}, changes)).values


def test_the_truth_of_an_element_follows_from_seed_and_name_alone():
    found = values()
    assert found == values()
    assert found["m.b"] == values(table=TABLE[1:2])["m.b"] == values(table=TABLE[::-1])["m.b"]
    other = values(TruthSection(spread=1.0, seed=2))
    assert all(other[name] != found[name] for name in found if name != "m.d")
    assert found["m.c[1]"] != found["m.c[2]"] and found["m.d"] == 5.0  # fixed by declaration


def test_the_truth_scales_with_the_spread():
    near, far = (values(TruthSection(spread=spread)) for spread in (0.25, 1.0))
    assert far["m.a"] - 2.0 == pytest.approx(4.0 * (near["m.a"] - 2.0), rel=1e-13)
    centre = values(TruthSection(spread=0.0))
    assert centre == {"m.a": 2.0, "m.b": 2.0, "m.c[1]": 0.0, "m.c[2]": 0.0, "m.d": 5.0}


@pytest.mark.parametrize(
    "changes",
    [{"mean": 2.5}, {"sd": 0.1}, {"transform": "log"}, {"active": False, "mean": 2.5}],
    ids=str,
)
def test_changes_of_the_assimilation_do_not_change_the_truth(changes):
    table = TABLE[:1]
    section = TruthSection(spread=0.1)
    control = Control.of({"m": table}, {"m.a": changes})
    truth = truth_of(section, control)
    assert truth.values == values(section, table=table)
    np.testing.assert_allclose(
        control.physical(truth.x), list(truth.values.values())[: len(control)]
    )


@pytest.mark.parametrize(
    ("section", "changes"),
    [
        (TruthSection(spread=1.0, bounds={"m.c": (0.0, np.inf)}), {}),
        (TruthSection(spread=1.0, bounds={"m.c[1]": (0.0, 9.0), "m.c": (0.0, 8.0)}), {}),
        (TruthSection(spread=1.0), {"m.c": {"bounds": (0.0, 9.0)}}),
    ],
    ids=str,
)
def test_the_truth_is_inside_its_limits(section, changes):
    names, seeds = ("m.c[1]", "m.c[2]"), range(40)
    free = [values(TruthSection(spread=1.0, seed=s)) for s in seeds]
    found = [values(evolve(section, seed=s), changes) for s in seeds]
    for name in names:
        assert min(draw[name] for draw in found) >= 0.0 > min(draw[name] for draw in free)
        # a draw inside the limits stays
        kept = [(a[name], b[name]) for a, b in zip(found, free, strict=True) if b[name] >= 0.0]
        assert all(a == b for a, b in kept)
    assert all(a["m.a"] == b["m.a"] for a, b in zip(found, free, strict=True))


def test_the_centre_of_the_truth_can_be_stated():
    found = values(TruthSection(spread=0.0, mean={"m.a": 3.0, "m.c": 1.0, "m.c[2]": 2.0}))
    assert (found["m.a"], found["m.c[1]"], found["m.c[2]"]) == (3.0, 1.0, 2.0)


@pytest.mark.parametrize(
    ("section", "code", "where"),
    [
        (TruthSection(bounds={"m.e": (0.0, 1.0)}), "unknown-parameter", "truth.bounds.m.e"),
        (TruthSection(mean={"m.c[3]": 0.0}), "unknown-parameter", "truth.mean.m.c[3]"),
        (TruthSection(bounds={"m.c": (1.0, 0.0)}), "empty-range", "truth.bounds.m.c"),
        (TruthSection(bounds={"m.c": (1.0, 1.0)}), "empty-range", "truth.bounds.m.c"),
        (TruthSection(bounds={"m.c": (np.nan, 1.0)}), "empty-range", "truth.bounds.m.c"),
        (TruthSection(bounds={"m.a": (90.0, 99.0)}), "impossible-truth", "truth.bounds.m.a"),
        (TruthSection(mean={"m.b": -1.0}), "impossible-truth", "parameters.m.b"),
        (TruthSection(spread=0.0, mean={"m.c[1]": 10.0}), "impossible-truth", "parameters.m.c[1]"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_limits_that_hold_no_truth_are_refused(section, code, where):
    control = Control.of({"m": TABLE})
    assert codes(truth_findings(section, control)) == [(code, where)]
    assert not truth_findings(TruthSection(), control)


def test_such_limits_are_refused_before_the_run():
    settings = {**SHORT, 'truth.bounds."vod.D_0"': [1.0, 0.0], "truth.bounds.x": [0.0, 1.0]}
    with pytest.raises(InvalidExperiment) as caught:
        load_experiment("demo", ["vod"], settings=settings)
    assert set(codes(caught)) == {
        ("empty-range", "truth.bounds.vod.D_0"),
        ("unknown-parameter", "truth.bounds.x"),
    }
    with raises_finding("unknown-parameter", "truth.bounds.x", InvalidExperiment):
        load_experiment("demo", ["sm"], settings={**SHORT, "truth.bounds.x": [0.0, 1.0]})


def test_the_optical_depth_of_leaves_is_not_negative_in_the_truth_of_the_demonstration(cut):
    for seed in range(30):
        found = truth_of(evolve(cut.config.truth, seed=seed), cut.control).values
        assert min(value for name, value in found.items() if name.startswith("vod.D_0")) >= 0.0


# -- results --------------------------------------------------------------------------------------


def test_the_truth_is_saved_beside_prior_and_posterior(finished, opened_result, cut, problem):
    truth, folder = truth_in(cut, problem), finished[0].folder
    np.testing.assert_array_equal(opened_result["control_truth"], truth.x)
    np.testing.assert_array_equal(opened_result["parameter_truth"], truth.parameters)
    with xr.open_dataset(folder / "targets.nc") as targets:
        for name, expected in truth.simulate(problem, problem.targets).items():
            if name in targets["quantity"].values:
                np.testing.assert_array_equal(targets["truth"].sel(quantity=name), expected)
    record = json.loads((folder / "provenance.json").read_text())
    assert record["truth"] == {"noise": True, "parameters": dict(truth.values)}
    assert record["seeds"] == {
        "experiment.seed": 1, "truth.seed": 24, "inputs.settings.seed": 1,
    }  # fmt: skip
    assert opened_result.attrs["truth"] == finished[0].truth.sentence


@pytest.fixture(scope="module")
def opened_result(finished):
    with xr.open_dataset(finished[0].folder / "result.nc") as data:
        yield data.load()


def test_the_report_shows_the_truth(finished, tmp_path):
    pytest.importorskip("matplotlib", reason="the extra `report` is not installed")
    from ccdas_framework.report.html import write_report

    folder = copytree(finished[0].folder, tmp_path / "run")
    page = write_report(folder).read_text()
    assert finished[0].truth.sentence.removeprefix("truth") in page
    assert page.count("<th>truth</th>") >= 3 and "Targets beside their truth" in page
    with xr.open_dataset(folder / "result.nc") as data:
        measured = data.load().drop_vars(["control_truth", "parameter_truth"])
    del measured.attrs["truth"]
    for path in (folder / "result.nc", folder / "targets.nc"):
        path.unlink()
    measured.to_netcdf(folder / "result.nc")
    assert "<th>truth</th>" not in write_report(folder).read_text()


def test_chi_squared_and_shares_in_closed_form(finished, cut, problem):
    posterior, truth = finished[0].posterior, truth_in(cut, problem)
    x = truth.x + 2.0 * np.linalg.cholesky(posterior.covariance)[:, 0]
    tables = {
        "t": {
            "posterior": np.array([1.0, 1.0, 1.0, 1.0]), "truth": np.array([1.5, 2.5, 4.0, 1.0]),
            "posterior_sd": np.array([1.0, 1.0, 1.0, 0.0]),
        }
    }  # fmt: skip
    found = truth_comparison(problem, truth, x, evolve(posterior, x=x), tables)
    assert found.chi_squared == pytest.approx(4.0, rel=1e-9)
    assert (found.parameters, found.targets, found.within) == (len(x), 3, (1, 2))
    assert found.distance[0] == pytest.approx(np.sqrt(np.mean(truth.x**2)))
    singular = evolve(posterior, x=truth.x, covariance=np.ones_like(posterior.covariance))
    assert truth_comparison(problem, truth, x, singular, tables).chi_squared == 0.0
    members = evolve(singular, method="ensemble")  # of which all differ in one direction
    of_few = truth_comparison(problem, truth, x, members, tables)
    assert of_few.chi_squared is None and "chi_squared_of_truth" not in of_few.attributes
    assert f"1 of {len(x)} directions" in of_few.sentence
    without = truth_comparison(problem, truth, x, None, {})
    assert without.chi_squared is None and "chi_squared_of_truth" not in without.attributes


@pytest.mark.parametrize("count", [3, 60])
def test_draws_give_a_chi_squared_where_they_differ_in_all_directions(problem, cut, count):
    """The second element is the same in all draws of the third case, so that it has no sd."""
    truth = truth_in(cut, problem)
    length = len(truth.x)
    x = np.random.default_rng(1).normal(size=(1, count * length // 20, length))
    same = x.copy()
    same[..., 1] = 0.1  # whose mean is not exact
    with np.errstate(invalid="raise", divide="raise"):
        for draws, full in ((x, count == 60), (same, False)):
            ensemble = Ensemble(problem.control, draws, np.zeros(draws.shape[:2]), exact=False)
            posterior = posterior_of_draws(ensemble, problem.prior.covariance)
            found = truth_comparison(problem, truth, posterior.x, posterior, {})
            assert (found.chi_squared is not None) == full
            if full:
                error = ensemble.mean - truth.x
                exact = error @ np.linalg.solve(ensemble.covariance, error)
                assert found.chi_squared == pytest.approx(exact, rel=1e-6)
