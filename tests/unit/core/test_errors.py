"""Findings: a code, a place and a message, collected and reported together."""

import pickle

import pytest

from ccdas_framework.core.errors import Finding, Findings, InvalidExperiment, InvalidInput


def test_findings_are_selected_by_place():
    findings = Findings()
    findings.add("unknown-key", "time.dais", "unknown key 'time.dais'.")
    findings.add("wrong-value", "time.days", "'time.days' is -1.")
    assert [f.code for f in findings.at("time.days")] == ["wrong-value"]
    assert [f.code for f in findings] == ["unknown-key", "wrong-value"]


def test_all_findings_are_raised_together():
    findings = Findings([Finding("a", "x", "first."), Finding("b", "y", "second.")])
    with pytest.raises(InvalidExperiment) as caught:
        findings.raise_if_any()
    assert [f.code for f in caught.value.findings] == ["a", "b"]
    assert all(f.message in str(caught.value) for f in findings)


def test_no_finding_raises_nothing():
    Findings().raise_if_any()


def test_an_error_is_one_finding_with_the_code_of_its_class():
    (finding,) = InvalidInput("too short.", where="sm.nc: time").findings
    assert finding == Finding("invalid-input", "sm.nc: time", "too short.")
    (finding,) = InvalidInput("too short.", code="short-file").findings
    assert finding.code == "short-file"


def test_the_findings_of_an_error_join_a_collection_with_a_prefix():
    findings = Findings()
    error = InvalidExperiment([Finding("a", "x", "one."), Finding("b", "", "two.")])
    findings.add_error(error, "recipe: ", where="y")
    assert [f.message for f in findings] == ["recipe: one.", "recipe: two."]
    assert [f.where for f in findings] == ["x", "y"]
    assert [f.code for f in findings] == ["a", "b"]


@pytest.mark.parametrize(
    "error",
    [InvalidInput("text", code="c", where="w"), InvalidExperiment([Finding("c", "w", "text")])],
)
def test_findings_survive_a_change_of_process(error):
    assert pickle.loads(pickle.dumps(error)).findings == error.findings
