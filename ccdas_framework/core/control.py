"""The control vector: every active parameter element, dimensionless, 0 at the prior mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from attrs import evolve, field, frozen

from .box import Box, moved_inside
from .parameters import Parameter, prior_step, with_overrides
from .transforms import TRANSFORMS

Array = Any
Index = Mapping[str, Mapping[str, np.ndarray]]
Owned = tuple[str, str]  # owner and name of a parameter


@frozen(eq=False)
class Element:
    """One element of one parameter: a number that is optimised or fixed."""

    owner: str
    parameter: Parameter  # of one element
    position: int  # in x; -1 where fixed
    cell: int | None = None  # that has this copy, see `separate_cells`; None where all share it
    declared: Parameter = field()  # before the changes of a configuration

    @declared.default
    def _declared(self) -> Parameter:
        return self.parameter

    @property
    def name(self) -> str:
        """Full name, 'owner.name[labels]'."""
        return f"{self.owner}.{self.parameter.labels[0]}"

    @property
    def labels(self) -> tuple[Any, ...]:
        """Labels that share it; empty for a scalar."""
        return self.parameter.groups[0] if self.parameter.groups else ()

    def columns(self, column_class: np.ndarray, copied_cell: np.ndarray | None) -> np.ndarray:
        """True on the columns that it acts on, shape (column,); all of them for a scalar."""
        acts = np.ones(len(column_class), dtype=bool)
        if self.parameter.index is not None:
            acts &= np.isin(column_class, self.labels)
        if self.cell is not None and copied_cell is not None:
            acts &= copied_cell == self.cell
        return acts


@frozen(eq=False)
class Control:
    """Names, priors and the map between x and physical values.

    Args:
        elements: of all owners, active or fixed, grouped by owner and parameter.
        shares: (owner, parameter) without elements of its own -> the one whose elements it uses.
    """

    elements: tuple[Element, ...]
    shares: Mapping[Owned, Owned] = field(factory=dict)
    active: tuple[Element, ...] = field(init=False)
    centre: np.ndarray = field(init=False)
    step: np.ndarray = field(init=False)

    @classmethod
    def of(
        cls,
        owners: Mapping[str, Sequence[Parameter]],
        overrides: Mapping[str, Mapping[str, Any]] | None = None,
        shares: Mapping[Owned, Owned] | None = None,
    ) -> Control:
        """A control vector of the parameters of each owner; see `with_overrides`."""
        elements: list[Element] = []
        position, shares = 0, shares or {}
        for owner, all_parameters in owners.items():
            parameters = [p for p in all_parameters if (owner, p.name) not in shares]
            declared = [element for p in parameters for element in p.elements()]
            changed = with_overrides(parameters, owner, overrides or {})
            for before, element in zip(declared, changed, strict=True):
                place = position if element.active else -1
                elements.append(Element(owner, element, place, declared=before))
                position += bool(element.active)
        return cls(tuple(elements), shares)

    @active.default
    def _active(self) -> tuple[Element, ...]:
        return tuple(e for e in self.elements if e.position >= 0)

    @centre.default
    def _centre(self) -> np.ndarray:
        return np.array([prior_step(e.parameter)[0] for e in self.active])

    @step.default
    def _step(self) -> np.ndarray:
        return np.array([prior_step(e.parameter)[1] for e in self.active])

    def __len__(self) -> int:
        return len(self.active)

    def with_fixed(self, values: Mapping[str, float]) -> Control:
        """The control vector with other values of fixed elements, by full name.

        It is the same object where no value differs.
        """
        elements = tuple(
            evolve(e, parameter=evolve(e.parameter, mean=values[e.name]))
            if e.position < 0 and values.get(e.name, e.parameter.mean) != e.parameter.mean
            else e
            for e in self.elements
        )
        same = all(e is before for e, before in zip(elements, self.elements, strict=True))
        return self if same else evolve(self, elements=elements)

    @property
    def names(self) -> tuple[str, ...]:
        """Full name of each active element, shape (control,)."""
        return tuple(e.name for e in self.active)

    @property
    def units(self) -> tuple[str, ...]:
        """Unit of each physical value."""
        return tuple(e.parameter.units for e in self.active)

    @property
    def bounds(self) -> np.ndarray:
        """Lower and upper bound of each physical value, shape (2, control)."""
        return np.reshape([e.parameter.bounds for e in self.active], (-1, 2)).T

    @property
    def prior_mean(self) -> np.ndarray:
        """Physical prior means p0, shape (control,)."""
        return np.array([float(e.parameter.mean) for e in self.active])  # type: ignore[arg-type]

    @property
    def prior_sd(self) -> np.ndarray:
        """Physical prior sd s0, shape (control,)."""
        return np.array([float(e.parameter.sd) for e in self.active])  # type: ignore[arg-type]

    def physical(self, x: Array, xp: Any = np) -> Array:
        """Physical value of each active element, shape (control,)."""
        g = self.centre + self.step * x
        parts, order = [], []
        for name, transform in TRANSFORMS.items():
            positions = [n for n, e in enumerate(self.active) if e.parameter.transform == name]
            if positions:
                bounds = np.array([self.active[n].parameter.bounds for n in positions]).T
                parts.append(transform.inverse(g[np.array(positions)], tuple(bounds), xp))
                order += positions
        return xp.concatenate(parts)[np.argsort(order)] if parts else xp.zeros(0)

    def physical_sd(self, x: np.ndarray, sd: np.ndarray) -> np.ndarray:
        """|p(x + sd) - p(x)| of each active element, in its own units, shape (control,)."""
        shifted = np.asarray(x) + np.sign(self.step) * sd
        change: np.ndarray = np.abs(self.physical(shifted) - self.physical(np.asarray(x)))
        return change

    def slope(self, x: np.ndarray) -> np.ndarray:
        """dp/dx of each active element, shape (control,)."""
        g = self.centre + self.step * np.asarray(x)
        return np.array(
            [
                s * TRANSFORMS[e.parameter.transform].slope(gi, e.parameter.bounds)
                for gi, s, e in zip(g, self.step, self.active, strict=True)
            ]
        )

    def pack(self, values: Mapping[str, float]) -> np.ndarray:
        """x from physical values by full name; names left out stay at the prior mean.

        Raises:
            KeyError: no active element has that name.
        """
        x = np.zeros(len(self))
        position = {name: n for n, name in enumerate(self.names)}
        for name, value in values.items():
            n = position[name]
            parameter = self.active[n].parameter
            g = TRANSFORMS[parameter.transform].forward(value, parameter.bounds, np)
            x[n] = (g - self.centre[n]) / self.step[n]
        return x

    def index(
        self, column_class: np.ndarray, copied_cell: np.ndarray | None = None
    ) -> dict[str, dict[str, np.ndarray]]:
        """Positions of each parameter of each owner in the vector that `unpack` assembles.

        Args:
            column_class: class of each column, shape (column,).
            copied_cell: cell of each column, where cells have copies of their own, shape (column,).

        Returns:
            owner -> name -> position, shape () for a scalar, (column,) for one indexed by class
            or with a copy for each cell, and (element,) for any other.
        """
        constants = len(self.active)
        groups: dict[tuple[str, str], list[tuple[Element, int]]] = {}
        for element in self.elements:
            position = element.position
            if position < 0:
                position, constants = constants, constants + 1
            name = (element.owner, element.parameter.name)
            groups.setdefault(name, []).append((element, position))
        index: dict[str, dict[str, Any]] = {}
        for (owner, name_of_owner), of_parameter in groups.items():
            first = of_parameter[0][0].parameter
            copied = any(element.cell is not None for element, _ in of_parameter)
            if first.index == "class" or (first.index is None and copied):
                positions: Any = np.full(len(column_class), constants)
                for element, position in of_parameter:
                    positions[element.columns(column_class, copied_cell)] = position
                constants += first.index == "class"
            elif first.index is None:
                positions = np.array(of_parameter[0][1])
            else:
                positions = np.array([position for _, position in of_parameter])
            index.setdefault(owner, {})[name_of_owner] = positions
        for (owner, name_of_owner), (other, name_of_other) in self.shares.items():
            index.setdefault(owner, {})[name_of_owner] = index[other][name_of_other]
        return index

    def constants(self) -> np.ndarray:
        """Values of the fixed elements, then `otherwise` of each parameter indexed by class."""
        fixed = [float(e.parameter.mean) for e in self.elements if e.position < 0]  # type: ignore[arg-type]
        otherwise = {
            (e.owner, e.parameter.name): e.parameter.otherwise
            for e in self.elements
            if e.parameter.index == "class"
        }
        return np.array([*fixed, *otherwise.values()])

    def unpack(self, x: Array, index: Index, xp: Any = np) -> dict[str, dict[str, Array]]:
        """Physical parameters by owner and name, laid out over columns by `index`."""
        values = xp.concatenate([self.physical(x, xp), self.constants()])
        return {
            owner: {name: values[positions] for name, positions in names.items()}
            for owner, names in index.items()
        }

    def outside(self, x: np.ndarray) -> tuple[str, ...]:
        """Names of the elements whose physical value lies outside its bounds or is not finite."""
        inside = self.within(np.asarray(x, float))
        return tuple(e.name for e, within in zip(self.active, inside, strict=True) if not within)

    def within(self, x: Array, xp: Any = np) -> Array:
        """Whether each physical value is finite and within its bounds, shape (control,)."""
        values = self.physical(x, xp)
        return xp.isfinite(values) & (self.bounds[0] <= values) & (values <= self.bounds[1])

    @property
    def x_bounds(self) -> Box:
        """Limits of x, at which no parameter is outside its bounds; infinite without bounds."""
        g = [
            TRANSFORMS[e.parameter.transform].range_within(e.parameter.bounds) for e in self.active
        ]
        limits = (np.reshape(g, (-1, 2)) - self.centre[:, None]) / self.step[:, None]
        rounding = np.finfo(float).eps * (1.0 + np.abs(self.centre / self.step))
        lower, upper = limits.min(axis=1), limits.max(axis=1)
        return Box(
            moved_inside(lower, rounding, self.within), moved_inside(upper, -rounding, self.within)
        )

    @property
    def limits(self) -> np.ndarray:
        """Lower and upper limits of `x_bounds`, shape (2, control)."""
        return np.stack([self.x_bounds.lower, self.x_bounds.upper])
