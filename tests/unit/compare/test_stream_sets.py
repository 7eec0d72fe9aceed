"""Sets of streams to compare."""

import pytest
from findings import codes

from ccdas_framework.compare.stream_sets import fullest, name_of, nested, set_findings


def test_by_default_streams_are_added_one_by_one():
    assert nested(["co2", "sm", "vod"]) == [("co2",), ("co2", "sm"), ("co2", "sm", "vod")]
    assert name_of(("co2", "sm")) == "co2+sm"


def test_the_common_point_is_that_of_most_streams():
    assert fullest([("a",), ("a", "b"), ("b", "c")]) == ("a", "b")


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
