"""Missing values of netCDF files: those that a file declares, and numbers that mark them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import numpy as np

# numbers that files hold for missing values without declaring them
_NINES = np.array([
    9.99, 99, 99.9, 99.99, 999, 999.9, 999.99, 9999, 9999.9, 9999.99, 99999, 999999,
])  # fmt: skip
_POSITIVE = _NINES[_NINES >= 999.0]
_LIMITS = np.array([-32768.0, -32767.0, -(2.0**31), 1.0 - 2.0**31, 32767.0, 65535.0])
_HUGE = np.array([1e15, 1e20, 1e30, 1e33, 1e34, 1e35, 1e36, 1e37, 9.96921e36, 3.4028235e38])
MARKS = np.unique(np.concatenate([-_NINES, _POSITIVE, _LIMITS, _HUGE, -_HUGE]))
LARGE = 999.0  # marks from here on count once; smaller ones only where they repeat
PACKED_MARKS = [-999, -9999]
SMALLEST = 9.9
FEW = 10  # other values, among which 999 and the like may be marks
SAME = 5e-7  # relative difference of numbers that 32 bits round
ROUNDING = 1e-6  # relative: of 32 bits, interpolation and packing
NO_DEFAULT = (np.dtype("int8"), np.dtype("uint8"))  # bytes have no default fill value


def with_missing(array: Any, *, marks: bool = False) -> Any:
    """An xarray array with NaN where its file declares a missing value, in any of the usual ways.

    These are `_FillValue`, one or several `missing_value`, the default fill value of netCDF, and
    values outside `valid_min`, `valid_max` or `valid_range`. Limits of packed numbers are packed,
    unless their type is that of the unpacked numbers, or no packed number meets them. An array
    without such values is returned as it is.

    Args:
        array: variable or data array of numbers, unpacked as xarray does. Other types are returned
            as they are.
        marks: numbers that probably mark missing values without a declaration, such as -9999, are
            NaN too.

    Source: netCDF Users Guide, Attribute Conventions; CF conventions 1.11, 2.5.1.
    """
    if array.dtype.kind not in "iuf" or not array.size:
        return array
    missing = _declared(np.asarray(array.values), {**array.encoding, **array.attrs})
    if marks:
        missing |= undeclared_in(array)
    if not missing.any():
        return array
    values = array.values.astype(np.result_type(array.dtype, np.float32))
    values[missing] = np.nan
    return array.copy(data=values)


def _declared(values: np.ndarray, encoding: dict[str, Any]) -> np.ndarray:
    """True where a file declares a missing value, shape of `values`.

    Args:
        values: unpacked.
        encoding: attributes of the variable, and its type and packing in the file.
    """
    dtype = np.dtype(encoding.get("dtype", values.dtype))
    if dtype.kind not in "iuf":
        return np.zeros(values.shape, dtype=bool)
    packed = _packed(values, dtype, encoding)
    missing = np.zeros(values.shape, dtype=bool)
    for fill in _fills(dtype, encoding):
        missing |= packed == fill
    limits = [_limit(name, encoding) for name in ("valid_min", "valid_max")]
    is_whole = dtype.kind in "iu"
    if "dtype" not in encoding and any(n is not None and n.dtype.kind in "iu" for n in limits):
        return missing  # whether the values are packed in the file is not known
    of_unpacked = is_whole and any(n is not None and n.dtype.kind == "f" for n in limits)
    for numbers in (values,) if of_unpacked else (packed, values):
        rounding = 0.0 if is_whole and numbers is packed else ROUNDING
        outside = _outside(numbers, limits, rounding)
        if not (outside | missing | np.isnan(values)).all():
            return np.asarray(missing | outside)
    return missing  # limits that no value meets are wrong


def _outside(values: np.ndarray, limits: list[Any], rounding: float) -> np.ndarray:
    """True outside the limits, lower and upper or None, shape of `values`."""
    outside = np.zeros(values.shape, dtype=bool)
    lower, upper = limits
    if lower is not None:
        outside |= values < float(lower) - rounding * abs(float(lower))
    if upper is not None:
        outside |= values > float(upper) + rounding * abs(float(upper))
    return outside


def _packed(values: np.ndarray, dtype: np.dtype[Any], encoding: dict[str, Any]) -> np.ndarray:
    """Values as the file holds them, shape of `values`."""
    scale, offset = encoding.get("scale_factor"), encoding.get("add_offset")
    if scale is None and offset is None:
        return values
    numbers = (values.astype(float) - float(offset or 0.0)) / float(1.0 if scale is None else scale)
    return np.asarray(np.rint(numbers) if dtype.kind in "iu" else numbers)


def _fills(dtype: np.dtype[Any], encoding: dict[str, Any]) -> Iterator[Any]:
    """Fill values of a variable, in the type of the file."""
    from netCDF4 import default_fillvals  # slow to import

    for name in ("_FillValue", "missing_value"):
        for number in _numbers(encoding.get(name)):
            with np.errstate(over="ignore", invalid="ignore"):
                yield _signed(number, encoding) if dtype.kind in "iu" else dtype.type(number)
    if dtype not in NO_DEFAULT and (key := dtype.str[1:]) in default_fillvals:
        yield dtype.type(default_fillvals[key])


def _limit(name: str, encoding: dict[str, Any]) -> np.ndarray | None:
    """A limit of a variable as it is in the file, of shape (), or None."""
    both = [np.asarray(_signed(n, encoding)) for n in _numbers(encoding.get("valid_range"))]
    if len(both) == 2 and both[0] < both[1]:
        limit = both[0] if name == "valid_min" else both[1]
    elif len(one := _numbers(encoding.get(name))) == 1:
        limit = np.asarray(_signed(one[0], encoding))
    else:
        return None
    return limit if np.isfinite(limit) else None


def _signed(number: Any, encoding: dict[str, Any]) -> Any:
    """A number of the file, without sign where the attribute `_Unsigned` says so."""
    number = np.asarray(number)[()]
    if str(encoding.get("_Unsigned", "false")).lower() == "true" and number < 0:
        return number.astype(int) + 2 ** (8 * np.dtype(encoding["dtype"]).itemsize)
    return number


def _numbers(attribute: Any) -> list[Any]:
    """Numbers of an attribute, which may be text; none where it holds no numbers."""
    if attribute is None:
        return []
    with suppress(ValueError, TypeError):
        if isinstance(attribute, str):
            return [np.float64(text) for text in attribute.replace(",", " ").split()]
        numbers = np.atleast_1d(attribute)
        return list(numbers) if numbers.dtype.kind in "iuf" else []
    return []


def within_rounding(values: np.ndarray, lowest: float, highest: float) -> np.ndarray:
    """Values with those that rounding or packing leaves just outside the limits at the limit."""
    rounding = ROUNDING * np.abs(values[np.isfinite(values)]).max(initial=0.0)
    limited = np.clip(values, lowest, highest)
    near = (limited != values) & (np.abs(values - limited) <= rounding)
    return np.ascontiguousarray(np.where(near, limited, values) if near.any() else values)


def is_mark(values: Any) -> np.ndarray:
    """True where a number usually marks a missing value, such as -9999, shape of `values`."""
    values = np.asarray(values, dtype=float)
    marked = np.abs(values) >= SMALLEST  # few numbers of most files
    size = values[marked]
    after = np.clip(np.searchsorted(MARKS, size), 1, len(MARKS) - 1)
    nearest = np.minimum(np.abs(size - MARKS[after - 1]), np.abs(size - MARKS[after]))
    with np.errstate(invalid="ignore"):
        marked[marked] = np.isfinite(size) & (nearest <= SAME * np.abs(size))
    return np.asarray(marked)


def undeclared(values: Any) -> np.ndarray:
    """True where a number probably marks a missing value, shape of `values`.

    Such a number is one of `MARKS` and lies further from all other values than these extend. Small
    ones, such as -9.99, must repeat, and they may also lie among other values that have more
    decimals and repeat less. A number like -9.99 that occurs once is a value, and so is 999 beside
    few others. Of bytes, 255 is a mark too.

    Args:
        values: as the file has them, before any conversion.
    """
    is_byte = np.asarray(values).dtype == np.uint8
    values = np.asarray(values, dtype=float)
    marked = is_mark(values) | (is_byte & (values == 255.0))
    if not marked.any():
        return np.asarray(marked)
    others = values[np.isfinite(values) & ~marked]
    if others.size:
        lowest, highest = others.min(), others.max()
        is_apart = np.maximum(lowest - values, values - highest) > highest - lowest
    else:
        is_apart = np.ones(values.shape, dtype=bool)
    is_apart &= marked & ((values < 0.0) | (values > 9998.0) | is_byte | (others.size >= FEW))
    missing = is_apart & (is_byte | (np.abs(values) >= LARGE * (1.0 - SAME)))
    for mark in np.unique(np.round(values[marked], 2)):
        same = marked & (np.abs(values - mark) <= SAME * abs(mark))
        if same.sum() > 1 and (is_apart[same].all() or _is_coarser(mark, int(same.sum()), others)):
            missing |= same
    return np.asarray(missing)


def undeclared_in(array: Any) -> np.ndarray:
    """True where a number of a variable probably marks a missing value, shape of the array.

    Packed numbers count as they are in the file too: -9999 with a `scale_factor` of 0.01 and an
    `add_offset` of 400 would be 300.01. They are marks where they lie further from all other
    values than these extend, or beyond all others and repeat.

    Args:
        array: xarray variable or data array of numbers, unpacked as xarray does.
    """
    return np.asarray(undeclared(array.values) | packed_marks(array))


def packed_marks(array: Any) -> np.ndarray:
    """True where a packed number probably marks a missing value, as of `undeclared_in`."""
    values, encoding = np.asarray(array.values), {**array.encoding, **array.attrs}
    missing = np.zeros(values.shape, dtype=bool)
    dtype = np.dtype(encoding.get("dtype", values.dtype))
    is_packed = encoding.get("scale_factor") is not None or encoding.get("add_offset") is not None
    if not (is_packed and dtype.kind in "iu" and values.dtype.kind in "iuf"):
        return missing
    packed = _packed(values, dtype, encoding)
    type_limits = [np.iinfo(dtype).min, np.iinfo(dtype).min + 1, np.iinfo(dtype).max]
    marks = [n for n in type_limits if abs(n) >= 255] + PACKED_MARKS
    marked = np.isin(packed, marks)
    others = packed[np.isfinite(packed) & ~marked]
    if not marked.any() or not others.size:
        return missing
    distance = np.maximum(others.min() - packed, packed - others.max())
    for mark in np.unique(packed[marked]):
        same = packed == mark
        beyond = distance[same][0]
        if beyond > np.ptp(others) or (beyond > 0.0 and same.sum() > 1):
            missing |= same
    return np.asarray(missing)


def _is_coarser(mark: float, count: int, others: np.ndarray) -> bool:
    """Whether nearly all other values have more decimals than a mark, and none occurs as often."""
    others = others[others != 0.0]
    if not others.size or np.unique(others, return_counts=True)[1].max() >= count:
        return False
    decimals = next((n for n in range(2) if abs(mark - round(mark, n)) <= SAME * abs(mark)), 2)
    is_round = np.abs(others - np.round(others, decimals)) <= 1e-6 * np.maximum(np.abs(others), 1.0)
    return bool(is_round.mean() <= 0.1)
