"""Place of the first value that is not finite."""

from __future__ import annotations

import numpy as np

from ..core.errors import NotANumber
from .forward_model import ForwardModel


def require_finite(forward: ForwardModel, x: np.ndarray) -> None:
    """Raise NotANumber with field, day, cell and class, or with the stream, if there is a NaN."""
    model_name = forward.model_functions.model_name
    for b, block in enumerate(forward.blocks):
        domain = block.forcing.domain
        for name, values in forward.block_fields(x, b).items():
            bad = ~np.isfinite(values)
            if bad.any():
                day, column = np.unravel_index(int(np.argmax(bad)), bad.shape)
                cell = domain.grid.column_cell[column]
                raise NotANumber(
                    f"field '{name}' of model '{model_name}' is {values[day, column]} "
                    f"on {domain.time[day]} in the cell at latitude "
                    f"{domain.grid.latitude[cell]:g}, longitude "
                    f"{domain.grid.longitude[cell]:g}, class "
                    f"{domain.grid.column_class[column]} ({int(bad.sum())} such values). "
                    "Check the forcing of that cell and the parameters of that class.",
                    where=f"model '{model_name}'",
                )
    for name, values in forward.simulate(x, forward.functions).items():
        bad = ~np.isfinite(values)
        if bad.any():
            label = forward.streams[name].labels[int(np.argmax(bad))]
            raise NotANumber(
                f"stream '{name}' is not finite at '{label}' ({int(bad.sum())} values) "
                "although every field of the model is. Check the parameters of its operator.",
                where=f"stream '{name}'",
            )
