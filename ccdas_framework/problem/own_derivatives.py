"""The tangent and the adjoint that a model brings, in place of those of an engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from attrs import frozen

from ..core.control import Control
from ..core.errors import Findings
from ..core.interfaces import Engine, ProcessModel
from .component_results import field_findings, require_results
from .derivative_results import pair_findings, sensitivity_findings, tangent_findings

Arrays = Mapping[str, np.ndarray]


def has_tangent(model: ProcessModel) -> bool:
    """Whether a model has `push`."""
    return type(model).push is not ProcessModel.push


def has_adjoint(model: ProcessModel) -> bool:
    """Whether a model has `pull`."""
    return type(model).pull is not ProcessModel.pull


def has_own_derivatives(model: ProcessModel) -> bool:
    """Whether a model brings a tangent or an adjoint, so that no engine traces it."""
    return has_tangent(model) or has_adjoint(model)


def needs_differences(model: ProcessModel) -> bool:
    """Whether nothing but differences of its runs gives derivatives of a model."""
    return not model.differentiable and not has_own_derivatives(model)


def engine_findings(name: str, model: ProcessModel, engine: Engine, engine_name: str) -> Findings:
    """A finding "not-differentiable" at "engine.name" where an engine cannot use a model.

    Args:
        name: of the model.
        model: M.
        engine: where derivatives come from.
        engine_name: of the engine.
    """
    findings = Findings()
    if needs_differences(model) and not engine.black_boxes:
        findings.add(
            "not-differentiable",
            "engine.name",
            f"model '{name}' is not differentiable and brings no derivatives, so engine "
            f"'{engine_name}' cannot be used with it. Use --engine differences, or leave the "
            "engine at 'auto'.",
        )
    return findings


@frozen(eq=False)
class OwnDerivatives:
    """Tangent and adjoint of a model on one block, with tested results.

    Args:
        model: M.
        model_name: owner of its parameters.
        shape: of a field, (time, column).
        optimised: names of the parameters of which `pull` has to give sensitivities.
    """

    model: ProcessModel
    model_name: str
    shape: tuple[int, int]
    optimised: tuple[str, ...]

    def push(self, parameters: Arrays, directions: Arrays, drivers: Any) -> tuple[Arrays, Arrays]:
        """Fields, and their tangents, (direction, time, column) each.

        Raises:
            InvalidInput: a result of `push` has another type or shape.
        """
        result = self.model.push(parameters, directions, drivers)
        count = len(next(iter(directions.values())))
        self._require(tangent_findings(result, self.model.provides, count, self.shape))
        return result

    def pullback(
        self, parameters: Arrays, drivers: Any, run: Callable[..., Arrays]
    ) -> tuple[Arrays, Callable[[Arrays], Any]]:
        """Fields, and cotangents by field -> sensitivities by parameter, (column,) each.

        Fields without a cotangent have zeros.

        Args:
            parameters: physical values, (column,) each.
            drivers: of the block.
            run: (parameters, drivers) -> fields, for a model without `record`.

        Raises:
            InvalidInput: a result of `record` or `pull` has another type or shape.
        """
        further: tuple[Any, ...] = ()
        if type(self.model).record is ProcessModel.record:
            fields = run(parameters, drivers)
        else:
            result = self.model.record(parameters, drivers)
            self._require(pair_findings(result, "record", "fields and trajectory"))
            fields, further = result[0], result[1:]
            self._require(field_findings(fields, self.model.provides, self.shape, "record"))

        def pull(cotangents: Arrays) -> Any:
            weights = {
                variable.name: np.asarray(cotangents[variable.name], float)
                if variable.name in cotangents
                else np.zeros(self.shape)
                for variable in self.model.provides
            }
            sensitivities = self.model.pull(parameters, weights, drivers, *further)
            self._require(sensitivity_findings(sensitivities, self.optimised, self.shape[1]))
            return sensitivities

        return fields, pull

    def _require(self, findings: Findings) -> None:
        require_results(findings, self.model, f"model '{self.model_name}'")


# -- from x to the parameters of columns, and back ------------------------------------------------


@frozen(eq=False)
class ColumnParameters:
    """The parameters of a model on the columns of a block, and their derivatives by x at one point.

    Args:
        control: names, units and transforms of x.
        x: the point, shape (control,).
        index: `Control.index` of the block.
        owner: of the parameters.
        columns: number of columns.
    """

    control: Control
    x: np.ndarray
    index: Any
    owner: str
    columns: int

    @property
    def values(self) -> dict[str, np.ndarray]:
        """Physical values by name, (column,) each."""
        return {
            name: np.broadcast_to(value, (self.columns,)).astype(float)
            for name, value in self.control.unpack(self.x, self.index)[self.owner].items()
        }

    @property
    def optimised(self) -> tuple[str, ...]:
        """Names of the parameters of which x has an element."""
        active = (e for e in self.control.active if e.owner == self.owner)
        return tuple(dict.fromkeys(e.parameter.name for e in active))

    def _positions(self, name: str) -> np.ndarray:
        """Element of x in each column, and `len(x)` where it is a constant, shape (column,)."""
        positions = np.broadcast_to(self.index[self.owner][name], (self.columns,))
        return np.asarray(np.minimum(positions, len(self.x)))

    def perturbations(self, directions: np.ndarray) -> dict[str, np.ndarray]:
        """Changes of the parameters along directions of x, (direction, column) each.

        Args:
            directions: shape (direction, control).
        """
        changes = np.asarray(directions) * self.control.slope(self.x)
        padded = np.concatenate([changes, np.zeros((len(changes), 1))], axis=1)
        return {name: padded[:, self._positions(name)] for name in self.optimised}

    def gradient(self, sensitivities: Arrays) -> np.ndarray:
        """The transpose of `perturbations`, shape (control,), of sensitivities, (column,) each."""
        total = np.zeros(len(self.x) + 1)
        for name in self.optimised:
            np.add.at(total, self._positions(name), np.asarray(sensitivities[name]))
        return np.asarray(total[:-1] * self.control.slope(self.x))
