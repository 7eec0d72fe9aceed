"""A study file: its rows, their names and fingerprints, and every mistake in it."""

import json

import pytest
from findings import codes, raises_finding

from ccdas_framework.compare.study_file import read_study
from ccdas_framework.core.errors import Findings
from ccdas_framework.io.toml_text import toml_text

RANK = {"known": "rank_deficient"}
KNOWN = {"rank": RANK}
METHODS = {"gn": {"optimiser": "gauss_newton"}, "quasi": {"optimiser": "lbfgsb"}}


def written(folder, **tables):
    """A study file with one known problem and two methods, some of its tables replaced."""
    path = folder / "study.toml"
    path.write_text(toml_text({"cases": KNOWN, "methods": METHODS, **tables}), "utf-8")
    return path


def rows_of(folder, **tables):
    findings = Findings()
    rows = read_study(written(folder, **tables), findings).rows
    assert not findings, codes(findings)
    return rows


def mistakes(folder, **tables):
    findings = Findings()
    read_study(written(folder, **tables), findings)
    return codes(findings)


DEMO = {"demo": {"experiment": "demo", "settings": {"time": {"days": 40}}}}


def test_every_combination_is_a_row_and_prior_and_exact_are_there(tmp_path):
    rows = rows_of(tmp_path, study={"seeds": [1, 2], "engines": ["autograd"]})
    assert [row.name for row in rows] == [
        "rank-prior-1", "rank-exact-1", "rank-gn-1", "rank-quasi-1", "rank-gn-2", "rank-quasi-2",
    ]  # fmt: skip
    assert [row.number for row in rows] == [1, 2, 3, 4, 5, 6]


def test_names_have_the_choices_that_the_study_has(tmp_path):
    rows = rows_of(
        tmp_path, cases=DEMO, study={"engines": ["autograd", "differences"]},
        models={"bethy": {}, "dalec": {}}, streams={"some": ["co2"], "all": ["co2", "sm"]},
        methods={"gn": METHODS["gn"]},
    )  # fmt: skip
    assert len(rows) == 2 * 2 * 2 * 2
    assert rows[1].name == "demo-bethy-some-gn-autograd-1"
    problem = rows[-1].definition["problem"]
    assert problem["settings"] == {"time.days": 40, "model.name": "dalec"}
    assert problem["streams"] == ["co2", "sm"]


@pytest.mark.parametrize(
    ("vary", "methods", "truths"),
    [
        (["method"], [1, 5], [None, None]),
        (["truth"], [1, 1], [1, 5]),
        (["method", "truth"], [1, 5], [1, 5]),
    ],
)
def test_a_seed_varies_the_method_the_truth_or_both(tmp_path, vary, methods, truths):
    rows = rows_of(tmp_path, cases=DEMO, study={"seeds": [1, 5], "vary": vary})
    of_method = [row.definition for row in rows if row.method == "gn"]
    assert [d["method_seed"] for d in of_method] == methods
    assert [d["problem"]["truth_seed"] for d in of_method] == truths


def test_a_method_may_have_a_budget_of_its_own_with_the_weights_of_the_study(tmp_path):
    long = {"optimiser": "gauss_newton", "model_runs": 5000}
    budget = {"model_runs": 100, "gradient": 3.0}
    rows = rows_of(tmp_path, budget=budget, methods={**METHODS, "long": long})
    budgets = {row.method: row.definition["budget"] for row in rows}
    assert budgets["long"] == {**budgets["gn"], "model_runs": 5000}
    assert budgets["gn"]["model_runs"] == 100 and budgets["gn"]["gradient"] == 3.0
    same = rows_of(tmp_path, budget=budget)
    assert [r.fingerprint for r in same] == [r.fingerprint for r in rows if r.method != "long"]


def test_a_budget_of_a_method_without_a_run_is_refused(tmp_path):
    nothing = {"optimiser": "gauss_newton", "model_runs": 0}
    assert mistakes(tmp_path, methods={"gn": nothing}) == [("wrong-value", "methods.gn.model_runs")]


