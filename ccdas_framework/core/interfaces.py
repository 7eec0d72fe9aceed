"""The six interfaces of components that a package can supply.

A component is a frozen attrs class. Its fields are its settings, which a table of the configuration
sets. A method changes neither the component, nor its arguments, nor a global.

A grid has cells, each with its own weather. A column is a part of a cell with one class, the number
of its plant functional type. The framework computes the grid in blocks of cells. The window is the
period of the observations. The lead is the days before it: years of spin-up, and days that the
operators need. It repeats the first year of the window.

The control vector x contains the optimised parameters, transformed to 0 at the prior mean and 1 at
one prior sd. Differentiated code uses `xp`, the array namespace of an engine, in place of numpy. It
has the functions of numpy, and `scan` (a loop over time), `erf` (error function) and `segment_sum`
(sums of groups of values). In shapes, `obs` counts observations and `control` elements of x.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Literal

import numpy as np

from .budget import Budget
from .cost_problem import CostProblem, SampledProblem
from .covariance import Covariance
from .domain import Domain, Forcing
from .ensemble import Ensemble, SamplingStart
from .observations import Observations, Stream
from .parameters import Parameter
from .pickling import ByFields
from .result import Iteration, OptimisationResult
from .trees import map_tree, stack_trees, tree_leaves
from .variables import Variable

Array = Any  # numpy array, or an array of an engine that records operations
Namespace = Any  # xp
Drivers = Mapping[str, Any]  # nested dicts of arrays that depend on no parameter
Fields = Mapping[str, Array]  # name -> (time, column); time covers lead and window
PriorFields = Callable[[], Mapping[str, np.ndarray]]  # runs the model with prior parameters
Presets = Mapping[str, Mapping[str, Any]]  # name -> settings that differ from the defaults
Parameters = Mapping[str, Array]  # name -> scalar, or (column,) for `Parameter.index` "class"


class ProcessModel(ABC):
    """Process model M: a function from parameters and drivers to fields.

    Attributes:
        requires: daily forcing (time, cell), and constant properties (cell,) or (column,).
        provides: fields that `run` returns, (time, column).
        parameters: parameters that can be optimised.
        couples: "column" if columns are independent, "cell" if the columns of a cell interact.
        spin_up_years: default number of years of spin-up, which begin the lead.
        class_names: name in words of each class of columns, for tables and figures.
        presets: settings by name that `[experiment] preset` selects, such as published choices.
        differentiable: whether an engine can trace `run`. If not, `run` receives numpy arrays, and
            its derivatives come from `push` and `pull`, or from differences.

    `push`, `pull` and `record` are optional. A model with `push` or `pull` brings its own tangent
    or adjoint, and no engine traces its `run`. Without `push` tangents are central differences of
    `run`, and without `pull` the gradient of the cost comes from the Jacobian. The engine
    differentiates the operators. The engine "differences" uses neither of the two methods.
    """

    requires: tuple[Variable, ...]
    provides: tuple[Variable, ...]
    parameters: tuple[Parameter, ...]
    couples: Literal["column", "cell"] = "column"
    spin_up_years: int = 2
    class_names: ClassVar[Mapping[int, str]] = {}
    differentiable: bool = True
    presets: ClassVar[Presets] = {}

    @abstractmethod
    def prepare(self, forcing: Forcing) -> Drivers:
        """Inputs of `run` that depend on no parameter, as arrays in nested dicts; uses numpy."""

    @abstractmethod
    def run(self, parameters: Parameters, drivers: Drivers, xp: Namespace) -> Fields:
        """Fields over lead and window, (time, column) each; a differentiable function.

        Args:
            parameters: physical values. A parameter of index "class" has shape (column,). Others
                are scalars, or (column,) where one run evaluates several values.
            drivers: result of `prepare`.
            xp: array namespace of the engine.
        """

    def push(
        self, parameters: Parameters, perturbations: Parameters, drivers: Drivers
    ) -> tuple[Fields, Fields]:
        """Fields as from `run`, and their tangents, (direction, time, column) each.

        The tangent of a field is its derivative along a perturbation of the parameters.

        Args:
            parameters: physical values, (column,) each.
            perturbations: directions in units of the parameters, (direction, column) each. A
                parameter without one is not perturbed.
            drivers: result of `prepare`.
        """
        raise NotImplementedError

    def pull(self, parameters: Parameters, cotangents: Fields, drivers: Drivers) -> Parameters:
        """Sensitivities of a weighted sum of the fields to parameters, (column,) each.

        The sum is that of cotangents[name] * fields[name] over all fields, days and columns. The
        sensitivity is its derivative with respect to the parameter of a column. The result has all
        parameters that are optimised; others may be left out.

        Args:
            parameters: physical values, (column,) each.
            cotangents: weights of all fields of `provides`, (time, column) each.
            drivers: result of `prepare`.
        """
        raise NotImplementedError

    def record(self, parameters: Parameters, drivers: Drivers) -> tuple[Fields, Any]:
        """Fields as from `run`, and the trajectory of the run, an object of any type.

        A model with `record` has `pull(parameters, cotangents, drivers, trajectory)`, which needs
        no second forward run. `parameters` have shape (column,) each.
        """
        raise NotImplementedError


class ObservationOperator(ABC):
    """Observation operator H: a function from fields to simulated observations.

    Attributes:
        observes: observed quantity.
        requires: fields of the model that `observe` uses.
        requires_once: fields that only `prepare` uses. They are not differentiated.
        parameters: parameters of the operator, optimised with those of the model.
        gives: fields that `derive` computes, in addition to those of the model, (time, column).
        scalars: numbers that `quantify` computes, which are targets of every run.
        scope: "cell" if an observation depends on one cell, "domain" if it sums over cells.
        interval: "month" if each observation is the mean of a calendar month, or "" if it is that
            of its own days. Several values of a place in one interval are refused or averaged.
        columns: further columns of the observation file that `prepare` uses, with their units and
            possible values. Observations without a number in one that the file has are left out.
        lead_days: number of days before the window that the operator needs; part of the lead.
        unknown_sd: error of hypothetical values (unit of `observes`); None: `prepare` sets it.
        presets: as those of a process model.
    """

    observes: Variable
    requires: tuple[Variable, ...]
    requires_once: tuple[Variable, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    gives: tuple[Variable, ...] = ()
    scalars: tuple[Variable, ...] = ()
    scope: Literal["cell", "domain"] = "cell"
    interval: Literal["", "month"] = ""
    columns: tuple[Variable, ...] = ()
    lead_days: int = 0
    unknown_sd: float | None = None
    presets: ClassVar[Presets] = {}

    @abstractmethod
    def prepare(
        self, observations: Observations, domain: Domain, prior_fields: PriorFields
    ) -> Stream:
        """Selected, masked and scaled observations of a block with their errors; uses numpy.

        Args:
            observations: those in the block, or all of them for scope "domain". An operator of
                scope "domain" must select the same observations for each block.
            domain: grid and days of the block.
            prior_fields: returns numpy arrays (time, column) of `requires` and `requires_once`.
        """

    @abstractmethod
    def observe(
        self, fields: Fields, parameters: Parameters, at: Mapping[str, Array], xp: Namespace
    ) -> Array:
        """Simulated observations of a block, shape (obs,); a differentiable function.

        Args:
            fields: fields of `requires`, (time, column) each.
            parameters: as in `ProcessModel.run`, or (group,) of `Parameter.groups` if indexed.
            at: arrays of `Stream.at`, which `prepare` computed, such as day indices and weights.
            xp: array namespace of the engine.
        """

    def complete(
        self, simulated: Array, parameters: Parameters, at: Mapping[str, Array], xp: Namespace
    ) -> Array:
        """Simulated observations (obs,): `simulated`, plus terms that no block may repeat.

        `simulated` is the result of `observe`. For scope "domain" it is the sum over blocks.
        """
        return simulated

    def derive(
        self, fields: Fields, parameters: Parameters, at: Mapping[str, Array], xp: Namespace
    ) -> Fields:
        """Fields of `gives`, (time, column), from those of `requires`, for outputs and targets."""
        return {}

    def quantify(self, parameters: Parameters, at: Mapping[str, Array], xp: Namespace) -> Fields:
        """Numbers of `scalars` from the inputs of `complete`; a differentiable function."""
        return {}


class Prior(ABC):
    """Prior probability of the control vector x.

    The class method `for_control(control, **settings)` makes one from the keys of `[prior]`.

    Attributes:
        mean: x_b, shape (control,).
        covariance: B, (control, control). An infinite sd means no prior information.
    """

    mean: np.ndarray
    covariance: Covariance

    @abstractmethod
    def sample(self, generator: np.random.Generator, draws: int) -> np.ndarray:
        """Random control vectors, shape (draws, control)."""

    @abstractmethod
    def negative_log_density(self, x: Array, xp: Namespace) -> Array:
        """Prior term of the cost, J_prior(x), up to a constant; a scalar."""


class Optimiser(ABC):
    """Optimiser: searches for the control vector of least cost.

    `minimise` may have two further arguments, which are passed where its signature names them:
    `generator`, a numpy Generator of its own for all that it draws, and `budget`, the `Budget` of
    the search. The problem counts evaluations and ends the search where the budget is spent, so
    that a method needs the budget only to plan, for example its number of generations.

    Attributes:
        needs: quantities that it evaluates, from {"simulate", "gradient", "jacobian"}.
        resumes: whether `minimise` uses `earlier`; if not, a run restarts from its last point.
        robust: whether `minimise` allows for robust errors; if not, a run with them is refused,
            unless the optimiser needs "gradient" alone.
    """

    needs: ClassVar[frozenset[str]]
    resumes: ClassVar[bool] = False
    robust: ClassVar[bool] = False

    @abstractmethod
    def minimise(
        self,
        problem: CostProblem,
        x0: np.ndarray,
        callback: Callable[[Any], None],
        earlier: Sequence[Iteration] = (),
    ) -> OptimisationResult:
        """Minimum of `problem.cost`; status "interrupted" with the best point on Ctrl-C.

        It shortens a step whose cost is NaN or that leaves the bounds of `problem.control`.

        Args:
            problem: cost, derivatives and observations; see also `SampledProblem`.
            x0: starting point, shape (control,).
            callback: receives an `Iteration` for each new accepted point, including the start.
            earlier: accepted points of an interrupted minimisation. It continues from the last one
                and its `state` instead of x0, and the result contains all points.
        """


class Sampler(ABC):
    """Sampler: draws an ensemble of control vectors that represents the posterior.

    Attributes:
        needs: quantities that it evaluates, from {"density", "gradient", "trace", "simulate"}:
            the log density, its gradient, the log density as a traced function of JAX, or the
            simulated observations with y and R. A sampler that needs "simulate" assumes Gaussian
            errors and a Gaussian prior, and is refused with others.
            Such a sampler begins at the prior always.
        exact: whether the draws are asymptotically those of the posterior.
        gives_posterior: whether mean and spread of the draws estimate those of the posterior. They
            do not where the draws fill a region, as those of history matching.
        resumes: whether `sample` uses `earlier`; if not, an interrupted run draws anew.
    """

    needs: ClassVar[frozenset[str]]
    exact: ClassVar[bool]
    gives_posterior: ClassVar[bool] = True
    resumes: ClassVar[bool] = False

    @abstractmethod
    def sample(
        self,
        problem: SampledProblem,
        start: SamplingStart,
        callback: Callable[[Ensemble], None],
        generator: np.random.Generator,
        budget: Budget,
        earlier: Ensemble | None = None,
    ) -> Ensemble:
        """An ensemble; status "interrupted" with the draws so far on Ctrl-C.

        No draw lies outside the bounds of `problem.control`. A run that fails is refused or left
        out, and counted. `problem` counts all evaluations and raises `BudgetSpent`, which the
        sampler may let pass: the last ensemble that `callback` received is then the result.

        Args:
            problem: log density, derivatives and observations.
            start: where to start, and the spread there.
            callback: receives the ensemble so far, with the `state` to continue from, each time a
                part of it is complete: a generation, or some draws.
            generator: of all random numbers; each chain or member has a stream of its own from it.
            budget: of the search. Evaluations of a traced log density, which `problem` does not
                see, are counted by `budget.spend`.
            earlier: ensemble of an interrupted sampling, to continue from its `state`.
        """


class Engine(ByFields, ABC):
    """Engine, which evaluates and differentiates functions that use `xp`.

    Each method turns a function f(v, *constants) into another, shown as arguments -> results. v is
    an array, and `constants` are arrays or nested containers of them. J is the Jacobian df/dv, H
    the Hessian of a scalar f, t a direction shaped as v, and w weights shaped as f(v).

    Attributes:
        xp: array namespace of the engine.
        reverse_mode: whether `pullback` costs a few runs of f however long v is; if not, the
            gradient of the cost comes from the Jacobian.
        traceable: whether f may be a part of a function that JAX traces.
        members_at_once: number of members that `batched` evaluates in one call of f.
        black_boxes: whether f receives numpy arrays alone, so that it need not be differentiable.
        auto_rank: rank among the engines that `auto` tries, highest first; None to be left out.
    """

    xp: Namespace
    reverse_mode: ClassVar[bool] = True
    traceable: ClassVar[bool] = False
    members_at_once: int = 1
    black_boxes: ClassVar[bool] = False
    auto_rank: ClassVar[float | None] = None

    def require_gain(self) -> None:
        """Raise a CcdasError where an engine of lower rank is as fast; `auto` takes that then."""

    @abstractmethod
    def compile(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """(v, *constants) -> f(v, *constants), compiled; arguments and result are numpy arrays."""

    @abstractmethod
    def pullback(
        self, function: Callable[..., Any]
    ) -> Callable[..., tuple[Any, Callable[[Array], Array]]]:
        """(v, *constants) -> (value, pull), pull(w) = J^T w without another run of f."""

    @abstractmethod
    def pushforward(self, function: Callable[..., Any]) -> Callable[..., tuple[Any, Array]]:
        """(v, tangents, *constants) -> (value, J t of each t), tangents shape (k, *v.shape)."""

    @abstractmethod
    def value_and_grad(self, function: Callable[..., Any]) -> Callable[..., tuple[Any, Array]]:
        """(v, *constants) -> (value, gradient) of a scalar f."""

    @abstractmethod
    def hessian_vector(self, function: Callable[..., Any]) -> Callable[..., Array]:
        """(v, t, *constants) -> H t of a scalar f."""

    def hessian_vectors(self, function: Callable[..., Any]) -> Callable[..., list[Any]]:
        """(v, [t, ...], *constants) -> [H t, ...], in one evaluation where the engine can."""
        product = self.hessian_vector(function)
        return lambda v, tangents, *constants: [product(v, t, *constants) for t in tangents]

    def batched(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """(V, *constants) -> f(v, *constants) of each member v, stacked as numpy arrays.

        V and the results have a first axis `member`, in every array of a nested v. The result of a
        member depends on no other member beyond rounding. Equal calls give equal bits.
        """
        compiled = self.compile(function)
        return lambda members, *constants: _looped(compiled, members, constants)

    def batched_value_and_grad(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """(V, *constants) -> (values, gradients) of a scalar f, stacked as by `batched`."""
        both = self.value_and_grad(function)
        return lambda members, *constants: _looped(both, members, constants)

    def hold(self, tree: Any) -> Any:
        """`tree` with its arrays in the memory of the engine, from which no call copies them."""
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
        """(v, *constants) -> J of a vector function of a vector, shape (out, in)."""
        push = self.pushforward(function)
        return lambda v, *constants: push(v, np.eye(len(v)), *constants)[1].T


def _looped(function: Callable[..., Any], members: Any, constants: tuple[Any, ...]) -> Any:
    """Results of a function of each member, one after another, stacked."""
    count = len(tree_leaves(members)[0])
    each = (map_tree(lambda values, n=n: values[n], members) for n in range(count))
    return stack_trees([function(v, *constants) for v in each], np.stack)
