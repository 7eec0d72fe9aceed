"""Where a NaN began."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from .errors import NotANumber

if TYPE_CHECKING:
    from .problem import Problem


def require_finite(problem: Problem, x: np.ndarray) -> None:
    """Raise with the place where a NaN began, if there is one.

    Raises:
        NotANumber: names field, day, cell and class, or the stream.
    """
    for b, block in enumerate(problem.blocks):
        domain = block.forcing.domain
        for name, values in problem.block_fields(x, b).items():
            bad = ~np.isfinite(values)
            if bad.any():
                day, column = np.unravel_index(int(np.argmax(bad)), bad.shape)
                cell = domain.grid.column_cell[column]
                raise NotANumber(
                    f"field '{name}' of model '{problem.model_name}' is {values[day, column]} "
                    f"on {domain.time[day]} in the cell at latitude "
                    f"{domain.grid.latitude[cell]:g}, longitude "
                    f"{domain.grid.longitude[cell]:g}, class "
                    f"{domain.grid.column_class[column]} ({int(bad.sum())} such values). "
                    "Look at the forcing there and at the parameters of that class."
                )
    for name, values in problem.simulate(x).items():
        bad = ~np.isfinite(values)
        if bad.any():
            place = problem.streams[name].labels[int(np.argmax(bad))]
            raise NotANumber(
                f"stream '{name}' is not finite at '{place}' ({int(bad.sum())} values) "
                "although every field of the model is; look at the parameters of its operator."
            )
