"""Which worker computes what, on workers that are threads of this process."""

import random
import time
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock

import numpy as np
import pytest
from findings import raises_finding

from ccdas_framework.core.errors import CcdasError, CcdasWarning, InvalidInput
from ccdas_framework.execution import BlockWorkers
from ccdas_framework.execution.block_work import Computed, Missing, WorkerLost


class Threads:
    """Workers that are threads with parts of their own; some die on demand.

    Args:
        names: of the workers.
        deaths: (worker or None for any, name of a task) -> how many times the worker dies of it.
        slow: worker -> seconds of a task.
    """

    moves, pause = True, 0.01

    def __init__(self, names, deaths=(), slow=()):
        self.names, self.deaths, self.slow = list(names), dict(deaths), dict(slow)
        self.pool, self.lock = ThreadPoolExecutor(len(self.names)), Lock()
        self.parts, self.computed = {name: {} for name in names}, []
        self.away = 0  # looks at them during which nobody is there

    def expect(self, packages, engine):
        pass

    def members(self):
        self.away -= 1
        return [] if self.away >= 0 else self.names

    def submit(self, worker, function, run, tokens, sent, of_task, arguments):
        def there():
            mine = self.parts[worker]
            mine.update(sent)
            missing = tuple(token for token in tokens if token not in mine)
            if missing:
                return Missing(missing)
            name = arguments[0]
            with self.lock:
                for key in ((worker, name), (None, name)):
                    if self.deaths.get(key, 0):
                        self.deaths[key] -= 1
                        mine.clear()
                        raise WorkerLost("SIGKILL")
                self.computed.append((worker, name))
            time.sleep(self.slow.get(worker, 0.0))
            if of_task is warned:  # catches warnings of all threads
                return function(run, (), {}, of_task, arguments)
            return Computed(of_task(mine, *arguments), ())

        return self.pool.submit(there)

    def abandon(self, running):
        pass

    def end(self, run):
        self.pool.shutdown()


def value(parts, name, seconds=0.0):
    time.sleep(seconds)
    return name


def refused(parts, name):
    raise InvalidInput(f"no such soil in {name}", code="wrong-soil", where="model 'toy'")


def warned(parts, name):
    import warnings

    warnings.warn(CcdasWarning("it is dry", code="dry", where="model 'toy'"), stacklevel=1)
    return name


def tasks(workers, count, function=value, places=None, **more):
    return [
        workers.task(f"block {n}", n % (places or count), function, (f"block {n}", *more.values()),
                     {f"block {n}": lambda: b""})
        for n in range(count)
    ]  # fmt: skip


NAMES = [f"block {n}" for n in range(6)]


def test_results_come_in_the_order_of_the_blocks():
    generator = random.Random(1)
    workers = BlockWorkers(Threads("abc"))
    for _ in range(5):
        given = [
            workers.task(name, n, value, (name, generator.random() / 50), {})
            for n, name in enumerate(NAMES)
        ]
        assert workers.run_tasks("value", given) == NAMES


def test_a_block_prefers_the_worker_that_has_it():
    threads = Threads("ab")
    workers = BlockWorkers(threads)
    for _ in range(4):
        workers.run_tasks("value", tasks(workers, 4, seconds=0.02))
    assert workers.rebuilt == 0
    assert len({name: worker for worker, name in set(threads.computed)}) == 4


def test_an_idle_worker_takes_blocks_of_one_that_is_far_behind():
    threads = Threads("ab", slow={"a": 0.2})
    workers = BlockWorkers(threads)
    for _ in range(3):
        assert workers.run_tasks("value", tasks(workers, 6)) == NAMES
    assert sum(worker == "b" for worker, _ in threads.computed) > 9
    assert max(workers.builds.values()) <= 2  # each block is built at most twice


def test_a_death_costs_the_running_block_alone():
    threads = Threads("ab", deaths={("a", "block 2"): 1})
    workers = BlockWorkers(threads)
    with pytest.warns(CcdasWarning, match="block 2 .* 1 of at most 3") as told:
        assert workers.run_tasks("value", tasks(workers, 6)) == NAMES
    assert len(told) == 1
    computed = [name for _, name in threads.computed]
    assert sorted(computed) == NAMES  # nothing else is computed twice


def test_only_the_guilty_block_is_named():
    deaths = {(None, "block 3"): 99, ("a", "block 0"): 1, ("b", "block 1"): 1}
    workers = BlockWorkers(Threads("ab", deaths=deaths))
    with (
        pytest.warns(CcdasWarning),
        raises_finding("worker-died", "compute.executor") as raised,
    ):
        workers.run_tasks("value", tasks(workers, 6))
    text = str(raised.value)
    assert text.startswith("block 3 ") and "SIGKILL" in text and "ccdas resume" in text


def test_six_deaths_of_six_blocks_end_nothing():
    deaths = {(None, name): 1 for name in NAMES}
    workers = BlockWorkers(Threads("ab", deaths=deaths))
    with pytest.warns(CcdasWarning) as told:
        assert workers.run_tasks("value", tasks(workers, 6)) == NAMES
    assert len(told) == 6


def test_tasks_wait_for_a_worker():
    threads = Threads("ab")
    threads.away = 20
    workers = BlockWorkers(threads)
    assert workers.run_tasks("value", tasks(workers, 6)) == NAMES


def test_the_error_of_the_first_block_is_raised_with_the_place_where_it_happened():
    workers = BlockWorkers(Threads("ab"))
    given = tasks(workers, 2) + tasks(workers, 6, refused)[2:]
    with raises_finding("wrong-soil", "model 'toy'") as raised:
        workers.run_tasks("refused", given)
    assert "block 2" in str(raised.value)
    (note,) = raised.value.__notes__
    assert "block 2" in note and ("in a" in note or "in b" in note)


def test_a_warning_of_all_blocks_is_told_once_with_a_count():
    workers = BlockWorkers(Threads("ab"))
    with pytest.warns(CcdasWarning) as told:
        for _ in range(2):
            workers.run_tasks("warned", tasks(workers, 6, warned))
    assert [(w.message.code, "6 blocks" in str(w.message)) for w in told] == [("dry", True)]


class Ended(Threads):
    """A cluster that goes away while a task runs."""

    abandoned = ()

    def members(self):
        if self.computed:
            raise CcdasError("gone", code="lost-scheduler", where="compute.executor")
        return self.names

    def submit(self, worker, *call):
        self.computed.append(worker)
        return Future()  # never done

    def abandon(self, running):
        self.abandoned = tuple(running)


def test_the_end_of_a_cluster_ends_the_wait_for_its_tasks():
    threads = Ended("a")
    with raises_finding("lost-scheduler", "compute.executor"):
        workers = BlockWorkers(threads)
        workers.run_tasks("value", tasks(workers, 2))
    assert len(threads.abandoned) == 1


def test_arrays_travel_and_come_back_with_their_bits():
    x = np.random.default_rng(1).normal(size=100)
    workers = BlockWorkers(Threads("ab"))
    (out,) = workers.run_tasks("x", [workers.task("block 0", 0, returned, ("block 0", x), {})])
    np.testing.assert_array_equal(out, x)


def returned(parts, name, x):
    return x