@pytest.mark.parametrize(("vary", "count"), [(["method"], 1), (["truth"], 2)])
def test_the_prior_is_a_row_for_each_truth(tmp_path, vary, count):
    rows = rows_of(tmp_path, cases=DEMO, study={"seeds": [1, 5], "vary": vary})
    assert sum(row.method == "prior" for row in rows) == count


def test_a_fingerprint_changes_with_all_that_decides_the_numbers(tmp_path):
    def gauss_newton(**tables):
        return next(row.fingerprint for row in rows_of(tmp_path, **tables) if row.method == "gn")

    same = gauss_newton()
    assert gauss_newton(study={"title": "another", "seeds": [1, 2]}) == same
    assert gauss_newton(methods={**METHODS, "more": METHODS["quasi"]}) == same
    others = {
        gauss_newton(budget={"model_runs": 50}),
        gauss_newton(budget={"gradient": 3.0}),
        gauss_newton(study={"interval": 0.5}),
        gauss_newton(study={"engines": ["autograd"]}),
        gauss_newton(study={"seeds": [2]}),
        gauss_newton(cases={"rank": {"known": "unequal_errors"}}),
        gauss_newton(methods={"gn": {"optimiser": "gauss_newton", "settings": {"iterations": 3}}}),
    }
    assert len(others) == 7 and same not in others


def test_an_experiment_file_counts_by_its_text_and_not_by_its_folder(tmp_path):
    def fingerprint(folder, text):
        folder.mkdir(exist_ok=True)
        (folder / "mine.toml").write_text(text, "utf-8")
        row = rows_of(folder, cases={"mine": {"experiment": "mine.toml"}})[0]
        assert row.definition["problem"]["experiment"] == str(folder / "mine.toml")
        return row.fingerprint, row.problem_id

    first = fingerprint(tmp_path / "a", "extends = 'demo'")
    assert fingerprint(tmp_path / "b", "extends = 'demo'") == first
    assert not set(fingerprint(tmp_path / "b", "extends = 'demo' # changed")) & set(first)


def test_a_definition_can_be_written_as_json(tmp_path):
    for row in rows_of(tmp_path, methods={"gn": {**METHODS["gn"], "tune": {"iterations": [2, 3]}}}):
        assert json.loads(json.dumps(row.definition)) == row.definition


# -- mistakes --------------------------------------------------------------------------------


def test_a_file_that_does_not_exist(tmp_path):
    with raises_finding("missing-file", "no.toml"):
        read_study(tmp_path / "no.toml", Findings())


