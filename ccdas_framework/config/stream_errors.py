"""Robust errors of streams, as a configuration sets them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..core.errors import Findings
from ..problem.robust_errors import ROBUST_ERRORS, RobustErrors
from .sections import OptimiserSection, StreamSection
from .target_tables import TargetsSection

# key of a stream -> kind of errors whose setting it is, and its name there
SETTINGS = {
    "robust_threshold": ("huber", "threshold"),
    "robust_degrees_of_freedom": ("student_t", "degrees_of_freedom"),
}


def robust_errors(streams: Mapping[str, StreamSection]) -> dict[str, RobustErrors]:
    """The robust errors of each stream that has some."""
    errors = {}
    for name, section in streams.items():
        if (chosen := section.robust or "none") in ROBUST_ERRORS:
            values = {
                setting: float(getattr(section, key))
                for key, (kind, setting) in SETTINGS.items()
                if kind == chosen and getattr(section, key) is not None
            }
            errors[name] = ROBUST_ERRORS[chosen](**values)
    return errors


def robust_findings(
    streams: Mapping[str, StreamSection],
    targets: TargetsSection,
    section: OptimiserSection,
    optimiser: Any,
) -> Findings:
    """Findings about settings of other errors, and about what robust errors do not allow.

    Args:
        section: of the optimiser.
        optimiser: the component; None where it could not be constructed.
    """
    findings, robust = Findings(), robust_errors(streams)
    for name, stream in streams.items():
        for key, (kind, _) in SETTINGS.items():
            if getattr(stream, key) is not None and stream.robust != kind:
                findings.add(
                    "unused-key",
                    f"streams.{name}.{key}",
                    f"'{key}' in [streams.{name}] has no effect without robust = \"{kind}\". Set "
                    f"that, or remove '{key}'.",
                )
    if not robust:
        return findings
    named = ", ".join(robust)
    for key in ("sensitivity", "prescribed"):
        if getattr(targets, key):
            findings.add(
                "robust-errors",
                f"targets.{key}",
                f"'targets.{key}' asks for sensitivities to observations, which are defined for "
                f"Gaussian errors, and these streams have robust ones: {named}. Leave it out, or "
                'set robust = "none".',
            )
    needs = set(getattr(optimiser, "needs", {"gradient"}))
    if needs != {"gradient"} and not getattr(optimiser, "robust", False):
        findings.add(
            "unsuitable-optimiser",
            "optimiser.name",
            f"optimiser '{section.name}' does not allow for robust errors, which these streams "
            f'have: {named}. Take gauss_newton or lbfgsb, or set robust = "none".',
        )
    return findings
