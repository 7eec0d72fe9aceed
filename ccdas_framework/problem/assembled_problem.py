"""The assembled problem: one differentiable cost function of x."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from attrs import evolve, field, frozen

from ..core.control import Control
from ..core.cost_problem import Derivatives
from ..core.interfaces import Engine, Prior, ProcessModel
from ..core.pickling import ByFields
from .blocks import Block
from .cost import CostFunctions
from .ensembles import (
    costs_of_members,
    finite_rows,
    gradients_of_members,
    require_members,
    simulated_of_members,
)
from .forward_model import ForwardModel, Streams
from .freed_memory import release_freed_memory
from .hessian_products import (
    JacobianLinearisation,
    Linearisation,
    gradient_differences,
    hessian_products,
)
from .jacobian import contribution_tangents, jacobian_runs, stream_jacobians
from .log_density import log_density, log_density_and_gradient, traced_log_density
from .nan_report import require_finite, require_finite_derivatives
from .short_repr import counted, short_html, short_text
from .stream_data import StreamData

TARGET = "target:"  # before the name of a target where streams and targets are held together


@frozen(eq=False)
class Problem(ByFields):
    """A cost function of x, its derivatives and the quantities that follow from x.

    x is dimensionless: 0 at the prior mean, 1 at one prior sd. `CostProblem` lists the part of it
    that optimisers and posteriors use.

    Args:
        forward: from x to the simulated observations.
        prior: x_b and B.
        targets: quantities whose uncertainty is propagated, as streams without values.
    """

    forward: ForwardModel
    prior: Prior
    targets: Mapping[str, StreamData] = field(factory=dict)
    cost_functions: CostFunctions = field(init=False, repr=False)
    _latest: dict[str, tuple[np.ndarray, Derivatives]] = field(factory=dict, init=False, repr=False)

    @cost_functions.default
    def _cost_functions(self) -> CostFunctions:
        return CostFunctions(self.prior, self.forward.functions)

    def with_streams(self, streams: Streams, targets: Streams) -> Problem:
        """The same problem with these streams and targets; the compiled model is reused.

        The derivatives of the model are reused as well where no further field is needed.
        """
        return evolve(self, forward=self.forward.with_streams(streams, targets), targets=targets)

    def with_prior(self, prior: Prior) -> Problem:
        """The same problem with another prior of x; only the cost is compiled anew."""
        return evolve(self, prior=prior)

    def __repr__(self) -> str:
        """Title and main facts, in a few lines."""
        return short_text("Problem", self._facts)

    def _repr_html_(self) -> str:
        return short_html("Problem", self._facts)

    @property
    def _facts(self) -> dict[str, object]:
        grid = [len(block.cells) for block in self.blocks]
        return {
            "model": self.model_name,
            "engine": type(self.engine).__name__,
            "observations": counted({n: len(s.values) for n, s in self.streams.items()}),
            "control": f"{len(self.control)} parameters",
            "grid": f"{sum(grid)} cells in {len(grid)} blocks",
            "targets": ", ".join(self.targets),
        }

    # -- parts ----------------------------------------------------------------------------

    @property
    def control(self) -> Control:
        """Names, units and transforms of x."""
        return self.forward.control

    @property
    def streams(self) -> Streams:
        """Observations by name."""
        return self.forward.streams

    @property
    def model(self) -> ProcessModel:
        """M."""
        return self.forward.model_functions.model

    @property
    def model_name(self) -> str:
        """Owner of the model's parameters."""
        return self.forward.model_functions.model_name

    @property
    def engine(self) -> Engine:
        """The engine that computes and differentiates."""
        return self.forward.engine

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The grid, cut."""
        return self.forward.blocks

    @property
    def index(self) -> tuple[Any, ...]:
        """`Control.index` of each block."""
        return self.forward.index

    # -- values ---------------------------------------------------------------------------

    def simulate(self, x: np.ndarray) -> dict[str, np.ndarray]:
        """Simulated observations of each stream, shape (obs,), in the units of its variable."""
        return self.values_of(x, self.streams)

    def values_of(self, x: np.ndarray, streams: Streams) -> dict[str, np.ndarray]:
        """Simulated values of any streams or targets, shape (obs,) each."""
        return self.forward.simulate(x, self.forward.functions_of(streams))

    def cost(self, x: np.ndarray) -> float:
        """J(x), a number without unit; NaN where the model gives NaN."""
        return float(sum(self.cost_terms(x).values()))

    def cost_terms(self, x: np.ndarray) -> dict[str, float]:
        """J split into 'prior' and each stream."""
        x = np.asarray(x, float)
        contributions = self.forward.contributions(x, self.forward.functions)
        terms = self.cost_functions.terms({"x": x, **contributions})
        return {name: float(value) for name, value in terms.items()}

    def log_density(self, x: np.ndarray) -> float:
        """-J(x); -inf where x is outside the bounds, without a run, or J is not finite.

        Raises:
            InvalidInput: an element of x is NaN.
        """
        return log_density(self, x)

    def residuals(self, x: np.ndarray) -> np.ndarray:
        """Whitened y - H(x), streams in order, without the prior; shape (obs,)."""
        return self.whitened_misfits(self.simulate(x))

    def whitened_misfits(self, simulated: Mapping[str, np.ndarray]) -> np.ndarray:
        """Whitened y - simulated, streams in order, shape (obs,)."""
        pieces = [
            np.asarray(stream.whiten(stream.values - simulated[name], np))
            for name, stream in self.streams.items()
        ]
        return np.concatenate([np.zeros(0), *pieces])  # a problem may have no stream

    def whitened(self, jacobian: np.ndarray) -> np.ndarray:
        """R^-1/2 K of a Jacobian K with streams in order, shape (obs, control)."""
        if not self.streams:
            return jacobian
        whitened, last = np.empty_like(jacobian), 0
        for stream in self.streams.values():
            first, last = last, last + len(stream.values)
            whitened[first:last] = stream.whiten(jacobian[first:last], np)
        return whitened

    def fields(self, x: np.ndarray) -> dict[str, np.ndarray]:
        """All fields of the model over the whole grid, shape (time, column)."""
        return self.forward.joined([self.block_fields(x, b) for b in range(len(self.blocks))])

    def block_fields(self, x: np.ndarray, block: int) -> dict[str, np.ndarray]:
        """All fields of the model in one block, shape (time, column), padded columns included."""
        return self.forward.block_fields(x, block)

    def require_finite(self, x: np.ndarray) -> None:
        """Raise with the origin of a value or derivative that is not finite, if there is one.

        Raises:
            NotANumber: names the field, or the element of x, with owner, day and place.
        """
        require_finite(self.forward, x)
        require_finite_derivatives(self.forward, self.cost_functions, np.asarray(x, float))

    # -- members: control vectors in rows, shape (member, control) --------------------------

    def simulate_many(self, members: np.ndarray) -> dict[str, np.ndarray]:
        """Simulated observations of each stream, shape (member, obs)."""
        return self.values_of_many(members, self.streams)

    def targets_many(self, members: np.ndarray) -> dict[str, np.ndarray]:
        """Values of each target, shape (member, target)."""
        return self.values_of_many(members, self.targets)

    def values_of_many(self, members: np.ndarray, streams: Streams) -> dict[str, np.ndarray]:
        """Simulated values of any streams or targets, shape (member, obs) each.

        Raises:
            InvalidInput: an element of a member is NaN.
        """
        members = require_members(members, self)
        return simulated_of_members(self.forward, members, self.forward.functions_of(streams))

    def costs(self, members: np.ndarray) -> np.ndarray:
        """J of each member, shape (member,); NaN where it is not finite.

        Raises:
            InvalidInput: an element of a member is NaN.
        """
        members = require_members(members, self)
        return costs_of_members(self.forward, self.cost_functions, members)

    def gradients(self, members: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """J and dJ/dx of each member, shapes (member,) and (member, control).

        The row of a member whose J is not finite is NaN.

        Raises:
            InvalidInput: an element of a member is NaN.
        """
        members = require_members(members, self)
        if self.engine.reverse_mode and not self.forward.has_own_derivatives:
            return gradients_of_members(self.forward, self.cost_functions, members)
        pairs = [self.value_and_gradient(x) for x in members]
        return finite_rows(*(np.stack(part) for part in zip(*pairs, strict=True)))

    # -- derivatives ----------------------------------------------------------------------

    @property
    def reverse_mode(self) -> bool:
        """Whether a gradient costs a few runs of the model however long x is."""
        return self.forward.reverse_mode

    @property
    def jacobian_runs(self) -> int:
        """Number of tangent runs of the model that a Jacobian takes."""
        return jacobian_runs(self.forward)

    def value_and_gradient(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """J(x) and dJ/dx, shape (control,)."""
        x = np.asarray(x, float)
        if not self.forward.reverse_mode:
            point, tangents = contribution_tangents(self.forward, x, self.forward.functions)
            cost, gradient = self.cost_functions.tangent(point, tangents)
            return float(cost), np.asarray(gradient)
        contributions, pullback = self.forward.contributions_and_pullback(x)
        cost, weights = self.cost_functions.gradient({"x": x, **contributions})
        gradient = np.array(weights.pop("x"))
        for part in pullback(weights):
            gradient = gradient + part
        return float(cost), gradient

    def log_density_and_gradient(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """`log_density` and its gradient, shape (control,); zeros where the density is zero.

        One compiled function where there is one block. It is faster than `value_and_gradient` for
        small models, and compiles the model anew for other streams or another prior.
        """
        return log_density_and_gradient(self, x, self._fused_gradient)

    def _fused_gradient(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        separate = len(self.blocks) > 1 or self.forward.has_own_derivatives
        if separate or not self.engine.reverse_mode:
            return self.value_and_gradient(x)
        arguments = self.forward.arguments(0, self.streams)
        cost, gradient = self.cost_functions.block_gradient(x, *arguments)
        return float(cost), np.asarray(gradient)

    def traced_log_density(self) -> Callable[[Any], Any]:
        """`log_density` as a function of x that JAX can trace; see `log_density`.

        Raises:
            CcdasError: the engine is not JAX.
        """
        return traced_log_density(self.forward, self.cost_functions)

    def jacobian(self, x: np.ndarray) -> np.ndarray:
        """d simulate / dx, streams in order, shape (obs, control)."""
        return self.simulate_and_jacobian(x)[1]

    def simulate_and_jacobian(self, x: np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """Results of `simulate` and `jacobian`, for the price of the latter."""
        simulated, jacobians = self.derivatives(x)
        no_rows = np.zeros((0, len(self.control)))
        return simulated, np.concatenate([no_rows, *(jacobians[name] for name in self.streams)])

    def derivatives(self, x: np.ndarray) -> Derivatives:
        """Values and Jacobian of each stream, shapes (obs,) and (obs, control)."""
        targets = {TARGET + name: target for name, target in self.targets.items()}
        values, jacobians = self._derivatives(x, {**self.streams, **targets}, ("all",))
        return {n: values[n] for n in self.streams}, {n: jacobians[n] for n in self.streams}

    def target_derivatives(self, x: np.ndarray) -> Derivatives:
        """Values and Jacobian of each target, shapes (target,) and (target, control).

        After `derivatives` at the same x they cost nothing more, at the prior mean at any time.
        """
        targets = {TARGET + name: target for name, target in self.targets.items()}
        values, jacobians = self._derivatives(x, targets, ("targets", "all", "prior"))
        return (
            {n: values[TARGET + n] for n in self.targets},
            {n: jacobians[TARGET + n] for n in self.targets},
        )

    def _derivatives(self, x: np.ndarray, streams: Streams, keys: Sequence[str]) -> Derivatives:
        """Of these streams, unless one of the latest results holds them; kept as the first key."""
        x = np.array(x, float)
        for key in keys:
            latest = self._latest.get(key)  # another thread may release it
            if latest is not None and np.array_equal(latest[0], x):
                return latest[1]
        self._latest.pop(keys[0], None)  # large
        result = stream_jacobians(self.forward, x, self.forward.functions_of(streams))
        self._latest[keys[0]] = (x, result)
        if keys[0] == "all" and np.array_equal(x, self.prior.mean):  # without the large streams
            values, jacobians = ({n: v[n] for n in v if n not in self.streams} for v in result)
            self._latest["prior"] = (x, (values, jacobians))
        release_freed_memory()
        return result

    def linearisation(self, x: np.ndarray) -> Linearisation | JacobianLinearisation:
        """R^-1/2 K at x as an operator on vectors, without the matrix where there is an adjoint."""
        kind = Linearisation if self.forward.reverse_mode else JacobianLinearisation
        return kind.of(self.forward, np.asarray(x, float))

    def hessian_vector(self, x: np.ndarray, v: np.ndarray) -> np.ndarray:
        """(d2J/dx2) v, shape (control,)."""
        product: np.ndarray = self.hessian_vectors(x, np.asarray(v)[None])[0]
        return product

    def hessian_vectors(self, x: np.ndarray, directions: np.ndarray) -> np.ndarray:
        """(d2J/dx2) v of each direction, shapes (direction, control).

        They are exact where the engine traces the model and has reverse mode, and otherwise
        differences of gradients.
        """
        exact = self.forward.reverse_mode and not self.forward.has_own_derivatives
        if not exact:
            gradient = lambda point: self.value_and_gradient(point)[1]  # noqa: E731
            return gradient_differences(gradient, np.asarray(x, float), directions)
        return hessian_products(self.forward, self.cost_functions, x, directions)
