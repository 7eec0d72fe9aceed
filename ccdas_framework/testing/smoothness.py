"""Kinks and NaN along random lines, with the operation where they begin."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import Any
from unittest import SkipTest

import numpy as np
from attrs import frozen

from ..engines.namespace import leaves, map_tree
from .check import require
from .differentiated import Differentiated, Line
from .places import Place, shown, told
from .watched import Notes

LINES = (31, 32)  # seeds
POINTS = 25  # of a line that are searched for kinks
FEW = 5  # of a line where values and derivatives are looked at
TRIED = 3  # crossings of one operation that are looked at
HALVINGS = 22
NEXT = 1e-6  # two points so close to each other have nothing between them but the crossing
STEP = 3e-6  # one-sided differences next to a crossing
KINK = 1e-4  # of the slope: a jump that is no rounding, even of one day in a mean over a year
MOST = 5  # operations named in a message
Key = tuple[str, Place]


@frozen
class Jump:
    """A slope, or a value, on both sides of a point of a line."""

    what: str
    output: int
    before: float
    after: float


def derivatives_do_not_jump(function: Differentiated) -> None:
    """No operation changes its branch where the slopes on both sides differ."""
    found: dict[Key, Jump] = {}
    tried: dict[Key, int] = {}
    for line in map(function.line, LINES):
        points = line.places(POINTS)
        values = [line.values(s) for s in points]
        usual = np.ptp(np.stack(values), axis=0) if points else np.zeros(0)
        for key, jump in _jumps_of_operations(line, points, usual, tried):
            found.setdefault(key, jump)
        if not found and (sharp := _sharpest(line, points, usual)) is not None:
            jump, operations = sharp
            for key in operations or [("", ("", 0))]:
                found.setdefault(key, jump)
    told_ = [_sentence(key, jump) for key, jump in list(found.items())[:MOST]]
    require(
        not found,
        f"derivatives jump in {len(found)} operation{'s' * (len(found) > 1)}:\n  "
        + "\n  ".join(told_)
        + "\nUse a smooth form, or expect this failure with a reason.",
    )


def _sentence(key: Key, jump: Jump) -> str:
    operation, place = key
    where = (
        f"`{operation}` in {shown(place)}"
        if operation
        else "no function of xp changes its branch there; look for a table, or a Python branch"
    )
    return f"{where}: {jump.what} of output {jump.output} {jump.before:.6g} and {jump.after:.6g}"


def _jumps_of_operations(
    line: Line, points: Sequence[float], usual: np.ndarray, tried: dict[Key, int]
) -> Iterator[tuple[Key, Jump]]:
    noted = [(s, _followed(line.function, line.point(s))) for s in points]
    for (a, before), (b, after) in pairwise(noted):
        for number, key in _changed(before, after):
            if tried.get(key, 0) < TRIED:
                tried[key] = tried.get(key, 0) + 1
                left, right = _closed_in(line, number, (a, before), (b, after))
                if (jump := _jump(line, left, right, usual)) is not None:
                    yield key, jump


def _changed(before: Notes, after: Notes) -> Iterator[tuple[int, Key]]:
    """Number and name of the operations that take another branch, each once."""
    seen = set()
    for number, (one, other) in enumerate(zip(before.branches, after.branches, strict=False)):
        key = one[0], one[1]
        if key != (other[0], other[1]):
            return  # another way through the code: a Python branch, which has its own check
        if key not in seen and not np.array_equal(one[2], other[2]):
            seen.add(key)
            yield number, key


def _closed_in(
    line: Line, number: int, start: tuple[float, Notes], end: tuple[float, Notes]
) -> tuple[float, float]:
    """Two points close to each other on both sides of where an operation changes its branch."""
    (a, before), (b, after) = start, end
    left, right = before.branches[number][2], after.branches[number][2]
    if left.shape != right.shape:
        return a, b
    first = np.flatnonzero(left.ravel() != right.ravel())[0]
    for _ in range(HALVINGS):
        middle = 0.5 * (a + b)
        notes = _followed(line.function, line.point(middle))
        if number >= len(notes.branches) or notes.branches[number][2].shape != left.shape:
            break
        if notes.branches[number][2].ravel()[first] == left.ravel()[first]:
            a = middle
        else:
            b = middle
    return a, b


def _jump(line: Line, a: float, b: float, usual: np.ndarray) -> Jump | None:
    """The largest jump of value or slope between two points close to each other.

    Args:
        line: on which they are.
        a, b: the points.
        usual: slope that each output has along the line, so that one of nearly zero counts little.
    """
    if b - a > NEXT:
        return None
    here, there = line.values(a), line.values(b)
    if not (np.all(np.isfinite(here)) and np.all(np.isfinite(there))):
        return None  # told by the check of finite values
    slopes: list[tuple[np.ndarray, np.ndarray]] = []
    for h in (STEP, 0.5 * STEP):
        slopes.append(((here - line.values(a - h)) / h, (line.values(b + h) - there) / h))
    (wide_before, wide_after), (before, after) = slopes
    steep = np.maximum(np.maximum(np.abs(before), np.abs(after)), usual)
    size = np.abs(here) + np.abs(there)
    size = size + 1e-3 * float(np.max(size, initial=0.0))
    leap = np.abs(there - here) - 1e3 * steep * (b - a) - 1e-9 * size
    if np.any(leap > 0.0):
        worst = int(np.argmax(leap))
        return Jump("values", worst, float(here[worst]), float(there[worst]))
    # the change of slope falls with the distance where it is curvature: extrapolated to none
    near, far, gap = after - before, wide_after - wide_before, b - a
    jump = np.abs(near * (STEP + gap) - far * (0.5 * STEP + gap)) / (0.5 * STEP)
    excess = jump - KINK * steep - 1e-7 * float(np.max(steep, initial=0.0)) - 3e-9 * size
    if not np.any(excess > 0.0):
        return None
    worst = int(np.argmax(excess))
    return Jump("slopes", worst, float(before[worst]), float(after[worst]))


def _sharpest(
    line: Line, points: Sequence[float], usual: np.ndarray
) -> tuple[Jump, list[Key]] | None:
    """The sharpest bend of a line, if it is a kink, whatever it comes from."""
    if len(points) < 3:
        return None
    step = points[1] - points[0]
    at = cache(line.values)
    values = np.stack([at(s) for s in points])
    if not np.all(np.isfinite(values)):
        return None
    bend = np.abs(np.diff(values, n=2, axis=0))
    largest = np.max(np.abs(values), axis=0)
    size = np.ptp(values, axis=0) + 1e-6 * largest + 1e-9 * float(largest.max()) + 1e-300
    middle, output = np.unravel_index(int(np.argmax(bend / size)), bend.shape)
    centre = points[int(middle) + 1]

    def bent(s: float, h: float) -> float:
        return abs(float((at(s + h) - 2 * at(s) + at(s - h))[output]))

    for _ in range(20):
        step *= 0.5
        centre = max((centre - step, centre, centre + step), key=lambda s: bent(s, step))
    if (jump := _jump(line, centre - step, centre + step, usual)) is None:
        return None
    operations = _changed(
        _followed(line.function, line.point(centre - 2 * step)),
        _followed(line.function, line.point(centre + 2 * step)),
    )
    return jump, [key for _, key in operations]


def stays_finite(function: Differentiated) -> None:
    """Values and derivatives are finite along random lines and where fields reach their ends."""
    points = {"the point itself": function.at, **function.edges}
    for number, line in enumerate(map(function.line, LINES), 1):
        for s in line.places(FEW):
            points[f"{s:+.2f} of line {number}"] = line.point(s)
    suspects: dict[Key, Any] = {}
    for name, v in points.items():
        notes = _followed(function, v)
        require(
            np.all(np.isfinite(function.all_values(v))),
            f"values are not finite at {name}{_begins(notes)}. Mask the argument of a root, a "
            "logarithm or a division, or declare a valid_range or bounds that keep out of it.",
        )
        for key in notes.singular:
            suspects.setdefault(key, v)
    ends = [v for name, v in points.items() if name in function.edges or name.startswith("+1.00")]
    for v in (*suspects.values(), *ends):
        gradient = _gradient(function, v)
        require(
            all(np.all(np.isfinite(leaf)) for leaf in leaves(gradient)),
            "values are finite but derivatives are not"
            f"{_begins(_followed(function, v), derivatives=True)}. A NaN survives `where` on the "
            "way back: mask the argument of the operation, never its result.",
        )


def _gradient(function: Differentiated, v: Any) -> Any:
    """Gradient of a random combination of the values, by reverse mode."""
    from ..engines.autograd_engine import AutogradEngine

    engine = AutogradEngine()
    with np.errstate(all="ignore"):
        value, pull = engine.pullback(function.of(engine.xp))(v, function.constants)
        weights = np.random.default_rng(5).normal(size=np.shape(value))
        return map_tree(np.asarray, pull(weights))


def _begins(notes: Notes, derivatives: bool = False) -> str:
    keys = list(notes.singular if derivatives else notes.nans)[:MOST]
    if not keys:
        return ""
    named = "; ".join(f"`{operation}` in {shown(place)}" for operation, place in keys)
    return f"; it begins in {named}"


def no_value_steers_python(function: Differentiated) -> None:
    """No Python branch, function of numpy or assignment meets a value that an engine traces."""
    misuse = _followed(function, function.at).misuse
    named = [f"{what} meets a differentiated or given value in {shown(p)}" for what, p in misuse]
    require(
        not misuse,
        "; ".join(named[:MOST]) + ". An engine knows no value there: use xp.where and other "
        "functions of xp, and do in `prepare` what depends on no parameter.",
    )


def nothing_comes_by_closure(function: Differentiated) -> None:
    """A scan step gets all that is differentiated as arguments."""
    closures = _followed(function, function.at).closures
    named = [f"step '{step}' in {shown(place)}" for step, place in closures]
    require(
        not closures,
        "a differentiated value reaches a scan step by closure, and its gradient would be lost: "
        + "; ".join(named[:MOST]) + ". Pass it in through the `parameters` argument of xp.scan.",
    )  # fmt: skip


def _followed(function: Differentiated, v: Any) -> Notes:
    """Notes of a run; where numpy works and they cannot be taken, there is nothing to check."""
    try:
        return function.followed(v)
    except Exception as problem:
        if "cannot be written in place" in str(problem):
            raise AssertionError(told(problem)) from problem
        function.all_values(v)  # raises where the component itself does
        raise SkipTest(f"the suite cannot follow what the code does: {told(problem)}") from problem
