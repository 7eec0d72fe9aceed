"""Named quantities with units, which components need, provide and observe."""

from __future__ import annotations

from typing import Literal

from attrs import field, frozen


def _texts(values: object) -> tuple[str, ...]:
    return tuple(values)  # type: ignore[arg-type]


@frozen
class Variable:
    """A quantity that a component needs, provides or observes.

    Args:
        name: short name, CF style where one exists.
        units: UDUNITS text with spaces and exponents, 'gC m-2 d-1'.
        dims: dimension names, ('time', 'column').
        valid_range: smallest and largest possible value, in `units`.
        optional: the component works without it.
        long_name: description; that of a flux names its sign.
        over: area of a cell mean of a field of columns: "cell", where ground without a column
            counts as zero, or "columns", without that ground.
        direction: of a flux that counts as positive, or "several" of several quantities; ""
            where there is none.
    """

    name: str
    units: str
    dims: tuple[str, ...] = field(default=(), converter=_texts)
    valid_range: tuple[float, float] | None = None
    optional: bool = False
    long_name: str = ""
    over: Literal["cell", "columns"] = "cell"
    direction: Literal["", "upward", "downward", "several"] = ""
