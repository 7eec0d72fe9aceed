"""The gross check of observations, as a configuration sets it."""

from __future__ import annotations

import warnings
from collections.abc import Mapping

from ..config.sections import StreamSection
from ..core.errors import CcdasWarning
from ..problem.assembled_problem import Problem
from ..problem.assembly import without_gross_errors
from ..problem.gross_errors import GrossCheck
from ..problem.stream_data import StreamData
from ..targets import target_streams
from .experiment_data import ExperimentData

NAMED = 10  # observations that a warning names


def gross_checks(streams: Mapping[str, StreamSection]) -> dict[str, GrossCheck]:
    """The check of each stream that has one."""
    return {
        name: GrossCheck(float(section.gross_error), float(section.gross_error_spread or 0.0))
        for name, section in streams.items()
        if section.gross_error is not None
    }


def checked_synthetic(experiment: ExperimentData, problem: Problem) -> Problem:
    """The problem without gross errors among its synthetic observations.

    Raises:
        CcdasError: more than half of a stream would be left out.
    """
    checks = gross_checks(experiment.config.streams)
    if not checks:
        return problem
    streams = without_gross_errors(problem, checks, experiment.observations)
    checked = problem.with_streams(streams, problem.targets)
    return checked.with_streams(streams, target_streams(experiment.targets, checked))


def warn_of_gross_errors(streams: Mapping[str, StreamData]) -> None:
    """A warning for each stream with gross errors, which names the farthest ones."""
    for name, stream in streams.items():
        errors = stream.gross_errors
        if not errors:
            continue
        units = stream.operator.observes.units
        named = "; ".join(error.text(units) for error in errors[:NAMED])
        more = len(errors) - NAMED
        rest = f"; and {more} more, which simulated.nc names" if more > 0 else ""
        message = (
            f"stream '{name}': gross errors left out: {len(errors)}, farther than gross_error "
            f"times sqrt(R + s^2) from the run at the prior mean: {named}{rest}."
        )
        warning = CcdasWarning(message, code="gross-errors", where=f"streams.{name}")
        warnings.warn(warning, stacklevel=2)