@pytest.mark.parametrize(
    ("tables", "code", "place"),
    [
        ({"study": {"sedes": [1]}}, "unknown-key", "study.sedes"),
        ({"study": {"seeds": []}}, "wrong-value", "study.seeds"),
        ({"study": {"seeds": [1, 1]}}, "repeated-value", "study.seeds"),
        ({"study": {"vary": ["noise"]}}, "wrong-value", "study.vary"),
        ({"study": {"interval": 1.0}}, "wrong-value", "study.interval"),
        ({"study": {"engines": ["autogard"]}}, "unknown-component", "study.engines"),
        ({"budget": {"model_runs": 0}}, "wrong-value", "budget.model_runs"),
        ({"plots": {}}, "unknown-section", "plots"),
        ({"cases": {}}, "missing-key", "cases"),
        ({"methods": {}}, "missing-key", "methods"),
        ({"cases": {"a": {}}}, "missing-key", "cases.a"),
        ({"cases": {"a": {**RANK, "experiment": "demo"}}}, "missing-key", "cases.a"),
        ({"cases": {"a": {"known": "rank"}}}, "unknown-problem", "cases.a.known"),
        ({"cases": {"a": {"experiment": "dmeo"}}}, "unknown-experiment", "cases.a.experiment"),
        ({"cases": {"a/b": RANK}}, "wrong-name", "cases.a/b"),
        ({"cases": {"a": {**RANK, "settings": {"x": 1}}}}, "unused-key", "cases.a.settings"),
        ({"cases": {"a": {**RANK, "streams": ["co2"]}}}, "unused-key", "cases.a.streams"),
        ({"cases": {"a": {**RANK, "fixed": "truth"}}}, "unused-key", "cases.a.fixed"),
        (
            {"cases": {"a": {
                "experiment": "demo", "fixed": "truth", "truth_settings": {"model.name": "dalec"},
            }}},
            "unused-key", "cases.a.fixed",
        ),
        ({"models": {"dalec": {}}}, "unused-key", "models"),
        ({"streams": {"few": ["co2"]}}, "unused-key", "streams"),
        ({"methods": {"a": {}}}, "missing-key", "methods.a"),
        (
            {"methods": {"a": {"optimiser": "lbfgsb", "sampler": "s"}}}, "missing-key", "methods.a",
        ),
        ({"methods": {"a": {"optimiser": "lbfgs"}}}, "unknown-component", "methods.a.optimiser"),
        ({"methods": {"a": {"sampler": "nutz"}}}, "unknown-component", "methods.a.sampler"),
        ({"methods": {"prior": METHODS["gn"]}}, "reserved-name", "methods.prior"),
        ({"methods": {"exact": METHODS["gn"]}}, "reserved-name", "methods.exact"),
        (
            {"methods": {"a": {**METHODS["gn"], "start": "prior"}}},
            "unused-key", "methods.a.start",
        ),
        (
            {"methods": {"a": {**METHODS["gn"], "settings": {"iteration": 3}}}},
            "unknown-key", "methods.a.settings.iteration",
        ),
        (
            {"methods": {"a": {**METHODS["gn"], "settings": {"iterations": 0}}}},
            "wrong-value", "methods.a.settings",
        ),
        (
            {"methods": {"a": {**METHODS["gn"], "tune": {"iterations": 3}}}},
            "wrong-value", "methods.a.tune.iterations",
        ),
        (
            {"methods": {"a": {**METHODS["gn"], "tune": {"iteration": [3]}}}},
            "unknown-key", "methods.a.tune.iteration",
        ),
        (
            {"methods": {"a": {**METHODS["gn"], "tune": {"iterations": [3, 0]}}}},
            "wrong-value", "methods.a.tune",
        ),
    ],
)  # fmt: skip
def test_a_mistake_is_found_at_its_place(tmp_path, tables, code, place):
    assert mistakes(tmp_path, **tables) == [(code, place)]


def test_rows_that_would_share_a_file_are_refused(tmp_path):
    cases = {"a": RANK, "a-gn": RANK}
    methods = {"gn-b": METHODS["gn"], "b": METHODS["gn"]}
    found = mistakes(tmp_path, cases=cases, methods=methods)
    assert found == [("repeated-name", "a-gn-b-1")]


def test_names_that_differ_in_capitals_alone_share_a_file_on_some_machines(tmp_path):
    found = mistakes(tmp_path, methods={"GN": METHODS["gn"], "gn": METHODS["gn"]})
    assert found == [("repeated-name", "rank-gn-1")]


def test_all_mistakes_are_found_together(tmp_path):
    found = mistakes(
        tmp_path, study={"sedes": [1]}, cases={"a": {"known": "rank"}}, methods={"b": {}}
    )
    assert set(found) == {
        ("unknown-key", "study.sedes"), ("unknown-problem", "cases.a.known"),
        ("missing-key", "methods.b"),
    }  # fmt: skip


def test_a_known_problem_has_rows_for_each_truth(tmp_path):
    rows = rows_of(tmp_path, study={"seeds": [1, 2, 5], "vary": ["truth"]})
    of_method = [row for row in rows if row.method == "gn"]
    assert [row.seed for row in of_method] == [1, 2, 5]
    assert len({row.problem_id for row in of_method}) == 3


def test_robust_errors_of_a_known_problem_have_no_truth(tmp_path):
    cases = {"tails": {"known": "heavy_tails"}}
    assert not mistakes(tmp_path, cases=cases)
    found = mistakes(tmp_path, cases=cases, study={"vary": ["truth"]})
    assert found == [("no-truth", "cases.tails.known")]
