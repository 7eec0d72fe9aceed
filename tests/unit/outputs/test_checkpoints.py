"""What a checkpoint holds comes back; what changed since a run is named."""

import platform

import numpy as np
import pytest
from findings import codes, raises_finding

from ccdas_framework.core.errors import InvalidInput
from ccdas_framework.core.result import Iteration
from ccdas_framework.outputs import RunFolder, read_checkpoint
from ccdas_framework.outputs.checkpoints import History, read_histories, write_histories
from ccdas_framework.outputs.provenance import changed_inputs, provenance, versions_that_differ
from ccdas_framework.outputs.run_folder import read_result


def way(count, cost=9.0, **state):
    return [
        Iteration(
            n, np.array([n, 0.5]), cost - n, {"prior": 0.25 * n, "sm": cost - 1.25 * n}, 0.1**n,
            {"cost": n + 1, "jacobian": n}, {"damping": 0.5**n, **state},
        )
        for n in range(count)
    ]  # fmt: skip


@pytest.mark.parametrize("held", [b"", b"junk", b"PK\x03\x04 cut short"])
def test_an_incomplete_file_is_refused(tmp_path, held):
    for name in ("checkpoint.npz", "result.nc"):
        (tmp_path / name).write_bytes(held)
    with raises_finding("unreadable-file", "checkpoint.npz", InvalidInput):
        read_checkpoint(tmp_path)
    with raises_finding("unreadable-file", "result.nc", InvalidInput):
        read_result(tmp_path / "result.nc")


def test_the_ways_of_all_starts_come_back(tmp_path):
    folder = RunFolder(tmp_path / "run")
    given = {
        1: History(np.zeros(2), way(3), "converged", "as small as asked for"),
        2: History(np.ones(2), way(2, cost=20.0, gain=0.9)),
        3: History(-np.ones(2), (), "failed", "the model gives NaN"),
        4: History(np.ones(2)),
    }
    write_histories(folder, ["m.a", "m.b"], given)
    names, found = read_histories(folder.path)
    assert names == ("m.a", "m.b") and set(found) == set(given)
    for number, history in given.items():
        back = found[number]
        assert (back.status, back.message) == (history.status, history.message)
        np.testing.assert_array_equal(back.start, history.start)
        for a, b in zip(back.iterations, history.iterations, strict=True):
            np.testing.assert_array_equal(a.x, b.x)
            assert (a.number, a.cost, a.gradient_norm) == (b.number, b.cost, b.gradient_norm)
            assert a.terms == b.terms
        if history.iterations:
            last, expected = back.iterations[-1], history.iterations[-1]
            assert (last.counts, last.state) == (expected.counts, expected.state)
    best = read_checkpoint(folder.path)  # the lowest cost, for those who want a point only
    np.testing.assert_array_equal(best["x"], [2.0, 0.5])
    assert best["cost"] == 7.0 and best["iteration"] == 2


def test_a_checkpoint_of_an_earlier_version_is_refused(tmp_path):
    RunFolder(tmp_path / "run").checkpoint(np.zeros(2), 1, names=np.array(["m.a", "m.b"]))
    with raises_finding("old-checkpoint", "checkpoint.npz", InvalidInput):
        read_histories(tmp_path / "run")


def test_changed_missing_and_new_inputs_are_named(tmp_path):
    paths = [tmp_path / name for name in ("a.nc", "b.nc", "c.nc", "d.nc")]
    for path in paths:
        path.write_bytes(path.name.encode())
    before = provenance(inputs=paths[:3], folder=tmp_path)
    assert changed_inputs(before, paths[:3], tmp_path) == []
    paths[0].write_bytes(b"other")
    changes = changed_inputs(before, [paths[0], paths[1], paths[3]], tmp_path)
    assert codes(changes) == [
        ("input-changed", "a.nc"), ("input-not-read", "c.nc"), ("input-added", "d.nc"),
    ]  # fmt: skip


def test_versions_that_differ_are_named_with_both():
    before = provenance(inputs=[])
    assert versions_that_differ(before) == []
    del before["libraries"]["numpy"]
    before["python"] = "2.7"
    (python, numpy) = versions_that_differ(before)
    assert (python.where, numpy.where) == ("python", "libraries.numpy")
    assert python.message.count("2.7") == 1 and platform.python_version() in python.message
    assert np.__version__ in numpy.message
