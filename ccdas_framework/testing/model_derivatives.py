"""What of a model is differentiated, and along which lines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..core.interfaces import Drivers
from .differentiated import Differentiated
from .driven import Driven


def differentiated(trial: Driven) -> Differentiated:
    """A random combination of all fields as a function of x; a direction has length one or so."""
    domain, count = trial.forcing.domain, max(len(trial.x), 1)
    generator = np.random.default_rng(11)
    shape = (domain.days, domain.grid.columns)
    weights = {v.name: generator.normal(size=shape) for v in trial.model.provides}

    def of(xp: Any) -> Callable[..., Any]:
        def total(x: Any, drivers: Drivers) -> Any:
            fields = trial.model.run(trial.parameters(x, xp), drivers, xp)
            return xp.stack([sum(xp.sum(w * fields[name]) for name, w in weights.items())])

        return total

    def everything(xp: Any) -> Callable[..., Any]:
        def every(x: Any, drivers: Drivers) -> Any:
            fields = trial.model.run(trial.parameters(x, xp), drivers, xp)
            return xp.concatenate([xp.reshape(fields[name], (-1,)) for name in weights])

        return every

    return Differentiated(
        of=of,
        at=trial.x,
        change=np.full(len(trial.x), count**-0.5),
        constants=trial.drivers,
        relative=1e-5,  # long sums round more
        absolute=1e-7 * count**0.5,
        everything=everything,
        sweep=np.full(len(trial.x), 0.7),
        allowed=lambda x: not trial.control.outside(x),
        parts=dict(zip(trial.control.names, np.eye(len(trial.x)), strict=True)),
    )
