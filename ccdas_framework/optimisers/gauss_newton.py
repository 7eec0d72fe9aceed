"""Gauss-Newton with Levenberg damping."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, ClassVar

import numpy as np
from attrs import evolve, field, frozen, validators

from ..core.cost_problem import CostProblem
from ..core.interfaces import Optimiser
from ..core.members import Members
from ..core.result import Iteration, OptimisationResult
from .descent import Linearised, Question, Trial, descent
from .record import Record


@frozen
class GaussNewton(Optimiser):
    """Minimise by linearising the simulated observations at each accepted point.

        (B^-1 + K^T R^-1 K + lambda I) dx = -dJ/dx

    solved through the singular values of the whitened Jacobian. x is in prior sd, so that lambda I
    holds back first what the observations say least about. lambda falls after a step that lowers
    the cost as predicted and grows after one that does not (Levenberg 1944, Q. Appl. Math. 2, 164;
    gain ratio as in Nocedal and Wright 2006, section 10.3).

    Args:
        iterations: most accepted steps.
        gradient_reduction: stop when |dJ/dx| is below this share of that at the start.
        distance: stop when the minimum is nearer than so many posterior sd by the Newton decrement
            sqrt(g^T H^-1 g); 0 leaves it to the other rules.
        cost_change: stop when a full step lowers the cost by less than this share of it.
        damping: lambda at the start.
        longest_step: most sd that one parameter may move in one step.
    """

    iterations: int = field(default=30, validator=[validators.instance_of(int), validators.ge(1)])
    gradient_reduction: float = field(default=1e-5, validator=validators.gt(0))
    distance: float = field(default=0.0, validator=validators.ge(0))
    cost_change: float = field(default=1e-9, validator=validators.ge(0))
    damping: float = field(default=1e-3, validator=validators.ge(0))
    longest_step: float = field(default=2.0, validator=validators.gt(0))
    needs: ClassVar[frozenset[str]] = frozenset({"simulate", "jacobian"})
    resumes: ClassVar[bool] = True

    def minimise(
        self,
        problem: CostProblem,
        x0: np.ndarray,
        callback: Callable[[Iteration], None],
        earlier: Sequence[Iteration] = (),
    ) -> OptimisationResult:
        """See `Optimiser.minimise`."""
        record = Record.after(problem, callback, earlier)
        jacobian = None
        try:
            talk = descent(self, np.asarray(x0, float), record)
            question = next(talk)
            while True:
                if question.derivatives:
                    simulated, jacobian = problem.simulate_and_jacobian(question.x)
                    question = talk.send(_linearised(problem, question.x, simulated, jacobian))
                else:
                    question = talk.send(_trial(problem, question.x, record))
        except StopIteration as end:
            result: OptimisationResult = evolve(end.value, jacobian=jacobian)
            return result
        except KeyboardInterrupt:
            if not record.iterations:
                raise
            return record.result("interrupted", "stopped by Ctrl-C; this is the best point so far")

    def minimise_members(
        self, members: Members, x0: np.ndarray, callback: Callable[[int, Iteration], None]
    ) -> list[OptimisationResult]:
        """Minimise every member's own cost, all side by side: one run of the model serves all.

        Args:
            members: that see nothing of each other.
            x0: starting points, shape (member, control).
            callback: gets the member's number and each of its accepted points.

        Returns:
            A result for each member, the same as if it had been minimised alone.
        """
        records = [
            Record(members.problem, partial(callback, member)) for member in range(len(members))
        ]
        talks = [descent(self, x, r) for x, r in zip(x0, records, strict=True)]
        x = np.array(x0, float)
        questions: dict[int, Question] = {m: next(talk) for m, talk in enumerate(talks)}
        results: dict[int, OptimisationResult] = {}
        try:
            while questions:
                # costs first: whoever then asks for derivatives shares the dear run with all others
                asked = {m: q for m, q in questions.items() if not q.derivatives} or questions
                for m, answer in _answers(members, asked, x, records).items():
                    try:
                        questions[m] = talks[m].send(answer)
                    except StopIteration as end:
                        results[m] = end.value
                        del questions[m]
        except KeyboardInterrupt:
            if not all(record.iterations for record in records):
                raise
            message = "stopped by Ctrl-C; this is the best point so far"
            return [
                results.get(m, record.result("interrupted", message))
                for m, record in enumerate(records)
            ]
        return [results[m] for m in range(len(members))]


def _answers(
    members: Members, asked: Mapping[int, Question], x: np.ndarray, records: Sequence[Record]
) -> dict[int, Any]:
    """What each member asked for; `x`, shape (member, control), holds the last possible points."""
    prior, answers = members.problem.prior, dict.fromkeys(asked)
    inside = [m for m, q in asked.items() if not members.problem.control.outside(q.x)]
    trial = x.copy()
    for m in inside:
        trial[m] = asked[m].x
    if not inside:
        return answers
    offsets = {m: prior.covariance.whiten(trial[m] - prior.mean, np) for m in inside}
    if asked[inside[0]].derivatives:
        to_prior = prior.covariance.whiten(np.eye(x.shape[1]), np)
        found = members.misfits_and_jacobians(trial)
        for m in inside:
            misfit, jacobian = found[m]
            answers[m] = Linearised(
                np.concatenate([offsets[m], -misfit]), np.concatenate([to_prior, jacobian])
            )
            x[m] = trial[m]
        return answers
    misfits, streams = members.misfits(trial), members.stream_of_row
    for m in inside:
        records[m].counts["cost"] += 1
        answers[m] = _possible(offsets[m], misfits[m], streams[members.rows[m]], members.problem)
    return answers


def _trial(problem: CostProblem, x: np.ndarray, record: Record) -> Trial | None:
    if problem.control.outside(x):
        return None
    record.counts["cost"] += 1
    offset = problem.prior.covariance.whiten(x - problem.prior.mean, np)
    streams = problem.streams
    names = np.repeat(list(streams), [len(s.values) for s in streams.values()])
    return _possible(offset, problem.residuals(x), names, problem)


def _possible(
    offset: np.ndarray, misfit: np.ndarray, stream: np.ndarray, problem: CostProblem
) -> Trial | None:
    """The trial, None where its cost is not finite; `stream` names that of each misfit."""
    terms = {"prior": 0.5 * float(offset @ offset)}
    for name in problem.streams:
        of_stream = misfit[stream == name]
        terms[name] = 0.5 * float(of_stream @ of_stream)
    trial = Trial(terms, np.concatenate([offset, -misfit]))
    return trial if np.isfinite(trial.cost) else None


def _linearised(
    problem: CostProblem, x: np.ndarray, simulated: dict[str, np.ndarray], jacobian: np.ndarray
) -> Linearised:
    prior = problem.prior
    return Linearised(
        residual=np.concatenate(
            [prior.covariance.whiten(x - prior.mean, np), -problem.whitened_misfits(simulated)]
        ),
        jacobian=np.concatenate(
            [prior.covariance.whiten(np.eye(len(x)), np), problem.whitened(jacobian)]
        ),
    )
