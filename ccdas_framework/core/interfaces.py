"""The five nouns a plugin can supply. This file is all a plugin author has to read.

Components are frozen attrs classes whose fields are their settings, so that a table of the
configuration is the component. Running one returns a result; it changes neither the component,
nor its inputs, nor a global.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np

from .cost_problem import CostProblem
from .covariance import Covariance
from .domain import Domain, Forcing
from .observations import Observations, Stream
from .parameters import Parameter
from .result import Iteration, OptimisationResult
from .variables import Variable

Array = Any  # numpy, or traced by an engine
Namespace = Any  # numpy-like, with scan, erf and segment_sum
Drivers = Mapping[str, Any]  # nested dicts of arrays: all that no parameter touches
Fields = Mapping[str, Array]  # name -> (time, column), over lead and window
Parameters = Mapping[str, Array]  # name -> scalar, or (column,) where indexed by class


class ProcessModel(ABC):
    """M: parameters and drivers to fields.

    Attributes:
        requires: forcing (time, cell) and statics (cell,) or (column,), with units.
        provides: fields that `run` returns, (time, column), with units.
        parameters: that can be optimised.
        couples: "column" where columns are independent, "cell" where those of a cell are coupled.
        spin_up_years: how often the first year is repeated before the lead by default.
    """

    requires: tuple[Variable, ...]
    provides: tuple[Variable, ...]
    parameters: tuple[Parameter, ...]
    couples: Literal["column", "cell"] = "column"
    spin_up_years: int = 2

    @abstractmethod
    def prepare(self, forcing: Forcing) -> Drivers:
        """Everything that no parameter touches, computed once with numpy.

        Only arrays may come back (in nested dicts): an engine passes them to `run` as arguments.
        """

    @abstractmethod
    def run(self, parameters: Parameters, drivers: Drivers, xp: Namespace) -> Fields:
        """Fields over lead and window, each (time, column); pure and differentiable.

        A parameter indexed by class arrives as an array over columns, any other as a scalar or
        (where several are tried at once) also as an array over columns.
        """


class ObservationOperator(ABC):
    """H: fields to what is observed.

    Attributes:
        observes: the quantity, with units.
        requires: fields of the model, differentiated.
        requires_once: fields that only `prepare` looks at.
        parameters: its own, optimised with the model's.
        gives: further fields that `derive` makes, (time, column), with units.
        scope: "cell" where an observation sees one cell, "domain" where it sums over all.
        lead_days: days of model run needed before the window.
        unknown_sd: error (in the units of `observes`) of an observation of which neither value nor
            error is known, as a demonstration or a design asks for; None leaves it to `prepare`.
    """

    observes: Variable
    requires: tuple[Variable, ...]
    requires_once: tuple[Variable, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    gives: tuple[Variable, ...] = ()
    scope: Literal["cell", "domain"] = "cell"
    lead_days: int = 0
    unknown_sd: float | None = None

    @abstractmethod
    def prepare(
        self,
        observations: Observations,
        domain: Domain,
        prior_fields: Callable[[], Mapping[str, np.ndarray]],
    ) -> Stream:
        """Select, mask and scale once; numpy. Called once for each block of the grid.

        A cell-scope operator gets the observations inside the block, a domain-scope one gets
        all of them for every block and must keep the same ones each time.

        Args:
            observations: as read.
            domain: of the block.
            prior_fields: runs the prior when called; gives numpy (time, column) for all of
                `requires` and `requires_once`.
        """

    @abstractmethod
    def observe(
        self, fields: Fields, parameters: Parameters, at: Mapping[str, Array], xp: Namespace
    ) -> Array:
        """Simulated values, shape (obs,); pure, differentiable, and adding up over blocks."""

    def complete(
        self, simulated: Array, parameters: Parameters, at: Mapping[str, Array], xp: Namespace
    ) -> Array:
        """What is added once, after the blocks are summed (an offset, a background)."""
        return simulated

    def derive(
        self, fields: Fields, parameters: Parameters, at: Mapping[str, Array], xp: Namespace
    ) -> Fields:
        """The fields that it `gives`, each (time, column), from those it requires; differentiable.

        They can be written out and be targets of the uncertainty propagation. `at` is that of the
        block, as `prepare` made it.
        """
        return {}


class Prior(ABC):
    """Knowledge of the control vector before the observations.

    A configuration makes one with the class method `for_control(control, **settings)`, whose
    keyword arguments are the keys of `[prior]`.

    Attributes:
        mean: x_b, shape (control,).
        covariance: B of x, (control, control); infinite sd where nothing is known.
    """

    mean: np.ndarray
    covariance: Covariance

    @abstractmethod
    def sample(self, generator: np.random.Generator, draws: int) -> np.ndarray:
        """Random control vectors, shape (draws, control)."""

    @abstractmethod
    def negative_log_density(self, x: Array, xp: Namespace) -> Array:
        """J_prior(x) up to a constant, a scalar."""


class Optimiser(ABC):
    """Finds the control vector of least cost.

    Attributes:
        needs: of {"simulate", "gradient", "jacobian"}.
        resumes: whether `minimise` takes `earlier`; without it an interrupted run is started anew
            from its last point.
    """

    needs: ClassVar[frozenset[str]]
    resumes: ClassVar[bool] = False

    @abstractmethod
    def minimise(
        self,
        problem: CostProblem,
        x0: np.ndarray,
        callback: Callable[[Any], None],
        earlier: Sequence[Iteration] = (),
    ) -> OptimisationResult:
        """Minimise `problem.cost` from x0; `callback` gets an `Iteration` after each.

        With `earlier`, the points that an interrupted minimisation accepted, it goes on from the
        last of them and its `state` instead of from x0; `callback` hears of new points only, and
        the result has all of them.

        A trial point that gives NaN or lies outside the guard rails is stepped back from. On
        KeyboardInterrupt the best point so far is returned with status "interrupted".
        """


class Engine(ABC):
    """Evaluates and differentiates functions written against `xp`.

    A function takes an array first and then any number of arguments that are constant to the
    derivative (arrays, nested dicts, lists or tuples of them). Derivatives are with respect to
    the first argument. Each method returns a function of the same arguments, compiled where the
    engine compiles.

    Attributes:
        xp: array namespace of the engine, with scan, erf and segment_sum.
    """

    xp: Namespace

    @abstractmethod
    def compile(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, as fast as the engine can evaluate it; numpy in, numpy out."""

    @abstractmethod
    def pullback(
        self, function: Callable[..., Any]
    ) -> Callable[..., tuple[Any, Callable[[Array], Array]]]:
        """(v, *constants) -> (value, pull), and pull(w) = J^T w without another forward run."""

    @abstractmethod
    def pushforward(self, function: Callable[..., Any]) -> Callable[..., tuple[Any, Array]]:
        """(v, tangents, *constants) -> (value, J t for each t), tangents shape (k, *v.shape)."""

    @abstractmethod
    def value_and_grad(self, function: Callable[..., Any]) -> Callable[..., tuple[Any, Array]]:
        """(v, *constants) -> (value, gradient) of a scalar function."""

    @abstractmethod
    def hessian_vector(self, function: Callable[..., Any]) -> Callable[..., Array]:
        """(v, t, *constants) -> H t of a scalar function, forward over reverse."""

    def hessian_vectors(self, function: Callable[..., Any]) -> Callable[..., list[Any]]:
        """(v, [t, ...], *constants) -> [H t, ...], together where the engine can."""
        product = self.hessian_vector(function)
        return lambda v, tangents, *constants: [product(v, t, *constants) for t in tangents]

    def hold(self, tree: Any) -> Any:
        """The same arrays where the engine computes, so that they are not moved at every call."""
        return tree

    def tangent_linear(self, function: Callable[..., Any]) -> Callable[..., Array]:
        """(v, t, *constants) -> J t."""
        push = self.pushforward(function)
        return lambda v, t, *constants: push(v, np.asarray(t)[None], *constants)[1][0]

    def adjoint(self, function: Callable[..., Any]) -> Callable[..., Array]:
        """(v, w, *constants) -> J^T w."""
        pull = self.pullback(function)
        return lambda v, w, *constants: pull(v, *constants)[1](w)

    def jacobian(self, function: Callable[..., Any]) -> Callable[..., Array]:
        """(v, *constants) -> J for a vector function of a vector, shape (out, in)."""
        push = self.pushforward(function)
        return lambda v, *constants: push(v, np.eye(len(v)), *constants)[1].T
