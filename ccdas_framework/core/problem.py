"""The assembled problem: one differentiable function, x to simulated observations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor
from typing import Any

import numpy as np
from attrs import evolve, field, frozen

from .blocks import Block
from .compiled import Compiled
from .control import Control
from .cost import cost_terms
from .declared import chosen
from .interfaces import Engine, Prior, ProcessModel
from .streams import StreamData

Array = Any
Streams = Mapping[str, StreamData]
Derivatives = tuple[dict[str, np.ndarray], dict[str, np.ndarray]]
TARGET = "target:"  # before the name of a target where streams and targets are held together
# what is compiled of the model alone, by the beginning of its name
OF_THE_MODEL = ("value of fields", "pull of fields", "push of fields by")


@frozen(eq=False)
class Problem:
    """Everything an optimiser, a posterior or a design study needs to know.

    x is dimensionless: 0 at the prior mean, 1 at one prior sd.

    Args:
        control: names, units and transforms of x.
        prior: x_b and B.
        model: M.
        engine: where derivatives come from.
        blocks: the grid, cut.
        drivers: what `model.prepare` made of each block.
        streams: observations by name.
        model_name: owner of the model's parameters.
        targets: quantities whose uncertainty is wanted, in the form of streams without values.
        executor: runs blocks side by side where given.
        cell_member: member that each cell of the grid belongs to, where x holds a copy of the
            parameters for each member; see `members`.
        needed: names of the fields that are differentiated; those of streams and targets at least.
    """

    control: Control
    prior: Prior
    model: ProcessModel
    engine: Engine
    blocks: tuple[Block, ...]
    drivers: tuple[Any, ...]
    streams: Mapping[str, StreamData]
    model_name: str
    targets: Mapping[str, StreamData] = field(factory=dict)
    executor: Executor | None = None
    cell_member: np.ndarray | None = None
    column_member: tuple[np.ndarray | None, ...] = field(init=False)
    index: tuple[Any, ...] = field(init=False)
    compiled: Compiled = field(repr=False)
    needed: tuple[str, ...] = field(repr=False)
    _last: dict[str, Any] = field(factory=dict, init=False, repr=False)

    @compiled.default
    def _compiled(self) -> Compiled:
        return Compiled(self.engine)

    @needed.default
    def _needed(self) -> tuple[str, ...]:
        return _needed_by(self.streams, self.targets)

    @column_member.default
    def _column_member(self) -> tuple[np.ndarray | None, ...]:
        if self.cell_member is None:
            return (None,) * len(self.blocks)
        return tuple(
            self.cell_member[b.all_cells][b.forcing.domain.grid.column_cell] for b in self.blocks
        )

    @index.default
    def _index(self) -> tuple[Any, ...]:
        return tuple(
            self.control.index(block.forcing.domain.grid.column_class, member)
            for block, member in zip(self.blocks, self.column_member, strict=True)
        )

    def with_streams(self, streams: Streams, targets: Streams) -> Problem:
        """The same problem with these streams and targets; the compiled model is kept.

        Where they need no other fields than before, so are its derivatives.
        """
        needed, kept = _needed_by(streams, targets), ["value of every field"]
        if needed and set(needed) <= set(self.needed):
            needed, kept = self.needed, [*kept, *OF_THE_MODEL]
        compiled = self.compiled.keeping(*kept)
        return evolve(self, streams=streams, targets=targets, compiled=compiled, needed=needed)

    def with_prior(self, prior: Prior) -> Problem:
        """The same problem with another prior of x; all that does not know it is kept."""
        kept = (
            "value of every field",
            "value of streams",
            "value of complete",
            "pull of",
            "push of",
        )
        return evolve(self, prior=prior, compiled=self.compiled.keeping(*kept))

    # -- what is asked of it --------------------------------------------------------------

    def simulate(self, x: np.ndarray) -> dict[str, np.ndarray]:
        """Simulated observations of each stream, shape (obs,), in the units of its variable."""
        return self.values_of(x, self.streams)

    def values_of(self, x: np.ndarray, streams: Streams) -> dict[str, np.ndarray]:
        """What `simulate` gives, for other streams or targets."""
        x = np.asarray(x, float)
        return self._completed(self.contributions(x, streams), x, streams)

    def cost(self, x: np.ndarray) -> float:
        """J(x), a number without unit; NaN where the model gives NaN."""
        return float(sum(self.cost_terms(x).values()))

    def cost_terms(self, x: np.ndarray) -> dict[str, float]:
        """J split into 'prior' and each stream."""
        contributions = self.contributions(np.asarray(x, float), self.streams)
        terms = self.compiled.value("terms", self._terms)(
            {"x": np.asarray(x, float), **contributions}
        )
        return {name: float(value) for name, value in terms.items()}

    def value_and_gradient(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """J(x) and dJ/dx, shape (control,)."""
        x = np.asarray(x, float)
        to_fields = self.compiled.pull("fields", self.selected_fields)
        to_streams = self.compiled.pull("streams", self.observed, self.streams)
        ahead = self.over_blocks(lambda b: self._ahead(b, x, to_fields, to_streams))
        contributions = self.summed([values for values, _, _ in ahead], self.streams)
        total = self.compiled.gradient("cost", self.total)
        cost, sensitivity = total({"x": x, **contributions})
        gradient = np.array(sensitivity.pop("x"))
        split = self.split(sensitivity)

        def back(b: int) -> np.ndarray:
            _, pull_streams, pull_fields = ahead[b]
            carried = pull_streams(split[b])
            part: np.ndarray = np.asarray(pull_fields(carried["fields"])) + np.asarray(carried["x"])
            return part

        for part in self.over_blocks(back):
            gradient = gradient + part
        return float(cost), gradient

    def residuals(self, x: np.ndarray) -> np.ndarray:
        """Whitened y - H(x), streams in order, without the prior; shape (obs,)."""
        return self.whitened_misfits(self.simulate(x))

    def whitened_misfits(self, simulated: Mapping[str, np.ndarray]) -> np.ndarray:
        """Whitened y - simulated, streams in order, shape (obs,)."""
        return np.concatenate(
            [
                np.asarray(stream.whiten(stream.values - simulated[name], np))
                for name, stream in self.streams.items()
            ]
        )

    def whitened(self, jacobian: np.ndarray) -> np.ndarray:
        """R^-1/2 K of a Jacobian K with streams in order, shape (obs, control)."""
        pieces, first = [], 0
        for stream in self.streams.values():
            last = first + len(stream.values)
            pieces.append(np.asarray(stream.whiten(jacobian[first:last], np)))
            first = last
        return np.concatenate(pieces)

    def jacobian(self, x: np.ndarray) -> np.ndarray:
        """d simulate / dx, streams in order, shape (obs, control)."""
        return self.simulate_and_jacobian(x)[1]

    def simulate_and_jacobian(self, x: np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """What `simulate` and `jacobian` give, for the price of the latter."""
        simulated, jacobians = self.derivatives(x)
        return simulated, np.concatenate([jacobians[name] for name in self.streams])

    def derivatives(self, x: np.ndarray) -> Derivatives:
        """Values and Jacobian of each stream, shapes (obs,) and (obs, control)."""
        values, jacobians = self._derivatives(x)
        return {n: values[n] for n in self.streams}, {n: jacobians[n] for n in self.streams}

    def target_derivatives(self, x: np.ndarray) -> Derivatives:
        """Values and Jacobian of each target, shapes (target,) and (target, control).

        After `derivatives` at the same x they cost nothing more.
        """
        values, jacobians = self._derivatives(x, targets_alone=True)
        return (
            {n: values[TARGET + n] for n in self.targets},
            {n: jacobians[TARGET + n] for n in self.targets},
        )

    def _derivatives(self, x: np.ndarray, targets_alone: bool = False) -> Derivatives:
        """Of streams and targets, or these alone; the last point is remembered."""
        from .jacobian import derivatives

        x = np.array(x, float)
        for kept in ("derivatives", "target derivatives") if targets_alone else ("derivatives",):
            last = self._last.get(kept)
            if last is not None and np.array_equal(last[0], x):
                remembered: Derivatives = last[1]
                return remembered
        wanted = {TARGET + name: target for name, target in self.targets.items()}
        if not targets_alone:
            wanted = {**self.streams, **wanted}
        found = derivatives(self, x, wanted)
        self._last["target derivatives" if targets_alone else "derivatives"] = (x, found)
        return found

    def hessian_vector(self, x: np.ndarray, v: np.ndarray) -> np.ndarray:
        """(d2J/dx2) v, shape (control,)."""
        product: np.ndarray = self.hessian_vectors(x, np.asarray(v)[None])[0]
        return product

    def hessian_vectors(self, x: np.ndarray, directions: np.ndarray) -> np.ndarray:
        """(d2J/dx2) v of each direction, shapes (direction, control)."""
        from .products import hessian_products

        return hessian_products(self, x, directions)

    def fields(self, x: np.ndarray) -> dict[str, np.ndarray]:
        """All fields of the model over the whole grid, shape (time, column)."""
        return self.gathered([self.block_fields(x, b) for b in range(len(self.blocks))])

    def block_fields(self, x: np.ndarray, block: int) -> dict[str, np.ndarray]:
        """All fields of the model in one block, shape (time, column), padded columns included."""
        run = self.compiled.value("every field", self.every_field)
        return dict(run(np.asarray(x, float), self.index[block], self.drivers[block]))

    def gathered(self, parts: Sequence[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
        """Fields of the whole grid from those of its blocks, without padding."""
        columns = np.concatenate([block.columns for block in self.blocks])
        order = np.argsort(columns)
        return {
            name: np.concatenate(
                [
                    np.asarray(p[name])[:, : len(b.columns)]
                    for p, b in zip(parts, self.blocks, strict=True)
                ],
                axis=1,
            )[:, order]
            for name in parts[0]
        }

    def require_finite(self, x: np.ndarray) -> None:
        """Raise with the place where a NaN began, if there is one.

        Raises:
            NotANumber: names field, day, cell and class, or the stream.
        """
        from .finite import require_finite

        require_finite(self, x)

    # -- functions that an engine compiles and differentiates ------------------------------

    def selected_fields(self, x: Array, index: Any, drivers: Any) -> dict[str, Array]:
        """The needed fields of a block from x."""
        return chosen(self.every_field(x, index, drivers), self.needed, self.model_name)

    def every_field(self, x: Array, index: Any, drivers: Any) -> dict[str, Array]:
        """All fields of a block from x."""
        xp = self.engine.xp
        parameters = self.control.unpack(x, index, xp)
        return dict(self.model.run(parameters[self.model_name], drivers, xp))

    def fields_of(
        self, moving: Mapping[str, Array], rest: Mapping[str, Array], drivers: Any
    ) -> dict[str, Array]:
        """The needed fields of a block from the model's parameters, each (column,)."""
        every = self.model.run({**moving, **rest}, drivers, self.engine.xp)
        return chosen(every, self.needed, self.model_name)

    def observed(
        self, given: Mapping[str, Any], index: Any, ats: Mapping[str, Any], streams: Streams
    ) -> dict[str, Array]:
        """Contribution of one block to each stream; a cell-scope one is complete."""
        xp = self.engine.xp
        parameters = self.control.unpack(given["x"], index, xp)
        out = {}
        for name, stream in streams.items():
            operator, own = stream.operator, parameters.get(stream.name, {})
            values = operator.observe(given["fields"], own, ats[name], xp)
            if not stream.domain_scope:
                values = operator.complete(values, own, ats[name], xp)
            out[name] = values
        return out

    def observed_from_x(
        self, x: Array, fields: Any, index: Any, ats: Any, streams: Streams
    ) -> dict[str, Array]:
        """`observed` with x as what moves: the operators' own parameters."""
        return self.observed({"fields": fields, "x": x}, index, ats, streams)

    def observed_along(
        self, mask: Array, moved: Any, fields: Any, x: Array, index: Any, ats: Any, streams: Streams
    ) -> dict[str, Array]:
        """`observed` with the columns of a change of the fields as what moves."""
        shifted = {name: values + mask * moved[name] for name, values in fields.items()}
        return self.observed({"fields": shifted, "x": x}, index, ats, streams)

    def complete_domain(self, given: Mapping[str, Any], streams: Streams) -> dict[str, Array]:
        """Simulated values from summed contributions and x."""
        xp = self.engine.xp
        parameters = self.control.unpack(given["x"], self.index[0], xp)
        return {
            name: stream.operator.complete(
                given[name], parameters.get(stream.name, {}), stream.parts[0].at, xp
            )
            if stream.domain_scope
            else given[name]
            for name, stream in streams.items()
        }

    def _terms(self, given: Mapping[str, Any]) -> dict[str, Array]:
        simulated = self.complete_domain(given, self.streams)
        return cost_terms(given["x"], simulated, self.prior, self.streams, self.engine.xp)

    def total(self, given: Mapping[str, Any]) -> Array:
        """J from x and the summed contributions."""
        terms = self._terms(given)
        total = terms["prior"]
        for name in self.streams:
            total = total + terms[name]
        return total

    # -- plumbing ---------------------------------------------------------------------------

    def ats(self, block: int, streams: Streams | None = None) -> dict[str, Any]:
        """`at` of each stream in one block."""
        streams = self.streams if streams is None else streams
        return {name: dict(stream.parts[block].at) for name, stream in streams.items()}

    def _ahead(self, b: int, x: np.ndarray, to_fields: Any, to_streams: Any) -> Any:
        fields, pull_fields = to_fields(x, self.index[b], self.drivers[b])
        values, pull_streams = to_streams({"fields": fields, "x": x}, self.index[b], self.ats(b))
        return values, pull_streams, pull_fields

    def contributions(self, x: np.ndarray, streams: Streams | None = None) -> dict[str, np.ndarray]:
        """Contributions of all blocks to each stream, summed; before `complete`."""
        streams = self.streams if streams is None else streams
        run = self.compiled.value(
            "every field", self.every_field
        )  # compiled for the outputs anyway
        observe = self.compiled.value("streams", self.observed, streams)

        def one(b: int) -> dict[str, np.ndarray]:
            every = run(x, self.index[b], self.drivers[b])
            given = {"fields": chosen(every, self.needed, self.model_name), "x": x}
            return dict(observe(given, self.index[b], self.ats(b, streams)))

        return self.summed(self.over_blocks(one), streams)

    def _completed(
        self, contributions: Mapping[str, Any], x: np.ndarray, streams: Streams
    ) -> dict[str, np.ndarray]:
        complete = self.compiled.value("complete", self.complete_domain, streams)
        simulated = complete({"x": x, **contributions})
        return {name: np.asarray(simulated[name]) for name in streams}

    def summed(self, parts: Sequence[Mapping[str, Any]], streams: Streams) -> dict[str, Any]:
        """Contributions of all blocks: domain-scope ones added, cell-scope ones in a row."""
        if len(parts) == 1:
            return dict(parts[0])
        return {
            name: stream.summed([part[name] for part in parts], self.engine.xp)
            for name, stream in streams.items()
        }

    def split(self, sensitivity: Mapping[str, Any]) -> list[dict[str, np.ndarray]]:
        """The transpose of `summed`."""
        pieces = {n: stream.split(sensitivity[n]) for n, stream in self.streams.items()}
        return [{n: of[b] for n, of in pieces.items()} for b in range(len(self.blocks))]

    def over_blocks(self, function: Callable[[int], Any]) -> list[Any]:
        """`function` of each block's number, side by side where there is an executor."""
        numbers = range(len(self.blocks))
        if self.executor is None or len(self.blocks) == 1:
            return [function(b) for b in numbers]
        return list(self.executor.map(function, numbers))


def _needed_by(streams: Streams, targets: Streams) -> tuple[str, ...]:
    """Names of the fields that some stream or target differentiates."""
    asked = (*streams.values(), *targets.values())
    return tuple(sorted({v.name for s in asked for v in s.operator.requires}))
