"""Sets of streams to compare."""

import pytest

from ccdas_framework.compare.stream_sets import fullest, name_of, nested, set_problems


def test_by_default_streams_are_added_one_by_one():
    assert nested(["co2", "sm", "vod"]) == [("co2",), ("co2", "sm"), ("co2", "sm", "vod")]
    assert name_of(("co2", "sm")) == "co2+sm"


def test_the_common_point_is_that_of_most_streams():
    assert fullest([("a",), ("a", "b"), ("b", "c")]) == ("a", "b")


@pytest.mark.parametrize(
    ("sets", "expected"),
    [
        ([("co2", "som")], "'co2+som' names the stream 'som', which the experiment does not"),
        ([("co2", "co2")], "names the stream 'co2' twice"),
        ([("co2", "sm"), ("sm", "co2")], "'co2+sm' is there 2 times"),
        ([()], "a set of streams to compare is empty"),
    ],
)
def test_what_is_wrong_with_a_set_is_a_sentence(sets, expected):
    (problem,) = set_problems(sets, ["co2", "sm"])
    assert expected in problem


def test_sets_of_known_streams_are_right():
    assert set_problems([("co2",), ("sm",), ("sm", "co2")], ["co2", "sm"]) == []
