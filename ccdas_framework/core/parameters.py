"""Parameters: one declaration each, and their elements."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from attrs import evolve, field, frozen, validators

from .transforms import TRANSFORMS, TransformName

Index = Literal["class", "station", "region"]


def _groups(groups: Sequence[Any] | None) -> tuple[tuple[Any, ...], ...]:
    if groups is None:
        return ()
    return tuple(g if isinstance(g, tuple) else (g,) for g in groups)


def _per_element(values: Any) -> Any:
    return tuple(float(v) for v in values) if isinstance(values, Sequence) else float(values)


@frozen
class Parameter:
    """A physical parameter, its prior and how it is optimised.

    A scalar parameter has `index=None`. An indexed one has an element for each entry of `groups`;
    an entry is a tuple of the labels (classes, stations, regions) that share its value. Labels in
    no group have the value `otherwise`, which the component does not use.

    Args:
        name: symbol or word; the full name is 'owner.name' or 'owner.name[label,label]'.
        units: of the physical value.
        mean: prior mean p0, one number or one per element.
        sd: prior sd s0, one number or one per element; p0 + s0 is one sd above the mean.
        transform: g of x = (g(p) - g(p0)) / (g(p0 + s0) - g(p0)).
        bounds: physical limits; the lower one is the shift of shifted_log and square_root, both
            are those of logit. With the other transforms, an optimiser rejects trial points
            outside them.
        index: kind of the labels of an element.
        groups: labels of each element.
        otherwise: value of labels that no group names.
        source: origin of mean and sd.
        active: part of the control vector by default.
        in_loop: False where the time loop of the model does not use it, which saves model
            runs. The conformance suite tests the declaration.
        long_name: description.
        process: the process it belongs to, under which pages list it; "" for none.
    """

    name: str
    units: str
    mean: float | tuple[float, ...] = field(converter=_per_element)
    sd: float | tuple[float, ...] = field(converter=_per_element)
    transform: TransformName = field(
        default="identity", validator=validators.in_(tuple(TRANSFORMS))
    )
    bounds: tuple[float, float] = field(default=(-np.inf, np.inf), converter=tuple)
    index: Index | None = None
    groups: tuple[tuple[Any, ...], ...] = field(default=None, converter=_groups)
    otherwise: float = 1.0
    source: str = ""
    active: bool = True
    in_loop: bool = True
    long_name: str = ""
    process: str = ""

    def __attrs_post_init__(self) -> None:
        if self.index is not None and not self.groups:
            raise ValueError(
                f"parameter '{self.name}' is indexed by {self.index} but has no groups"
            )
        if self.index is None and self.groups:
            raise ValueError(f"parameter '{self.name}' has groups but no index")
        for quantity in (self.mean, self.sd):
            if isinstance(quantity, tuple) and len(quantity) != self.size:
                raise ValueError(
                    f"parameter '{self.name}' has {self.size} elements but {len(quantity)} values"
                )

    @property
    def size(self) -> int:
        """Number of elements."""
        return len(self.groups) if self.index is not None else 1

    @property
    def labels(self) -> tuple[str, ...]:
        """Name of each element: 'tau[2]', 'tau[9,10]', or 'tau' for a scalar."""
        if self.index is None:
            return (self.name,)
        return tuple(f"{self.name}[{','.join(str(i) for i in group)}]" for group in self.groups)

    def elements(self) -> tuple[Parameter, ...]:
        """Each element as a parameter with one mean and one sd, in order."""
        means = self.mean if isinstance(self.mean, tuple) else (self.mean,) * self.size
        sds = self.sd if isinstance(self.sd, tuple) else (self.sd,) * self.size
        groups: list[tuple[Any, ...]] = [(group,) for group in self.groups] or [()]
        return tuple(
            evolve(self, mean=mean, sd=sd, groups=group)
            for mean, sd, group in zip(means, sds, groups, strict=True)
        )


def prior_step(parameter: Parameter) -> tuple[float, float]:
    """g(p0) and g(p0 + s0) - g(p0) of a one-element parameter: p = g^-1(first + second x).

    A logit whose p0 + s0 would pass the upper bound takes the step downwards instead, so that it
    stays finite.
    """
    # numpy's numbers divide by zero where Python's raise
    mean, sd = np.float64(parameter.mean), np.float64(parameter.sd)  # type: ignore[arg-type]
    transform, bounds = TRANSFORMS[parameter.transform], parameter.bounds
    centre = float(transform.forward(mean, bounds, np))
    if transform.bounded_above and mean + sd >= bounds[1]:
        step = centre - float(transform.forward(mean - sd, bounds, np))
    else:
        step = float(transform.forward(mean + sd, bounds, np)) - centre
    return centre, step


def with_overrides(
    parameters: Sequence[Parameter], owner: str, overrides: Mapping[str, Mapping[str, Any]]
) -> list[Parameter]:
    """Elements of the parameters after the overrides of a configuration.

    A key of `overrides` is 'owner.name' for all elements or 'owner.name[labels]' for one. Its
    value may set `active`, `mean`, `sd`, `transform` and `bounds`. The later key wins.
    """
    elements = []
    for parameter in parameters:
        for label, element in zip(parameter.labels, parameter.elements(), strict=True):
            for name in (parameter.name, label):
                element = evolve(element, **overrides.get(f"{owner}.{name}", {}))
            elements.append(element)
    return elements
