"""The way that each starting point has come, as a checkpoint keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any

import numpy as np
from attrs import field, frozen

from ..core.errors import InvalidInput
from ..core.result import Iteration
from .run_folder import RunFolder, read_checkpoint


@frozen(eq=False)
class History:
    """How far one minimisation has come.

    Args:
        start: where it began, shape (control,).
        iterations: points it accepted.
        status: how it ended; '' while it goes on.
        message: the same in a sentence.
    """

    start: np.ndarray
    iterations: Sequence[Iteration] = ()
    status: str = field(default="")
    message: str = field(default="")


def write_histories(
    folder: RunFolder, names: Sequence[str], histories: Mapping[int, History]
) -> None:
    """`checkpoint.npz`: the best point so far, and the way of each start that has come to one.

    Args:
        folder: of the run.
        names: of the control vector.
        histories: number of the starting point -> its way.
    """
    last = [h.iterations[-1] for h in histories.values() if h.iterations]
    if not last:
        return
    best = min(last, key=lambda iteration: iteration.cost)
    arrays: dict[str, Any] = {
        "names": np.array(names),
        "cost": best.cost,
        "gradient_norm": best.gradient_norm,
    }
    for number, history in histories.items():
        for key, values in _arrays(history).items():
            arrays[f"{number}.{key}"] = values
    folder.checkpoint(best.x, best.number, **arrays)


def read_histories(path: str | PathLike[str]) -> tuple[tuple[str, ...], dict[int, History]]:
    """Names of the control vector and the way of each start, from a run's `checkpoint.npz`.

    Raises:
        InvalidInput: no checkpoint, or one of an earlier version.
    """
    checkpoint = read_checkpoint(path)
    numbers = sorted(int(key.split(".")[0]) for key in checkpoint if key.endswith(".start"))
    if not numbers:
        raise InvalidInput(
            f"{path} has a checkpoint.npz without the way that led there, because an earlier "
            "version wrote it; repeat the run.",
            code="old-checkpoint",
            where="checkpoint.npz",
        )
    return tuple(str(name) for name in checkpoint["names"]), {
        n: _history(checkpoint, n) for n in numbers
    }


def _arrays(history: History) -> dict[str, np.ndarray]:
    iterations = history.iterations
    arrays = {
        "start": history.start,
        "status": np.array(history.status),
        "message": np.array(history.message),
    }
    if not iterations:
        return arrays
    last = iterations[-1]
    return {
        **arrays,
        "x": np.stack([i.x for i in iterations]),
        "cost": np.array([i.cost for i in iterations]),
        "gradient_norm": np.array([i.gradient_norm for i in iterations]),
        "term": np.array(list(last.terms)),
        "terms": np.array([list(i.terms.values()) for i in iterations]),
        **_pairs("counts", last.counts),
        **_pairs("state", last.state),
    }


def _pairs(name: str, values: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """Names and numbers of a mapping; numpy needs a type where there are none."""
    return {
        f"{name}_names": np.array(list(values), dtype=str),
        name: np.array(list(values.values()), dtype=float),
    }


def _history(checkpoint: Mapping[str, np.ndarray], number: int) -> History:
    arrays = {
        key.partition(".")[2]: values
        for key, values in checkpoint.items()
        if key.startswith(f"{number}.")
    }
    iterations = []
    for n, x in enumerate(arrays.get("x", ())):
        last = n == len(arrays["x"]) - 1  # only from there can one go on
        iterations.append(
            Iteration(
                number=n,
                x=x,
                cost=float(arrays["cost"][n]),
                terms=dict(
                    zip(map(str, arrays["term"]), map(float, arrays["terms"][n]), strict=True)
                ),
                gradient_norm=float(arrays["gradient_norm"][n]),
                counts={k: int(v) for k, v in _mapping(arrays, "counts").items()} if last else {},
                state=_mapping(arrays, "state") if last else {},
            )
        )
    return History(arrays["start"], iterations, str(arrays["status"]), str(arrays["message"]))


def _mapping(arrays: Mapping[str, np.ndarray], name: str) -> dict[str, float]:
    return dict(zip(map(str, arrays[f"{name}_names"]), map(float, arrays[name]), strict=True))
