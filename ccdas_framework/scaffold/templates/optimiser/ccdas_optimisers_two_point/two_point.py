"""Gradient descent whose step follows from the last two points."""

from typing import ClassVar

import numpy as np
from attrs import field, frozen
from attrs.validators import ge, gt

from ccdas_framework import MinimisationRecord, Optimiser, is_number, is_whole_number

SUFFICIENT = 1e-4  # share of the slope that a step must gain; Nocedal and Wright (2006), 3.1
SHORTEST = 1e-12  # of the first trial: shorter steps gain nothing


@frozen
class TwoPoint(Optimiser):
    """x_(k+1) = x_k - a_k g_k with a_k = s^T s / s^T y, halved until the cost falls enough.

    A point beyond the bounds of a parameter moves to them, and the descent goes on in the others.

    Args:
        iterations: most iterations.
        gradient_reduction: stop when |dJ/dx| is below this share of that at the start.
    """

    iterations: int = field(default=500, validator=[is_whole_number, ge(1)])
    gradient_reduction: float = field(default=1e-5, validator=[is_number, gt(0.0)])
    needs: ClassVar[frozenset[str]] = frozenset({"gradient"})
    resumes: ClassVar[bool] = True

    def minimise(self, problem, x0, callback, earlier=()):
        """Minimise `problem.cost` from x0, or on from the last of `earlier` points."""
        record = MinimisationRecord.after(problem, callback, earlier)
        try:
            return self._descend(problem, np.asarray(x0, float), record)
        except KeyboardInterrupt:
            if not record.iterations:
                raise
            return record.result("interrupted", "stopped by Ctrl-C; this is the best point so far")

    def _descend(self, problem, x, record):
        step = None
        if record.iterations:
            x, step = record.iterations[-1].x, record.iterations[-1].state["step"]
        cost, gradient = _tried(problem, x)
        if not np.isfinite(cost):
            record.refuse(x)
        if step is None:
            step = 1.0 / max(np.linalg.norm(gradient), 1e-300)  # a step of one prior sd
            record.accept(x, problem.cost_terms(x), gradient, step=step)
        enough = self.gradient_reduction * record.iterations[0].gradient_norm
        # a parameter that its bound holds has no part in the projected gradient
        while np.linalg.norm(record.box.projected(x, gradient)) > enough:
            if len(record.iterations) > self.iterations:
                message = f"the {self.iterations} iterations allowed were made"
                return record.result("iteration limit", message, gradient=gradient)
            found = _shortened(problem, x, cost, gradient, step, record)
            if found is None:
                message = "no step along the gradient lowers the cost"
                return record.result("stalled", message, gradient=gradient)
            trial, cost, slope = found
            step = step_length(trial - x, slope - gradient, otherwise=2.0 * step)
            x, gradient = trial, slope
            record.accept(x, problem.cost_terms(x), gradient, step=step)
        return record.result("converged", "gradient as small as asked for", gradient=gradient)


def step_length(moved, turned, otherwise):
    """Length of the next step along the gradient, from the last one.

        a = s^T s / s^T y

    which is the inverse of the mean curvature along the last step.

    Args:
        moved: s = x_k - x_(k-1) (1), shape (control,).
        turned: y = g_k - g_(k-1) (1), shape (control,).
        otherwise: what to take where the cost does not curve upwards, s^T y <= 0.

    Source: Barzilai and Borwein (1988), IMA J. Numer. Anal. 8, 141-148.
    """
    curvature = moved @ turned
    return float(moved @ moved / curvature) if curvature > 0.0 else otherwise


def _shortened(problem, x, cost, gradient, step, record):
    """Point, cost and gradient after the longest of step, step/2, ... that lowers the cost enough.

    A trial of a cost that is not finite is stepped back from.
    """
    first = step
    while step > SHORTEST * first:
        trial = record.box.clipped(x - step * gradient)
        found, turned = _tried(problem, trial)
        if np.isfinite(found) and found <= cost - SUFFICIENT * gradient @ (x - trial):
            return trial, found, turned
        step *= 0.5
    return None


def _tried(problem, x):
    """Cost and gradient, NaN outside the guard rails or where either is not finite."""
    if problem.control.outside(x):
        return np.nan, None
    cost, gradient = problem.value_and_gradient(x)
    return (cost, gradient) if np.all(np.isfinite(gradient)) else (np.nan, None)
