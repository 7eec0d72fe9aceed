"""Any function of the parameters as a process model, observed as it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from attrs import field, frozen

from ..core.covariance import Covariance
from ..core.domain import Domain, Forcing, Grid
from ..core.interfaces import Array, Namespace, ObservationOperator, Parameters, ProcessModel
from ..core.observations import Observations, Stream, cell_stream, floats
from ..core.parameters import Parameter
from ..core.variables import Variable
from .small_domains import dated_domain

OUTPUT = Variable("output", "1", ("time", "column"))
FIRST_DAY = np.datetime64("2001-01-01")
Function = Callable[[Array, Namespace], Array]  # h(p, xp), shape (obs,), of p, shape (control,)


@frozen(eq=False)
class MatrixProduct:
    """h(p) = H p.

    Args:
        matrix: H, shape (obs, control).
    """

    matrix: np.ndarray = field(converter=floats)

    def __call__(self, parameters: Array, xp: Namespace) -> Array:
        """Product, shape (obs,)."""
        return xp.matmul(self.matrix, parameters)


@frozen(eq=False)
class FunctionModel(ProcessModel):
    """A model of one column whose output on day i is element i of h(p).

    Args:
        function: h; None for a model without output, whose field is 0 on a single day.
        parameters: p, scalars without index.
    """

    function: Function | None
    parameters: tuple[Parameter, ...]
    requires = ()
    provides = (OUTPUT,)

    def prepare(self, forcing: Forcing) -> Mapping[str, Any]:
        return {}

    def run(self, parameters: Parameters, drivers: Any, xp: Namespace) -> dict[str, Any]:
        scalars = [xp.reshape(parameters[p.name], (1,)) for p in self.parameters]
        values = xp.concatenate(scalars)
        output = 0.0 * values[:1] if self.function is None else self.function(values, xp)
        return {"output": xp.reshape(output, (-1, 1))}


@frozen(eq=False)
class OutputOfDay(ObservationOperator):
    """The output of a day, without any sum, so that no digit is lost.

    Args:
        errors: R of all observations.
    """

    errors: Covariance
    observes = Variable("output", "1", ("obs",))
    requires = (OUTPUT,)
    scope = "cell"

    def prepare(self, observations: Observations, domain: Domain, prior_fields: Any) -> Stream:
        return cell_stream(observations, domain, covariance=self.errors)

    def observe(self, fields: Any, parameters: Parameters, at: Any, xp: Namespace) -> Any:
        return fields["output"][at["first_day"], 0]


def one_column(days: int) -> Domain:
    """A grid of one cell with one column, over a number of days."""
    grid = Grid(
        latitude=[0.0], longitude=[0.0], area=[1e10], region=["all"], half_width=[[1.0, 1.0]],
        column_cell=[0], column_fraction=[1.0], column_class=[1],
    )  # fmt: skip
    return dated_domain(grid, str(FIRST_DAY), str(FIRST_DAY + days - 1))


def daily_values(values: np.ndarray, sd: np.ndarray) -> Observations:
    """One observation a day of the single column, shape (obs,)."""
    day = FIRST_DAY + np.arange(len(values))
    nowhere = np.zeros(len(values))
    labels = np.array([f"y{n}" for n in range(1, len(values) + 1)])
    return Observations(values, sd, day, day, nowhere, nowhere, nowhere, labels)
