"""Which observations become a stream, and where and when it looks."""

import pickle

import numpy as np
import pytest
from attrs import evolve
from findings import raises_finding
from toy import toy_forcing

from ccdas_framework import Observations, apply_masks, cell_stream


@pytest.fixture(scope="module")
def domain():
    return toy_forcing().domain  # 10 days of lead from 2009-12-22, then 40 from 2010-01-01


def seen(start, end=None, latitude=0.0, longitude=0.0, sd=0.1):
    start = np.atleast_1d(np.array(start, "datetime64[D]"))
    count = len(start)
    place = [np.broadcast_to(np.asarray(v, float), count) for v in (latitude, longitude)]
    return Observations(
        values=np.arange(count), sd=np.full(count, sd), start=start,
        end=start if end is None else np.atleast_1d(np.array(end, "datetime64[D]")),
        latitude=place[0], longitude=place[1], altitude=np.zeros(count),
        label=np.array([f"o{n}" for n in range(count)]), extra={"flag": np.arange(count)},
    )  # fmt: skip


def test_an_observation_sees_the_columns_of_its_cell_on_its_days(domain):
    stream = cell_stream(seen("2010-01-03", "2010-01-05", latitude=2.0, longitude=-1.0), domain)
    assert (stream.at["first_day"][0], stream.at["last_day"][0]) == (12, 14)
    assert stream.at["columns"][0].tolist() == [0, 1, 2]
    np.testing.assert_allclose(stream.at["weights"][0], [0.5, 0.3, 0.2], rtol=1e-14)


def test_weights_sum_to_one_where_ground_is_bare(domain):
    stream = cell_stream(seen(["2010-01-03"] * 2, latitude=[10.0, 20.0]), domain)
    np.testing.assert_allclose(stream.at["weights"].sum(axis=1), 1.0, rtol=1e-14)


def test_what_is_outside_is_dropped_and_counted(domain):
    start = ["2010-01-03", "2009-12-25", "2010-02-10", "2009-12-20", "2010-01-03", "2010-01-04"]
    latitude = [0.0, 0.0, 0.0, 0.0, 80.0, 0.0]
    stream = cell_stream(seen(start, latitude=latitude), domain)
    assert stream.index.tolist() == [0, 5]
    assert stream.values.tolist() == [0.0, 5.0]
    assert stream.labels.tolist() == ["o0", "o5"]
    assert stream.dropped == {"outside the grid": 1, "outside the period": 3}


def test_the_first_and_last_day_of_the_window_are_inside(domain):
    stream = cell_stream(seen(["2010-01-01", "2010-02-09"]), domain)
    assert len(stream.values) == 2 and stream.dropped == {}


def test_a_lag_reads_earlier_days_and_keeps_the_same_observations(domain):
    stream = cell_stream(seen(["2010-01-03", "2010-01-01"]), domain, lag=2)
    assert stream.at["first_day"].tolist() == [10, 8]


def test_what_was_dropped_before_is_counted_with_it(domain):
    stream = cell_stream(seen("2010-01-03", latitude=80.0), domain, dropped={"cloudy": 3})
    assert stream.dropped == {"cloudy": 3, "outside the grid": 1}


def test_the_nearest_cell_is_taken_across_the_date_line(domain):
    grid = evolve(domain.grid, longitude=np.array([178.0, -178.0, 0.0, 0.0, 0.0]),
                  latitude=np.zeros(5))  # fmt: skip
    assert grid.locate(np.array([0.0, 0.0]), np.array([179.0, -179.5])).tolist() == [0, 1]


def test_taking_observations_takes_their_extra_columns(domain):
    part = seen(["2010-01-01", "2010-01-02", "2010-01-03"]).take(np.array([2, 0]))
    assert part.label.tolist() == ["o2", "o0"] and part.extra["flag"].tolist() == [2, 0]


def test_what_two_masks_hide_counts_under_the_first(domain):
    stream = cell_stream(seen(["2010-01-03"] * 4), domain, dropped={"wet": 2})
    masks = {
        "frozen": np.array([True, True, False, False]),
        "wet": np.array([False, True, True, False]),
    }
    left = apply_masks(stream, masks)
    assert left.dropped == {"frozen": 2, "wet": 3}
    assert left.index.tolist() == [3]
    assert len(left.values) == len(left.covariance.sd) == len(left.labels) == 1
    assert all(len(array) == 1 for array in left.at.values())


def test_a_further_column_is_one_of_numbers_or_said_to_be_none():
    observations = evolve(
        seen("2010-01-03"), extra={"n": np.array([4]), "quality": np.array(["good"])}
    )
    assert observations.numbers("n").tolist() == [4.0] and observations.numbers("n").dtype == float
    assert np.isnan(observations.numbers("dqx")).all() and observations.numbers("dqx").shape == (1,)
    with raises_finding("wrong-column", "quality"):
        observations.numbers("quality")


def test_columns_of_more_dimensions_are_taken_and_pickled():
    kernel = np.arange(6.0).reshape(2, 3)
    observations = evolve(seen(["2010-01-03"] * 2), extra={"kernel": kernel}, dropped={"gap": 3})
    part = pickle.loads(pickle.dumps(observations.take([1])))
    assert part.extra["kernel"].tolist() == [[3.0, 4.0, 5.0]] and part.dropped == {"gap": 3}
    with raises_finding("wrong-dimensions", "kernel"):
        observations.numbers("kernel")
