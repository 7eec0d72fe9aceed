"""Truths of studies: those of known problems, and whether truths are draws from the prior."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from cuts import few_parameters
from unit.compare.study_rows import drawn_study, row

from ccdas_framework.compare.study import compare_methods, finished_study
from ccdas_framework.compare.study_file import read_study
from ccdas_framework.compare.study_problem import engine_of, row_problem
from ccdas_framework.compare.study_summary import coverage_by_parameter
from ccdas_framework.config.engine_choice import engine_name
from ccdas_framework.core.errors import Findings
from ccdas_framework.experiment.truth import not_from_prior
from ccdas_framework.io.toml_text import toml_text

EXAMPLES = Path(__file__).parents[3] / "examples"
LEAVES = tuple(f"vod.D_0[{label}]" for label in range(1, 14))


def others(**settings):
    """Elements of a cut of the demo whose truth is no draw from its prior."""
    experiment = few_parameters(("vod",), **settings)
    return not_from_prior(experiment.config.truth, experiment.build())


def test_limits_of_the_truth_alone_make_it_no_draw_from_the_prior():
    limits = {"vod.D_0": (0.01, 0.2)}
    assert set(others(truth__spread=1.0, truth__bounds=limits)) == set(LEAVES)
    assert others(truth__spread=1.0) == ()


@pytest.mark.parametrize(
    ("settings", "names"),
    [
        ({"truth.mean": {"bethy.Q10s": 2.0}}, {"bethy.Q10s"}),
        ({'parameters."bethy.Q10s".sd': 0.3}, {"bethy.Q10s"}),
        ({'parameters."bethy.Q10s".mean': 2.0}, {"bethy.Q10s"}),
        ({'parameters."bethy.Q10s".transform': "log"}, {"bethy.Q10s"}),
        ({'parameters."bethy.Q10s".bounds': [0.5, 9.0]}, {"bethy.Q10s"}),
        ({'parameters."bethy.f_g".active': True}, set()),
    ],
    ids=str,
)
def test_another_distribution_than_the_prior_is_named(settings, names):
    assert set(others(truth__spread=1.0, **settings)) == names


@pytest.mark.parametrize(
    "settings",
    [
        {"truth__spread": 0.5},
        {
            "truth__spread": 1.0,
            "prior.correlations": [["bethy.Q10s", "vod.D_0[13]", 0.5]],
        },
    ],
    ids=str,
)
def test_another_spread_or_a_correlation_concerns_every_element(settings):
    experiment = few_parameters(("vod",), **settings)
    problem = experiment.build()
    assert not_from_prior(experiment.config.truth, problem) == problem.control.names


@pytest.mark.parametrize("name", ["methods", "streams", "history_matching"])
def test_truths_of_the_examples_are_draws_from_the_prior(name):
    findings = Findings()
    last = read_study(EXAMPLES / f"compare_{name}.toml", findings).rows[-1]
    problem = row_problem({**last.definition["problem"], "engine": "autograd"})
    assert not findings and problem.truth_spread == 1.0
    assert problem.not_from_prior == ()


def test_the_page_names_parameters_whose_truth_is_no_draw_from_the_prior(tmp_path):
    pytest.importorskip("matplotlib", reason="the extra `report` is not installed")
    from ccdas_framework.compare.study_page import blocks, contents, truth_sentence

    drawn_study(tmp_path / "study", seeds=(1, 2, 3))
    (block,) = blocks(finished_study(tmp_path / "study"))
    for each in block.rows:
        each.about["truth_not_from_prior"] = "p[1,2]; q"
    assert "p[1,2], q" in truth_sentence(block)
    for each in block.rows:
        each.about["truth_not_from_prior"] = "; ".join(f"p[{n}]" for n in range(8))
    assert "not draws from the prior" in truth_sentence(block)
    assert contents(finished_study(tmp_path / "study"))["blocks"][0]["covered"]["gn"]["seeds"] == 3


def test_coverage_by_parameter_is_the_share_of_seeds_without_marked_rows():
    rows = [
        row(1, covered=[1.0, 0.0], control=[1, 2]),
        row(2, seed=2, covered=[1.0, 1.0], control=[1, 2]),
        row(3, seed=3, covered=[0.0, 0.0], control=[1, 2], mixed="no"),
        row(4, method="none", covered=[np.nan, np.nan], control=[1, 2]),
    ]
    assert coverage_by_parameter(rows) == {
        "gn": {"seeds": 2, "1.0": 1.0, "2.0": 0.5, "all parameters": 0.75}
    }


# -- known problems ----------------------------------------------------------------------------


def known_study(folder, name, seeds):
    tables = {
        "study": {"seeds": seeds, "vary": ["truth"], "engines": ["autograd"]},
        "cases": {"k": {"known": name}},
        "methods": {"gn": {"optimiser": "gauss_newton", "settings": {"distance": 1e-6}}},
    }
    path = folder / "study.toml"
    path.write_text(toml_text(tables), "utf-8")
    return path


def test_a_known_problem_has_a_truth_for_each_seed_and_its_exact_answer(tmp_path):
    path = known_study(tmp_path, "rank_deficient", [1, 2, 3])
    done = compare_methods(path, tmp_path / "out")
    exact = [line for line in done.table if line["method"] == "exact"]
    found = [line for line in done.table if line["method"] == "gn"]
    assert len(exact) == len(found) == 3
    assert len({line["cost"] for line in found}) == 3
    for line, answer in zip(found, exact, strict=True):
        assert line["cost"] == pytest.approx(answer["cost"], rel=1e-9)
        # a search ends near the minimum, within its tolerance
        assert line["distance_to_truth"] == pytest.approx(answer["distance_to_truth"], rel=1e-4)
        assert line["coverage"] == answer["coverage"]
    with xr.open_dataset(tmp_path / "out" / "rows" / "k-gn-2.nc") as one:
        assert one.attrs["truth_spread"] == 1.0 and one.attrs["truth_not_from_prior"] == ""


def test_without_a_closed_form_a_drawn_truth_has_no_exact_answer(tmp_path):
    rows = read_study(known_study(tmp_path, "banana", [1, 2]), Findings()).rows
    assert [r.name for r in rows] == ["k-prior-1", "k-gn-1", "k-prior-2", "k-gn-2"]
    truths = [row_problem(r.definition["problem"]).x_true for r in rows if r.method == "gn"]
    assert not np.array_equal(*truths)


# -- engines of known problems --------------------------------------------------------------------


def test_a_function_that_jax_cannot_trace_takes_autograd_where_the_engine_is_auto():
    def definition(known, engine):
        return {"known": known, "engine": engine, "truth_seed": None}

    branching = row_problem(definition("raising_model", "auto"))
    assert branching.engine == engine_of(definition("raising_model", "auto")) == "autograd"
    assert branching.problem.cost(np.array([-0.4])) == pytest.approx(0.1)
    assert engine_of(definition("raising_model", "differences")) == "differences"
    assert engine_of(definition("failing_model", "auto")) == engine_name("auto", [])
