"""Kinks and NaN along random lines, with the operation where they begin."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import pairwise
from typing import Any
from unittest import SkipTest

import numpy as np
from attrs import frozen

from ..core.errors import Finding
from ..core.trees import map_tree, tree_leaves
from ..engines.autograd_engine import AutogradEngine
from .check import CheckFailure, require_none
from .differentiable_function import DifferentiableFunction, Line
from .tracing.array import Trace, WrittenInPlace
from .tracing.source_lines import Place, describe, line_text, source_of

LINES = (31, 32)  # seeds
POINTS = 25  # of a line, for the search for kinks
FINITE_POINTS = 5  # of a line, for the check of finite values and derivatives
CROSSINGS = 3  # of one operation that are examined
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


def derivatives_do_not_jump(function: DifferentiableFunction) -> None:
    """No operation changes its branch where the slopes on both sides differ."""
    jumps: dict[Key, Jump] = {}
    tried: dict[Key, int] = {}
    for line in map(function.line, LINES):
        points = line.points(POINTS)
        values = [line.values(s) for s in points]
        usual = np.ptp(np.stack(values), axis=0) if points else np.zeros(0)
        for key, jump in _jumps_of_operations(line, points, usual, tried):
            jumps.setdefault(key, jump)
        if not jumps and (sharp := _sharpest(line, points, usual)) is not None:
            jump, operations = sharp
            for key in operations or [("", ("", 0))]:
                jumps.setdefault(key, jump)
    findings = [_jump_finding(key, jump) for key, jump in jumps.items()]
    if findings:
        text = "\n  ".join(["derivatives jump:", *(f.message for f in findings[:MOST])])
        advice = "Use a smooth form, or expect this failure with a reason."
        first = findings[0]
        raise CheckFailure(first.code, first.where, f"{text}\n{advice}", findings)


def _jump_finding(key: Key, jump: Jump) -> Finding:
    operation, place = key
    where = f"`{operation}` in {line_text(place)}" if operation else ""
    text = where or "no function of xp changes its branch there; look for a table or a branch"
    numbers = f"{jump.what} of output {jump.output} {jump.before:.6g} and {jump.after:.6g}"
    return Finding(f"{jump.what.removesuffix('s')}-jump", where, f"{text}: {numbers}")


def _jumps_of_operations(
    line: Line, points: Sequence[float], usual: np.ndarray, tried: dict[Key, int]
) -> Iterator[tuple[Key, Jump]]:
    if not line.function.traceable:
        return
    traces = [(s, _trace(line.function, line.point(s))) for s in points]
    for (a, before), (b, after) in pairwise(traces):
        for number, key in _changed(before, after):
            if tried.get(key, 0) < CROSSINGS:
                tried[key] = tried.get(key, 0) + 1
                left, right = _enclose(line, number, (a, before), (b, after))
                if (jump := _jump(line, left, right, usual)) is not None:
                    yield key, jump


def _changed(before: Trace, after: Trace) -> Iterator[tuple[int, Key]]:
    """Number and name of the operations that take another branch, each once."""
    reported = set()
    for number, (one, other) in enumerate(zip(before.branches, after.branches, strict=False)):
        key = one[0], one[1]
        if key != (other[0], other[1]):
            return  # another path through the code: a Python branch, which has its own check
        if key not in reported and not np.array_equal(one[2], other[2]):
            reported.add(key)
            yield number, key


def _enclose(
    line: Line, number: int, start: tuple[float, Trace], end: tuple[float, Trace]
) -> tuple[float, float]:
    """Two points close to each other on both sides of where an operation changes its branch."""
    (a, before), (b, after) = start, end
    left, right = before.branches[number][2], after.branches[number][2]
    if left.shape != right.shape:
        return a, b
    first = np.flatnonzero(left.ravel() != right.ravel())[0]
    for _ in range(HALVINGS):
        middle = 0.5 * (a + b)
        trace = _trace(line.function, line.point(middle))
        if number >= len(trace.branches) or trace.branches[number][2].shape != left.shape:
            break
        if trace.branches[number][2].ravel()[first] == left.ravel()[first]:
            a = middle
        else:
            b = middle
    return a, b


def _jump(line: Line, a: float, b: float, usual: np.ndarray) -> Jump | None:
    """The largest jump of value or slope between two points a and b close to each other.

    `usual` is the range of each output along the line: a nearly constant output counts little.
    """
    if b - a > NEXT:
        return None
    at_a, at_b = line.values(a), line.values(b)
    if not (np.all(np.isfinite(at_a)) and np.all(np.isfinite(at_b))):
        return None  # the check of finite values reports it
    slopes: list[tuple[np.ndarray, np.ndarray]] = []
    for h in (STEP, 0.5 * STEP):
        slopes.append(((at_a - line.values(a - h)) / h, (line.values(b + h) - at_b) / h))
    (wide_before, wide_after), (before, after) = slopes
    steep = np.maximum(np.maximum(np.abs(before), np.abs(after)), usual)
    size = np.abs(at_a) + np.abs(at_b)
    size = size + 1e-3 * float(np.max(size, initial=0.0))
    leap = np.abs(at_b - at_a) - 1e3 * steep * (b - a) - 1e-9 * size
    if np.any(leap > 0.0):
        worst = int(np.argmax(leap))
        return Jump("values", worst, float(at_a[worst]), float(at_b[worst]))
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
    value = cache(line.values)
    values = np.stack([value(s) for s in points])
    if not np.all(np.isfinite(values)):
        return None
    bend = np.abs(np.diff(values, n=2, axis=0))
    largest = np.max(np.abs(values), axis=0)
    size = np.ptp(values, axis=0) + 1e-6 * largest + 1e-9 * float(largest.max()) + 1e-300
    middle, output = np.unravel_index(int(np.argmax(bend / size)), bend.shape)
    centre = points[int(middle) + 1]

    def bent(s: float, h: float) -> float:
        return abs(float((value(s + h) - 2 * value(s) + value(s - h))[output]))

    for _ in range(20):
        step *= 0.5
        centre = max((centre - step, centre, centre + step), key=lambda s: bent(s, step))
    if (jump := _jump(line, centre - step, centre + step, usual)) is None:
        return None
    if not line.function.traceable:
        return jump, []
    operations = _changed(
        _trace(line.function, line.point(centre - 2 * step)),
        _trace(line.function, line.point(centre + 2 * step)),
    )
    return jump, [key for _, key in operations]


def stays_finite(function: DifferentiableFunction) -> None:
    """Values and derivatives are finite along random lines and at the ends of the fields."""
    points = {"the point itself": function.at, **function.edges}
    ends = list(function.edges)
    for number, line in enumerate(map(function.line, LINES), 1):
        for s in line.points(FINITE_POINTS):
            name = f"{s:+.2f} of line {number}"
            points[name] = line.point(s)
            if s == 1.0:
                ends.append(name)
    suspects: dict[Key, Any] = {}
    for name, v in points.items():
        trace = _trace(function, v)
        if not np.all(np.isfinite(function.all_values(v))):
            raise _not_finite(
                "value-not-finite", f"values are not finite at {name}", trace.nans, name,
                "Mask the argument of a root, a logarithm or a division, or declare a valid_range "
                "or bounds that exclude it.",
            )  # fmt: skip
        for key in trace.singular:
            suspects.setdefault(key, v)
    for v in (*suspects.values(), *(points[name] for name in ends)):
        if not all(np.all(np.isfinite(leaf)) for leaf in tree_leaves(_gradient(function, v))):
            raise _not_finite(
                "derivative-not-finite", "values are finite but derivatives are not",
                _trace(function, v).singular, "", "A NaN survives `where` in the reverse pass: "
                "mask the argument of the operation, never its result.",
            )  # fmt: skip


def _gradient(function: DifferentiableFunction, v: Any) -> Any:
    """Gradient of a random combination of the values, by reverse mode."""
    engine = AutogradEngine()
    with np.errstate(all="ignore"):
        value, pull = engine.pullback(function.of(engine.xp))(v, function.constants)
        weights = np.random.default_rng(5).normal(size=np.shape(value))
        return map_tree(np.asarray, pull(weights))


def _not_finite(code: str, text: str, keys: Iterable[Key], place: str, advice: str) -> CheckFailure:
    """The failure, with the operations where it begins; without any it is at `place`."""
    operations = [f"`{operation}` in {line_text(line)}" for operation, line in keys][:MOST]
    begins = f"; it begins in {'; '.join(operations)}" if operations else ""
    return CheckFailure(code, operations[0] if operations else place, f"{text}{begins}. {advice}")


def no_value_steers_python(function: DifferentiableFunction) -> None:
    """No Python branch, function of numpy or assignment meets a value that an engine traces."""
    records = [(what, line_text(place)) for what, place in _trace(function, function.at).misuse]
    text = "{} meets a differentiated value or an input in {}"
    require_none(
        [Finding("untraceable", " in ".join(r), text.format(*r)) for r in records[:MOST]],
        advice="An engine has no value there: use xp.where and other functions of xp, and do in "
        "`prepare` what depends on no parameter.",
    )


def nothing_comes_by_closure(function: DifferentiableFunction) -> None:
    """A scan step gets all that is differentiated as arguments."""
    closures = _trace(function, function.at).closures
    places = [f"step '{step}' in {line_text(place)}" for step, place in closures]
    text = "a differentiated value reaches a scan step by closure, and its gradient would be lost: "
    require_none(
        [Finding("closed-over-value", place, text + place) for place in places[:MOST]],
        advice="Pass it in through the `parameters` argument of xp.scan.",
    )


def _trace(function: DifferentiableFunction, v: Any) -> Trace:
    """Trace of a run. Code that numpy runs but that cannot be traced is not checked.

    Raises:
        CheckFailure: an assignment in place.
        SkipTest: code that cannot be traced.
    """
    try:
        return function.trace(v)
    except WrittenInPlace as error:
        raise CheckFailure("written-in-place", source_of(error), describe(error)) from error
    except Exception as error:
        function.all_values(v)  # raises where the component itself does
        raise SkipTest(f"the suite cannot trace this code: {describe(error)}") from error
