"""A setting of the wrong kind is refused in a sentence."""

import numpy as np
import pytest
from attrs import field, frozen

from ccdas_framework import is_flag, is_number, is_whole_number


@frozen
class Settings:
    on: bool = field(default=True, validator=is_flag)
    size: float = field(default=1.0, validator=is_number)
    count: int = field(default=1, validator=is_whole_number)


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"on": "no"}, "'on' is 'no'; expected true or false, without quotation marks."),
        ({"on": 1}, "'on' is 1; expected true or false"),
        ({"size": "large"}, "'size' is 'large'; expected a number."),
        ({"size": True}, "'size' is True; expected a number."),
        ({"size": float("nan")}, "'size' is nan; expected a number."),
        ({"count": 2.5}, "'count' is 2.5; expected a whole number."),
        ({"count": False}, "'count' is False; expected a whole number."),
    ],
)
def test_what_is_of_another_kind_is_refused(wrong, sentence):
    with pytest.raises(TypeError) as refused:
        Settings(**wrong)
    assert sentence in refused.value.args[0]


def test_numbers_of_numpy_and_infinity_are_numbers():
    Settings(size=np.float32(2.0), count=np.int64(3))
    Settings(size=3)
    Settings(size=float("inf"))
