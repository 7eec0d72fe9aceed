"""A worker that computes and sends no sign of life is named once."""

from ccdas_framework.execution.silent_workers import BETWEEN_LOOKS, SILENCE, SilentWorkers


def named(silent, signs, computing, now):
    return [(w.code, next(n for n in "ab" if f"worker {n} " in str(w)))
            for w in silent.warnings(signs, computing, now)]  # fmt: skip


def test_a_silent_worker_that_computes_is_named_once_for_each_silence():
    silent, later = SilentWorkers(), SILENCE + 1.0
    assert named(silent, {"a": 5.0, "b": 7.0}, {"a", "b"}, 0.0) == []
    assert named(silent, {"a": 5.0, "b": 9.0}, {"a", "b"}, SILENCE - 1.0) == []
    assert named(silent, {"a": 5.0, "b": 9.5}, {"a", "b"}, later) == [("silent-worker", "a")]
    assert named(silent, {"a": 5.0, "b": 9.9}, {"a", "b"}, 2 * later) == []
    assert named(silent, {"a": 6.0, "b": 10.0}, {"a", "b"}, 3 * later) == []
    assert named(silent, {"a": 6.0, "b": 11.0}, {"a", "b"}, 4 * later) == [("silent-worker", "a")]


def test_a_silent_worker_without_a_task_is_not_named():
    silent = SilentWorkers()
    assert named(silent, {"a": 5.0}, (), 0.0) == []
    assert named(silent, {"a": 5.0}, (), 2 * SILENCE) == []
    assert named(silent, {"a": 5.0}, {"a"}, 3 * SILENCE) == [("silent-worker", "a")]


def test_looks_are_far_between():
    silent = SilentWorkers()
    looks = [silent.due(seconds) for seconds in (0.0, 1.0, BETWEEN_LOOKS, BETWEEN_LOOKS + 1.0)]
    assert looks == [True, False, True, False]
