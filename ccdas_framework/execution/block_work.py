"""Pieces of work on blocks, and what a worker does with one.

A worker keeps parts of a problem. What a task needs beside its arguments is a part. It is sent once
to each worker that computes with it, and again to one that takes the place of a dead one.
"""

from __future__ import annotations

import pickle
import warnings
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import BrokenExecutor
from typing import Any

from attrs import frozen

from ..core.errors import CcdasError, CcdasWarning
from .levels import as_worker

MOST_DEATHS = 3  # workers that one piece of work may end
_PARTS: dict[str, dict[str, Any]] = defaultdict(dict)  # of this process, by run and token


@frozen(eq=False)
class Task:
    """A piece of work for a worker.

    Args:
        name: of the task in messages.
        place: tasks of one place go to one worker.
        function: of the parts that the worker keeps, by token, and of `arguments`; found by name
            in its module.
        arguments: numbers, arrays and names.
        parts: token -> function that makes the pickled part.
    """

    name: str
    place: int
    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    parts: Mapping[str, Callable[[], bytes]]


@frozen
class Missing:
    """Tokens of parts that a worker does not have."""

    tokens: tuple[str, ...]


@frozen(eq=False)
class Computed:
    """A result and the warnings on its way."""

    value: Any
    warnings: tuple[Warning, ...]


class WorkerLost(BrokenExecutor):
    """A worker ended before its result; the text has the signal where it is known."""


def died(name: str, signal_name: str) -> CcdasError:
    """Error of a piece of work that ended `MOST_DEATHS` workers.

    Args:
        name: of the piece of work.
        signal_name: of the signal that ended the last one, or ''.
    """
    reason = f" ({signal_name})" if signal_name else ""
    return CcdasError(
        f"{name} ended {MOST_DEATHS} workers that computed it, one after the other{reason}. "
        "A signal KILL often means that memory was short: set more compute.blocks, or fewer "
        "compute.workers. `ccdas resume` continues from the last accepted point.",
        code="worker-died",
        where="compute.executor",
    )


def death(name: str, deaths: int, again: str) -> CcdasWarning:
    """Warning of the death of a worker.

    Args:
        name: of the piece of work that it computed.
        deaths: of workers that computed it so far.
        again: what becomes of it, a sentence.
    """
    return CcdasWarning(
        f"a worker that computed {name} ended before its result, {deaths} of at most "
        f"{MOST_DEATHS} times. {again}",
        code="worker-died",
        where="compute.executor",
    )


def work(
    run: str,
    tokens: Sequence[str],
    sent: Mapping[str, bytes],
    function: Callable[..., Any],
    arguments: tuple[Any, ...],
) -> Computed | Missing:
    """Compute a task in this process, or say which parts it lacks.

    Args:
        run: name of the run, whose parts are apart from those of others.
        tokens: of the parts of the task.
        sent: pickled parts by token.
        function, arguments: of the task.
    """
    parts = _PARTS[run]
    with warnings.catch_warnings(record=True) as raised:
        warnings.simplefilter("default")
        try:
            for token, part in sent.items():
                parts[token] = pickle.loads(part)
            missing = tuple(token for token in tokens if token not in parts)
            if missing:
                return Missing(missing)
            value = as_worker(function, parts, *arguments)
        except Exception as error:
            raise sendable(error) from None
    return Computed(
        value, tuple(sendable_warning(w.message) for w in raised if isinstance(w.message, Warning))
    )


def forget(run: str) -> None:
    """Release the parts of a run in this process."""
    _PARTS.pop(run, None)


def _place(error: Exception) -> tuple[Any, Any]:
    return getattr(error, "code", None), getattr(error, "where", None)


def sendable(error: Exception) -> Exception:
    """The error, or one with its text where it does not arrive in another process as it is."""
    if _arrives(error):
        return error
    return CcdasError(
        f"{type(error).__name__}: {error}",
        code=getattr(error, "code", "worker-error"),
        where=getattr(error, "where", "compute.executor"),
    )


def sendable_warning(warning: Warning) -> Warning:
    """The warning, or one with its text where it does not arrive in another process as it is."""
    if _arrives(warning):
        return warning
    return CcdasWarning(
        f"{type(warning).__name__}: {warning}",
        code=getattr(warning, "code", "worker-warning"),
        where=getattr(warning, "where", "compute.executor"),
    )


def _arrives(error: Exception) -> bool:
    try:
        arrived = pickle.loads(pickle.dumps(error))
    except Exception:  # whatever its constructor or its contents raise
        return False
    return str(arrived) == str(error) and _place(arrived) == _place(error)
