"""A model on the forcing of a case."""

from __future__ import annotations

from typing import Any

import numpy as np
from attrs import frozen

from ..core.control import Control
from ..core.domain import Forcing
from ..core.interfaces import Drivers, ProcessModel
from ..core.parameters import with_overrides
from ..engines.namespace import numpy_namespace
from .check import CheckFailure

XP = numpy_namespace()
OWNER = "model"


@frozen(eq=False)
class PreparedModel:
    """A model on its forcing.

    Args:
        model: M.
        forcing: of the case.
        drivers: result of `prepare`.
        control: its parameters.
        x: a control vector near the prior.
    """

    model: ProcessModel
    forcing: Forcing
    drivers: Drivers
    control: Control
    x: np.ndarray

    def parameters(self, x: Any, xp: Any = XP) -> dict[str, Any]:
        """Physical parameters as `run` takes them."""
        classes = self.forcing.domain.grid.column_class
        return self.control.unpack(x, self.control.index(classes), xp).get(OWNER, {})

    def wide(self, x: np.ndarray) -> dict[str, Any]:
        """Physical parameters, scalars as arrays over columns."""
        columns = self.forcing.domain.grid.columns
        return {
            name: np.full(columns, value) if np.ndim(value) == 0 else np.copy(value)
            for name, value in self.parameters(x).items()
        }

    def fields(self, x: np.ndarray, xp: Any = XP) -> dict[str, np.ndarray]:
        """All fields, by numpy."""
        return dict(self.model.run(self.parameters(x), self.drivers, xp))


def prepare_model(model: ProcessModel, forcing: Forcing) -> PreparedModel:
    """The model prepared on a forcing."""
    control = Control.of({OWNER: with_overrides(model.parameters, OWNER, {})})
    x = np.random.default_rng(11).normal(0.0, 0.2, len(control))
    try:
        drivers = model.prepare(forcing)
    except Exception as error:
        raise CheckFailure(
            "prepare-failed", "prepare",
            f"prepare of {type(model).__name__} failed on {forcing.domain.grid.cells} cells and "
            f"{forcing.domain.days} days: {type(error).__name__}: {error}\nWhere the case "
            "that the suite made from valid_range does not suit the model, pass another one: "
            "checks_for(model, case=Case(forcing)).",
        ) from error  # fmt: skip
    return PreparedModel(model, forcing, drivers, control, x)
