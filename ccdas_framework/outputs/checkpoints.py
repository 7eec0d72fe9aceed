"""The iterations of each starting point, in a checkpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from attrs import evolve, frozen

from ..core.control import Control
from ..core.ensemble import Ensemble
from ..core.errors import InvalidInput
from ..core.result import Iteration
from ..io.atomic import atomic_write
from .run_folder import RunFolder, read_checkpoint

DRAWS = "draws.npz"  # checkpoint of a sampler


@frozen(eq=False)
class History:
    """The progress of one minimisation.

    Args:
        start: its starting point, shape (control,).
        iterations: accepted points.
        status: at its end, or '' before.
        message: the same in a sentence.
    """

    start: np.ndarray
    iterations: Sequence[Iteration] = ()
    status: str = ""
    message: str = ""


def write_histories(
    folder: RunFolder, names: Sequence[str], histories: Mapping[int, History]
) -> None:
    """`checkpoint.npz`: names of the control vector, the best point, and the history by start."""
    last = [h.iterations[-1] for h in histories.values() if h.iterations]
    if not last:
        return
    best = min(last, key=lambda iteration: iteration.cost)
    arrays: dict[str, Any] = {
        "names": np.array(names),
        "cost": best.cost,
    }
    for number, history in histories.items():
        for key, values in _arrays(history).items():
            arrays[f"{number}.{key}"] = values
    folder.checkpoint(best.x, best.number, **arrays)


def read_histories(path: str | PathLike[str]) -> tuple[tuple[str, ...], dict[int, History]]:
    """Names of the control vector and the history of each start, from a run's `checkpoint.npz`.

    Raises:
        InvalidInput: no checkpoint, or one of an earlier version.
    """
    checkpoint = read_checkpoint(path)
    numbers = sorted(int(key.split(".")[0]) for key in checkpoint if key.endswith(".start"))
    if not numbers or any(key.endswith(".state_names") for key in checkpoint):
        raise InvalidInput(
            f"{path} has a checkpoint.npz of an earlier version, without the history of the "
            "optimiser. Repeat the run.",
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
    kinds = list(dict.fromkeys(kind for i in iterations for kind in i.counts))
    norms = [np.nan if i.gradient_norm is None else i.gradient_norm for i in iterations]
    arrays |= {
        "x": np.stack([i.x for i in iterations]),
        "cost": np.array([i.cost for i in iterations]),
        "gradient_norm": np.array(norms),
        "term": np.array(list(last.terms)),
        "terms": np.array([list(i.terms.values()) for i in iterations]),
        "counts_names": np.array(kinds, dtype=str),  # also where there are none
        "counts": np.array([[i.counts.get(kind, 0) for kind in kinds] for i in iterations]),
    }
    return arrays | {f"state.{name}": np.asarray(value) for name, value in last.state.items()}


def _history(checkpoint: Mapping[str, np.ndarray], number: int) -> History:
    prefix = f"{number}."
    arrays = {k.removeprefix(prefix): v for k, v in checkpoint.items() if k.startswith(prefix)}

    def mapping(names: np.ndarray, numbers: np.ndarray) -> dict[str, float]:
        return dict(zip(names.astype(str).tolist(), numbers.tolist(), strict=True))

    def counts(n: int) -> dict[str, int]:
        kinds = arrays["counts_names"].astype(str).tolist()
        return dict(zip(kinds, map(int, arrays["counts"][n]), strict=True)) if kinds else {}

    iterations = [
        Iteration(
            number=n,
            x=x,
            cost=float(arrays["cost"][n]),
            terms=mapping(arrays["term"], arrays["terms"][n]),
            gradient_norm=None if np.isnan(norm := float(arrays["gradient_norm"][n])) else norm,
            counts=counts(n),
        )
        for n, x in enumerate(arrays.get("x", ()))
    ]
    if iterations:  # an optimiser resumes from the last one
        state = {
            key.removeprefix("state."): value if value.ndim else float(value)
            for key, value in arrays.items()
            if key.startswith("state.")
        }
        iterations[-1] = evolve(iterations[-1], state=state)
    return History(arrays["start"], iterations, str(arrays["status"]), str(arrays["message"]))


def write_draws(folder: RunFolder, ensemble: Ensemble) -> None:
    """`draws.npz`: the ensemble so far, with the state of its sampler."""
    arrays: dict[str, Any] = {
        "x": ensemble.x,
        "log_density": ensemble.log_density,
        "counts_names": np.array(list(ensemble.counts), dtype=str),
        "counts": np.array(list(ensemble.counts.values()), dtype=float),
        **{f"statistics.{name}": values for name, values in ensemble.statistics.items()},
        **{f"state.{name}": np.asarray(values) for name, values in ensemble.state.items()},
    }
    with atomic_write(folder.path / DRAWS) as temporary:
        np.savez(temporary, **arrays)


def read_draws(path: str | PathLike[str], control: Control, exact: bool) -> Ensemble | None:
    """The ensemble of an interrupted run; None where it has none.

    Args:
        path: folder of the run.
        control: of its problem.
        exact: whether the draws of its sampler are those of the posterior.
    """
    file = Path(path) / DRAWS
    if not file.is_file():
        return None
    with np.load(file, allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}

    def below(prefix: str) -> dict[str, np.ndarray]:
        return {k.removeprefix(prefix): v for k, v in arrays.items() if k.startswith(prefix)}

    counts = zip(arrays["counts_names"].tolist(), arrays["counts"].astype(int), strict=True)
    return Ensemble(
        control=control,
        x=arrays["x"],
        log_density=arrays["log_density"],
        exact=exact,
        counts={str(name): int(count) for name, count in counts},
        statistics=below("statistics."),
        state=below("state."),
    )
