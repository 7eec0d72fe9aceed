"""What a budget says of its end."""

from ccdas_framework.core.budget import Budget


def test_it_says_which_limit_ended_it():
    runs, seconds = Budget(5.0), Budget(seconds=-1.0)  # of a time that has passed
    runs.spend("cost", 5)
    assert "5 of 5 model runs" in runs.spent and "repeated" not in runs.spent
    assert seconds.affordable("cost", 1) == 0
    assert "inf" not in seconds.spent and "repeated" in seconds.spent
