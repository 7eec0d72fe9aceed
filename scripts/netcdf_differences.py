"""Differences of two netCDF files, bit by bit.

Dimensions, attributes and variables of all groups are compared. NaN equals NaN whatever its bits
are, 0 and -0 differ, and packed values are compared as they are stored.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import netCDF4
import numpy as np

NUMBER = re.compile(r"\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")


@dataclass(frozen=True)
class Difference:
    """One difference.

    Args:
        kind: dimension, variable, group, attribute, type, values.
        name: of the dimension, variable, group or attribute.
        place: path of the variable or group inside the file; "/" is the file.
        detail: both values, shortened, or the number of differing values.
        values: both values of an attribute or of a text variable, sizes of a dimension, and name of
            a variable or group that one side has; None where a side lacks it.
    """

    kind: str
    name: str
    place: str
    detail: str
    values: tuple[Any, Any] = (None, None)


def file_differences(old: Path, new: Path, folders: tuple[str, ...] = ()) -> Iterator[Difference]:
    """Differences of two files.

    Args:
        old, new: netCDF files.
        folders: texts that stand for the same place on both sides and are left out of attributes.
    """
    with netCDF4.Dataset(old) as first, netCDF4.Dataset(new) as second:
        first.set_auto_maskandscale(False)
        second.set_auto_maskandscale(False)
        yield from _groups(first, second, "/", folders)


def _groups(old: Any, new: Any, place: str, folders: tuple[str, ...]) -> Iterator[Difference]:
    yield from _attributes(old, new, place, folders)
    sizes = [{n: (d.size, d.isunlimited()) for n, d in g.dimensions.items()} for g in (old, new)]
    for name in _union(*sizes):
        one, two = (side.get(name) for side in sizes)
        if one != two:
            yield Difference("dimension", name, place, f"{one} | {two}", (one, two))
    for kind, one, two, compare in (
        ("variable", old.variables, new.variables, _variables),
        ("group", old.groups, new.groups, _groups),
    ):
        for name in _union(one, two):
            if name in one and name in two:
                yield from compare(one[name], two[name], f"{place}{name}/", folders)
            else:
                sides = (name, None) if name in one else (None, name)
                yield Difference(
                    kind, name, place, f"only in the {'old' if name in one else 'new'}", sides
                )


def _variables(old: Any, new: Any, place: str, folders: tuple[str, ...]) -> Iterator[Difference]:
    yield from _attributes(old, new, place, folders)
    types = [f"{v.dtype} {v.dimensions}" for v in (old, new)]
    if types[0] != types[1] or old.shape != new.shape:
        yield Difference(
            "type", old.name, place, f"{types[0]} {old.shape} | {types[1]} {new.shape}"
        )
        return
    arrays = np.asarray(old[...]), np.asarray(new[...])
    same = equal(*arrays)
    if not same.all():
        detail = f"{np.size(same) - np.count_nonzero(same)} of {np.size(same)} values differ"
        texts = tuple("\n".join(a.ravel()) if a.dtype.kind == "O" else None for a in arrays)
        yield Difference("values", old.name, place, detail, (texts[0], texts[1]))


def equal(old: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Where two arrays of one type and shape have the same bits, or NaN on both sides."""
    old, new = np.atleast_1d(old), np.atleast_1d(new)
    if old.dtype.kind not in "fc":
        return np.asarray(old == new)
    bits = [
        np.ascontiguousarray(a).view(np.uint8).reshape(*a.shape, a.dtype.itemsize)
        for a in (old, new)
    ]
    return (bits[0] == bits[1]).all(axis=-1) | (np.isnan(old) & np.isnan(new))


def _attributes(old: Any, new: Any, place: str, folders: tuple[str, ...]) -> Iterator[Difference]:
    sides = [{name: item.getncattr(name) for name in item.ncattrs()} for item in (old, new)]
    for name in _union(*sides):
        one, two = (_without(side.get(name), folders) for side in sides)
        if not _same(one, two):
            yield Difference("attribute", name, place, f"{_short(one)} | {_short(two)}", (one, two))


def _same(one: Any, two: Any) -> bool:
    if isinstance(one, str) or isinstance(two, str) or one is None or two is None:
        return type(one) is type(two) and one == two
    one, two = np.asarray(one), np.asarray(two)
    return one.dtype == two.dtype and one.shape == two.shape and bool(equal(one, two).all())


def _without(value: Any, folders: tuple[str, ...]) -> Any:
    if isinstance(value, str):
        for folder in folders:
            value = value.replace(folder, "")
    return value


def same_numbers(one: Any, two: Any) -> bool:
    """Whether two texts hold the same numbers, in any order, whatever the words are."""
    if not (isinstance(one, str) and isinstance(two, str)):
        return False
    return Counter(NUMBER.findall(one)) == Counter(NUMBER.findall(two))


def _union(one: Mapping[str, Any], two: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys([*one, *two]))


def _short(value: Any) -> str:
    text = "absent" if value is None else repr(value)
    return text if len(text) < 60 else f"{text[:57]}..."
