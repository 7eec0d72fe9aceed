"""What a budget says of its end."""

from ccdas_framework.core.budget import Budget


def test_it_says_which_limit_ended_it():
    runs, seconds = Budget(5.0), Budget(seconds=-1.0)  # of a time that has passed
    runs.spend("cost", 5)
    assert "5 of 5 model runs" in runs.spent and "repeated" not in runs.spent
    assert seconds.affordable("cost", 1) == 0
    assert "inf" not in seconds.spent and "repeated" in seconds.spent
    assert (runs.key, seconds.key) == ("budget.model_runs", "budget.seconds")


def test_it_says_nothing_of_a_limit_that_it_does_not_have():
    unlimited, early = Budget(), Budget(seconds=3600.0)
    for budget in (unlimited, early):
        budget.spend("cost", 5)
        assert budget.spent == "5 model runs"
    assert (unlimited.key, early.key) == ("budget.model_runs", "budget.seconds")
