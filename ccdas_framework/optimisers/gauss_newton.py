"""Gauss-Newton with Levenberg damping."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

import numpy as np
from attrs import evolve, frozen

from ..core.cost_problem import CostProblem
from ..core.gaussian_prior import require_gaussian_prior
from ..core.interfaces import Optimiser
from ..core.result import Iteration, OptimisationResult
from ..problem.robust_errors import modified_residuals
from ..problem.separate_cells import SeparateCells
from .descent_settings import DescentSettings
from .evaluation_request import EvaluationRequest
from .gradient_steps import gradients_worth
from .levenberg_marquardt import descent
from .linearised_cost import Linearised, Trial
from .minimisation_record import MinimisationRecord


@frozen
class GaussNewton(DescentSettings, Optimiser):
    """Minimise by linearising the simulated observations at each accepted point.

        (B^-1 + K^T R^-1 K + lambda I) dx = -dJ/dx

    solved through the singular values of the whitened Jacobian. x is in prior sd, so that lambda I
    damps first the directions that the observations determine least. lambda falls after a step
    that lowers the cost as predicted and grows after any other (Levenberg 1944, Q. Appl. Math. 2,
    164; gain ratio as in Nocedal and Wright 2006, section 10.3). A stream with robust errors enters
    with its modified residuals and their Jacobian. A step that would leave the bounds of a
    parameter is the least-squares step within them. Secants through earlier points give a further
    step (`secant_step.py`), which is taken where it lowers the cost more.

    Near the minimum a step changes K little, and a gradient tells as much as a Jacobian for a
    fraction of its price. The last steps are those of a quasi-Newton method that begins with the
    Hessian of the last Jacobian (`gradient_steps.py`). A Jacobian at their end confirms the
    distance from the minimum, or the descent goes on from it.

    Args:
        iterations: most accepted steps with a Jacobian.
        gradient_reduction: stop only where |dJ/dx| is below this share of that at the start. None
            leaves it to `distance`, or is 1e-5 without that.
        distance: stop when the minimum is nearer than so many posterior sd by the Newton decrement
            sqrt(g^T H^-1 g); 0 disables this rule.
        cost_change: stop when a full step lowers the cost by less than this share of it.
        damping: lambda at the start.
        longest_step: most sd that one parameter may change in one step.
        last_steps: "gradient" for last steps by gradients where `distance` alone ends the descent,
            "jacobian" for none, or "auto" for these where a Jacobian takes at least 16 runs of the
            model and the problem has reverse mode.
    """

    needs: ClassVar[frozenset[str]] = frozenset({"simulate", "jacobian"})
    resumes: ClassVar[bool] = True
    robust: ClassVar[bool] = True

    def minimise(
        self,
        problem: CostProblem,
        x0: np.ndarray,
        callback: Callable[[Iteration], None],
        earlier: Sequence[Iteration] = (),
    ) -> OptimisationResult:
        """See `Optimiser.minimise`.

        Raises:
            InvalidInput: the prior is not Gaussian.
        """
        require_gaussian_prior(problem.prior, "Gauss-Newton")
        record = MinimisationRecord.after(problem, callback, earlier)
        names = _stream_names(problem)
        jacobian, jacobian_x = None, None
        try:
            steps = descent(self, np.asarray(x0, float), record, self._gradients(problem))
            request = next(steps)
            while True:
                x = request.x
                evaluation: Linearised | Trial | np.ndarray | None = None
                if request.of == "gradient":
                    cost, gradient = problem.value_and_gradient(x)
                    if np.isfinite(cost) and np.isfinite(np.linalg.norm(gradient)):
                        evaluation = gradient
                elif request.of == "jacobian":
                    jacobian = jacobian_x = None  # large
                    simulated, jacobian = problem.simulate_and_jacobian(x)
                    misfit = problem.whitened_misfits(simulated)
                    evaluation = _linearised(problem, x, misfit, problem.whitened(jacobian), names)
                    jacobian_x = None if evaluation is None else x
                elif not problem.control.outside(x):
                    record.counts["cost"] += 1
                    evaluation = _trial(problem, x, problem.residuals(x), names)
                request = steps.send(evaluation)
        except StopIteration as end:
            # after last steps by gradients the Jacobian may be that of an earlier point
            at_end = jacobian_x is not None and np.array_equal(jacobian_x, end.value.x)
            result: OptimisationResult = evolve(end.value, jacobian=jacobian if at_end else None)
            return result
        except KeyboardInterrupt:
            if not record.iterations:
                raise
            return record.interrupted()

    def _gradients(self, problem: CostProblem) -> int:
        """Most last steps in a row by gradients."""
        if self.last_steps == "gradient":
            return max(gradients_worth(problem), len(problem.control))
        return gradients_worth(problem) if self.last_steps == "auto" else 0

    def minimise_cells(
        self, cells: SeparateCells, x0: np.ndarray, callback: Callable[[int, Iteration], None]
    ) -> list[OptimisationResult]:
        """Minimise the cost of each cell side by side; one run of the model serves all.

        Args:
            cells: independent of each other.
            x0: starting points, shape (cell, control).
            callback: receives the cell's number and each of its accepted points.

        Returns:
            A result for each cell, the same as if it had been minimised alone.
        """
        require_gaussian_prior(cells.problem.prior, "Gauss-Newton")
        records = [
            MinimisationRecord(cells.problem, partial(callback, cell)) for cell in range(len(cells))
        ]
        descents = [descent(self, x, r) for x, r in zip(x0, records, strict=True)]
        x = np.array(x0, float)
        requests: dict[int, EvaluationRequest] = {m: next(d) for m, d in enumerate(descents)}
        results: dict[int, OptimisationResult] = {}
        try:
            while requests:
                # costs first: the cells that then request derivatives share one expensive run
                batch = {m: r for m, r in requests.items() if r.of == "cost"} or requests
                for m, evaluation in _evaluations(cells, batch, x, records).items():
                    try:
                        requests[m] = descents[m].send(evaluation)
                    except StopIteration as end:
                        results[m] = end.value
                        del requests[m]
        except KeyboardInterrupt:
            if not all(record.iterations for record in records):
                raise
        return [results.get(m) or record.interrupted() for m, record in enumerate(records)]


def _evaluations(
    cells: SeparateCells,
    requests: Mapping[int, EvaluationRequest],
    x: np.ndarray,
    records: Sequence[MinimisationRecord],
) -> dict[int, Any]:
    """Evaluation of each cell; `x`, shape (cell, control), holds the last possible points."""
    problem, evaluations = cells.problem, dict.fromkeys(requests)
    inside = [m for m, r in requests.items() if not problem.control.outside(r.x)]
    trial = x.copy()
    for m in inside:
        trial[m] = requests[m].x
    if not inside:
        return evaluations
    streams = _stream_names(problem)
    if requests[inside[0]].of == "jacobian":
        linearisations = cells.misfits_and_jacobians(trial)
        for m in inside:
            names = streams[cells.rows[m]]
            evaluations[m] = _linearised(problem, trial[m], *linearisations[m], names)
            if evaluations[m] is not None:
                x[m] = trial[m]
        return evaluations
    misfits = cells.misfits(trial)
    for m in inside:
        records[m].counts["cost"] += 1
        evaluations[m] = _trial(problem, trial[m], misfits[m], streams[cells.rows[m]])
    return evaluations


def _stream_names(problem: CostProblem) -> np.ndarray:
    """Name of the stream of each observation, all streams in order, shape (obs,)."""
    streams = problem.streams
    return np.repeat(list(streams), [len(s.values) for s in streams.values()])


def _trial(
    problem: CostProblem, x: np.ndarray, misfit: np.ndarray, stream: np.ndarray
) -> Trial | None:
    """The trial, None where its cost is not finite; `stream` names that of each misfit."""
    misfit, _ = modified_residuals(problem.streams, stream, misfit)
    offset = problem.prior.covariance.whiten(x - problem.prior.mean, np)
    terms = {"prior": 0.5 * float(offset @ offset)}
    for name in problem.streams:
        of_stream = misfit[stream == name]
        terms[name] = 0.5 * float(of_stream @ of_stream)
    trial = Trial(terms, np.concatenate([offset, -misfit]))
    return trial if np.isfinite(trial.cost) else None


def _linearised(
    problem: CostProblem,
    x: np.ndarray,
    misfit: np.ndarray,
    jacobian: np.ndarray,
    stream: np.ndarray,
) -> Linearised | None:
    """The cost near x, from the whitened misfits and their Jacobian K; None if not finite."""
    misfit, slope = modified_residuals(problem.streams, stream, misfit)
    if (slope != 1.0).any():
        jacobian = slope[:, None] * jacobian
    mean, whiten = problem.prior.mean, problem.prior.covariance.whiten
    if not (np.isfinite(jacobian).all() and np.isfinite(misfit).all()):
        return None
    rows = np.concatenate([whiten(np.eye(len(x)), np), jacobian])
    del jacobian  # large, and copied
    linearised = Linearised(np.concatenate([whiten(x - mean, np), -misfit]), rows)
    return linearised if np.isfinite(np.linalg.norm(linearised.gradient)) else None
