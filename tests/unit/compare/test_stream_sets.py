"""Sets of streams to compare."""

import pytest
from findings import codes

from ccdas_framework.compare.stream_sets import absent_findings, name_of, set_findings


def test_a_set_is_named_by_its_streams():
    assert name_of(("co2", "sm")) == "co2+sm"


@pytest.mark.parametrize(
    ("sets", "code"),
    [
        ([("co2", "som")], "unknown-stream"),
        ([("co2", "co2")], "repeated-stream"),
        ([("co2", "sm"), ("sm", "co2")], "repeated-set"),
        ([()], "empty-set"),
    ],
)
def test_a_wrong_set_is_refused(sets, code):
    assert codes(set_findings(sets, ["co2", "sm"])) == [(code, "added_value.sets")]


def test_sets_of_known_streams_are_right():
    assert not set_findings([("co2",), ("sm",), ("sm", "co2")], ["co2", "sm"])


def test_a_set_without_the_stream_whose_parameter_it_uses_is_refused():
    shares = {("late", "D_0"): ("vod", "D_0")}
    sets = [("vod",), ("vod", "late"), ("late", "sm")]
    assert codes(absent_findings(sets, shares)) == [("absent-stream", "added_value.sets")]
    assert not absent_findings(sets[:2], shares)
