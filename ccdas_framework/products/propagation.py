"""Mean and standard deviation of monthly fields, from rows of J A J^T block by block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from attrs import define, field, frozen

from ..core.errors import Findings, did_you_mean
from ..core.interfaces import ObservationOperator, ProcessModel
from ..core.variables import Variable
from ..problem.assembled_problem import Problem
from ..problem.assembly import stream_of
from ..problem.jacobian import block_jacobians
from ..problem.stream_data import StreamData
from .cf_names import cf_name
from .monthly_operator import MonthlyMean, every_place, monthly_stream

Moments = tuple[np.ndarray, np.ndarray]  # mean and sd


@frozen(eq=False)
class Places:
    """Places that are means over cells, such as cells of another grid.

    Args:
        place, cell: numbers of the pairs that overlap, shape (pair,).
        weight: of the cell in the place, such as their common area (m2), shape (pair,).
        count: number of places.
    """

    place: np.ndarray
    cell: np.ndarray
    weight: np.ndarray
    count: int

    @classmethod
    def cells(cls, count: int) -> Places:
        """Each cell as a place of its own."""
        numbers = np.arange(count)
        return cls(numbers, numbers, np.ones(count), count)


@define(eq=False)
class Sums:
    """Weighted sums over the cells of each month and place, block after block.

    A row of J times a root of A has the squared length J A J^T, and the rows of cells add up to
    that of their place. So the sum holds the covariances between cells.

    Args:
        months: number of months.
        places: means over cells.
        root: S of A = S S^T, shape (control, direction).
        flat: elements of x without prior information, shape (control,); they make a place that
            depends on them infinitely uncertain.
    """

    months: int
    places: Places
    root: np.ndarray
    flat: np.ndarray
    weight: np.ndarray = field(init=False)
    value: np.ndarray = field(init=False)
    rows: np.ndarray = field(init=False)
    unbounded: np.ndarray = field(init=False)

    def __attrs_post_init__(self) -> None:
        shape = (self.months, self.places.count)
        self.weight, self.value = np.zeros(shape), np.zeros(shape)
        self.rows = np.zeros((*shape, self.root.shape[1]))
        self.unbounded = np.zeros(shape, dtype=bool)

    def add(
        self, month: np.ndarray, cell: np.ndarray, values: np.ndarray, jacobian: np.ndarray
    ) -> None:
        """Add values of some months and cells, shape (obs,), and their J, (obs, control)."""
        projected = jacobian @ self.root
        depends = np.any(jacobian[:, self.flat] != 0.0, axis=1)
        order = np.argsort(self.places.cell, kind="stable")
        sorted_cells = self.places.cell[order]
        first, last = (np.searchsorted(sorted_cells, cell, side) for side in ("left", "right"))
        counts = last - first
        obs = np.repeat(np.arange(len(cell)), counts)
        within = np.arange(len(obs)) - np.repeat(np.cumsum(counts) - counts, counts)
        pair = order[np.repeat(first, counts) + within]
        into, weight = (month[obs], self.places.place[pair]), self.places.weight[pair]
        np.add.at(self.weight, into, weight)
        np.add.at(self.value, into, weight * values[obs])
        np.add.at(self.rows, into, weight[:, None] * projected[obs])
        np.logical_or.at(self.unbounded, into, depends[obs])

    @property
    def moments(self) -> Moments:
        """Mean and sd of each month and place, shape (month, place); NaN without a value."""
        weight = np.where(self.weight > 0.0, self.weight, np.nan)
        sd = np.sqrt(np.sum(self.rows**2, axis=2)) / weight
        return self.value / weight, np.where(self.unbounded, np.inf, sd)


def chosen_fields(
    names: Sequence[str], model: ProcessModel, operators: Mapping[str, ObservationOperator]
) -> tuple[str, ...]:
    """Fields of a product by the names of the model, also where the name is that of the product.

    Args:
        names: as asked for, such as "nep" or "rh".
        operators: H by stream name.

    Raises:
        InvalidExperiment: no name, or a name of no field.
    """
    variables = [*model.provides, *(v for h in operators.values() for v in h.gives)]
    variables += [h.observes for h in operators.values() if h.scope != "domain"]
    available = {v.name for v in variables}
    written = {cf_name(v).name: v.name for v in variables}
    findings = Findings()
    if not names:
        text = f"--fields is empty. Choose some of: {', '.join(sorted(available))}."
        findings.add("wrong-option", "--fields", text)
    for name in names:
        if name not in available and name not in written:
            findings.add(
                "unknown-field",
                "--fields",
                f"--fields has '{name}', which neither the model nor an operator of this run "
                f"gives.{did_you_mean(name, available)} Fields: {', '.join(sorted(available))}.",
            )
    findings.raise_if_any()
    return tuple(dict.fromkeys(n if n in available else written[n] for n in names))


def product_streams(problem: Problem, names: Sequence[str]) -> dict[str, StreamData]:
    """Monthly means of fields of the model, of operators, and of what operators of cells observe.

    Args:
        names: of `chosen_fields`.
    """
    model = {v.name: v for v in problem.model.provides}
    derived = {v.name: (n, v) for n, s in problem.streams.items() for v in s.operator.gives}
    observed = {
        s.operator.observes.name: n for n, s in problem.streams.items() if not s.domain_scope
    }
    streams = {}
    for name in names:
        if name in model:
            streams[name] = monthly_stream(MonthlyMean(model[name]), problem)
        elif name in derived:
            source, variable = derived[name]
            operator = MonthlyMean(variable, problem.streams[source].operator)
            streams[name] = monthly_stream(operator, problem, source)
        else:
            streams[name] = _observed_everywhere(problem, observed[name])
    return streams


def _observed_everywhere(problem: Problem, name: str) -> StreamData:
    """The operator of a stream in every cell and month.

    It gets no field that only screens observations, so that frozen months are not left out.
    """
    operator = problem.streams[name].operator
    screens = {v.name for v in operator.requires_once if v.optional}
    screens -= {v.name for v in operator.requires}

    def prior_fields(block: int) -> Mapping[str, np.ndarray]:
        fields = problem.block_fields(problem.prior.mean, block)
        return {field: values for field, values in fields.items() if field not in screens}

    return stream_of(name, operator, every_place(problem), problem, prior_fields)


def moments_of_fields(
    problem: Problem,
    streams: Mapping[str, StreamData],
    x: np.ndarray,
    covariance: np.ndarray,
    places: Places,
) -> dict[str, Moments]:
    """Mean and sd of each field by month and place, shapes (month, place).

    The sd is that of J (x - its mean), with J = dF/dx at x, computed block by block.

    Args:
        streams: of `product_streams`.
        x: shape (control,).
        covariance: of x, with infinite variances where there is no information, shape (control,
            control).
    """
    flat = np.isinf(np.diag(covariance))
    finite = np.where(flat[:, None] | flat[None, :], 0.0, covariance)
    values, vectors = np.linalg.eigh(finite)
    root = (vectors * np.sqrt(np.maximum(values, 0.0)))[:, values > 0.0]
    months = problem.blocks[0].domain.months
    sums = {name: Sums(months, places, root, flat) for name in streams}
    for name, month, cell, simulated, jacobian in _rows(problem, streams, x):
        sums[name].add(month, cell, simulated, jacobian)
    return {name: of_field.moments for name, of_field in sums.items()}


def _rows(
    problem: Problem, streams: Mapping[str, StreamData], x: np.ndarray
) -> Iterator[tuple[str, np.ndarray, np.ndarray, np.ndarray, np.ndarray]]:
    """Field, month, cell, value and row of J of each value, one block after another."""
    forward = problem.with_streams({}, streams).forward
    functions = forward.functions_of(streams)
    index = {name: places_of(stream) for name, stream in streams.items()}
    for block in range(len(forward.blocks)):
        values, jacobians = block_jacobians(forward, x, block, functions)
        for name, stream in streams.items():
            month, cell = (stream.pieces(part)[block] for part in index[name])
            count = len(month)
            yield name, month, cell, values[name][:count], jacobians[name][:count]


def places_of(stream: StreamData) -> tuple[np.ndarray, np.ndarray]:
    """Month of the window and cell of the grid of each value, shape (obs,)."""
    observations = stream.observations
    months = observations.start.astype("datetime64[M]").astype(int)
    month = (months - months.min())[stream.index]
    return month, observations.label.astype(int)[stream.index]


def members_of_fields(
    problem: Problem, streams: Mapping[str, StreamData], draws: np.ndarray, places: Places
) -> dict[str, np.ndarray]:
    """Fields of runs of the model with draws of x, shape (member, month, place).

    Args:
        draws: control vectors, shape (member, control).
    """
    at = problem.with_streams({}, streams)
    simulated = at.values_of_many(draws, streams)
    months = problem.blocks[0].domain.months
    members: dict[str, list[np.ndarray]] = {name: [] for name in streams}
    for name, stream in streams.items():
        month, cell = places_of(stream)
        no_rows = np.zeros((len(month), 1))
        for values in simulated[name]:
            sums = Sums(months, places, np.zeros((1, 0)), np.zeros(1, dtype=bool))
            sums.add(month, cell, values, no_rows)
            members[name].append(sums.moments[0])
    return {name: np.stack(each) for name, each in members.items()}


def variables_of(streams: Mapping[str, StreamData]) -> dict[str, Variable]:
    """Unit and name of each field."""
    return {name: stream.operator.observes for name, stream in streams.items()}
