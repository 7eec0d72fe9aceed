"""Seconds of stages."""

import time

from ccdas_framework.experiment.monitor import Monitor
from ccdas_framework.experiment.stage_times import EARLIER, StageTimes


def test_a_resumed_run_names_the_parts_before_it_apart():
    times = StageTimes(Monitor(), time.monotonic() - 3600.0, "assembling", earlier=3590.0)
    times.stage("optimising")
    seconds = times.seconds
    assert list(seconds) == [EARLIER, "assembling", "optimising"]
    assert abs(seconds[EARLIER] - 3590.0) < 1e-6
    assert 10.0 <= seconds["assembling"] < 20.0


def test_a_run_in_one_part_begins_with_its_first_stage():
    assert list(StageTimes(Monitor(), time.monotonic(), "assembling").seconds) == ["assembling"]
