"""State of an ensemble method between two generations, and the ensemble that it makes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import evolve, field, frozen

from ccdas_framework import Ensemble

from .kalman_update import Anomalies
from .member_draws import MemberStreams
from .member_runs import FEWEST, MemberRuns, observation_name

NUMBERS = ("root", "step", "time", "failed", "clipped", "refused", "members", "constant")
OBSERVATIONS, ELEMENTS = 1, 2  # without spread


@frozen(eq=False)
class EnsembleState:
    """Members and counts after a generation.

    Args:
        x: members, shape (member, control).
        root: of the random numbers.
        members: number of members that the method began with.
        step: generations so far.
        time: sum of 1 / alpha so far.
        failed: members that failed.
        clipped: members that were moved inside the bounds.
        refused: draws from the prior that lay outside the bounds.
        constant: 1 after observations without spread were named, 2 after elements of x were, and 3
            after both.
        sentences: remarks on what happened in the generations.
        arrays: further arrays that the method continues from.
    """

    x: np.ndarray
    root: int
    members: int
    step: int = 0
    time: float = 0.0
    failed: int = 0
    clipped: int = 0
    refused: int = 0
    constant: int = 0
    sentences: tuple[str, ...] = ()
    arrays: Mapping[str, np.ndarray] = field(factory=dict)

    @property
    def streams(self) -> MemberStreams:
        """Random numbers of the members."""
        return MemberStreams(self.root)

    @classmethod
    def resumed(cls, earlier: Ensemble, arrays: tuple[str, ...] = ()) -> EnsembleState:
        """The state that an interrupted method continues from."""
        numbers = {name: np.asarray(earlier.state[name]).item() for name in NUMBERS}
        time = float(numbers.pop("time"))
        remarks = int(np.asarray(earlier.state["sentences"]).item())
        return cls(
            x=np.array(earlier.state["x"]),
            time=time,
            sentences=tuple(earlier.remarks[:remarks]),
            arrays={name: np.array(earlier.state[name]) for name in arrays},
            **{name: int(number) for name, number in numbers.items()},
        )

    def after_runs(self, runs: MemberRuns) -> EnsembleState:
        """With the failures of the runs of this generation, and the usable members."""
        if not runs.failed:
            return self
        return evolve(
            self,
            x=self.x[runs.usable],
            failed=self.failed + runs.failed,
            sentences=(*self.sentences, f"Generation {self.step + 1}: {runs.cause}."),
        )

    def without_spread_named(self, problem: Any, anomalies: Anomalies) -> EnsembleState:
        """With a remark about elements and one about observations without spread, each once."""
        sentences, named = list(self.sentences), self.constant
        names = [n for n, c in zip(problem.control.names, anomalies.constant_x, strict=True) if c]
        if names and not named & ELEMENTS:
            named |= ELEMENTS
            sentences.append(
                f"Parameters without spread take no part in the update: {', '.join(names)}."
            )
        constant = np.flatnonzero(anomalies.constant_outputs)
        if len(constant) and not named & OBSERVATIONS:
            named |= OBSERVATIONS
            first = observation_name(problem, int(constant[0]))
            sentences.append(
                "Observations with the same simulated value in all members take no part in the "
                f"update. Their number is {len(constant)}, and the first is {first}."
            )
        return evolve(self, constant=named, sentences=tuple(sentences))

    def enough(self, least_share: float) -> bool:
        """Whether enough members are left for a covariance."""
        return len(self.x) >= max(FEWEST, least_share * self.members)

    def ensemble(
        self,
        problem: Any,
        status: Any = "completed",
        message: str = "",
        numbers: Mapping[str, float] | None = None,
        warnings: tuple[str, ...] = (),
    ) -> Ensemble:
        """The ensemble of this generation.

        Args:
            problem: whose control vector and observations it has.
            status, message: why the method ended.
            numbers: further numbers of the method.
            warnings: remarks of the method itself.
        """
        count = len(self.x)
        state = {name: np.array(float(getattr(self, name))) for name in NUMBERS}
        state |= {"x": self.x, "sentences": np.array(float(len(self.sentences))), **self.arrays}
        return Ensemble(
            problem.control,
            self.x[None],
            np.full((1, count), np.nan),
            exact=False,
            status=status,
            message=message or f"{count} members after {self.step} generations",
            failed=self.failed,
            numbers={
                "members": float(count),
                "failed_members": float(self.failed),
                "moved_to_bounds": float(self.clipped),
                "redrawn": float(self.refused),
                "generations": float(self.step),
                "time": self.time,
                **(numbers or {}),
            },
            remarks=(*self.sentences, *self._count_remarks(problem), *warnings),
            doubts=("few-members",) if self.members <= len(problem.control) else (),
            observed={name: np.asarray(s.values) for name, s in problem.streams.items()},
            state=state,
        )

    def _count_remarks(self, problem: Any) -> list[str]:
        sentences = []
        if self.refused:
            sentences.append(
                f"{self.refused} draws from the prior lay outside the bounds and were drawn anew."
            )
        if self.clipped:
            sentences.append(
                f"{self.clipped} times a member lay outside the bounds and was moved to the bound."
            )
        if self.members <= len(problem.control):
            sentences.append(
                f"{self.members} members are not more than the {len(problem.control)} parameters, "
                "so that the spread is too small without localisation."
            )
        return sentences
