"""Random numbers of an optimiser: from the generator that it receives, and from nothing else."""

from __future__ import annotations

from typing import Any

import numpy as np

from .check import require
from .minimisations import Trials


def draws_from_the_generator(trials: Trials) -> None:
    """The global state of numpy has no influence and is as before."""
    before: Any = np.random.get_state()
    results, states = [], []
    try:
        for seed in (1, 2):
            np.random.seed(seed)
            states.append(_global_numbers())
            results.append(trials.minimise(trials.problem("straight"), seed=7).x)
            states.append(_global_numbers())
    finally:
        np.random.set_state(before)
    same = np.array_equal(states[0], states[1]) and np.array_equal(states[2], states[3])
    message = "minimise changes the global random state of numpy; draw from its `generator`."
    require(same, "global-random-state", "numpy.random", message)
    same = np.array_equal(results[0], results[1])
    message = "the result depends on the global random state of numpy; draw from its `generator`."
    require(same, "not-repeatable", "generator", message)


def _global_numbers() -> np.ndarray:
    """Words and position of the global generator."""
    _, words, position, *_ = np.random.get_state()
    return np.append(np.asarray(words), position)
