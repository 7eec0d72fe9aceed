"""Results of optimisers and samplers: whether they are those of the interface."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np

from ..core.ensemble import Ensemble, EnsembleStatus
from ..core.errors import Finding, Findings
from ..core.result import OptimisationResult, Status
from .component_package import shortened
from .component_results import is_numeric, kind_of


def optimisation_findings(result: Any, size: int) -> Findings:
    """Findings about the result of an optimiser, with the field as place.

    Codes: "wrong-type", "wrong-shape", "not-finite", "wrong-status" and "wrong-iterations".

    Args:
        result: of `minimise`.
        size: number of elements of x.
    """
    findings = Findings()
    if not isinstance(result, OptimisationResult):
        message = f"`minimise` returns {kind_of(result)}; expected an OptimisationResult."
        findings.add("wrong-type", "minimise", message)
        return findings
    if not is_numeric(result.x) or np.shape(result.x) != (size,):
        message = f"x of the result is {kind_of(result.x)}; expected floats, shape ({size},)."
        findings.add("wrong-shape", "x", message)
    elif not np.all(np.isfinite(result.x)):
        findings.add("not-finite", "x", "x of the result is not finite.")
    if result.status not in get_args(Status):
        findings.append(_status_finding(result.status, Status))
    if not result.iterations:
        message = "the result has no iterations; expected at least the starting point."
        findings.add("wrong-iterations", "iterations", message)
    return findings


def ensemble_findings(result: Any, size: int) -> Findings:
    """Findings about the result of a sampler, with the field as place.

    Codes: "wrong-type", "wrong-shape", "not-finite" and "wrong-status".

    Args:
        result: of `sample`.
        size: number of elements of x.
    """
    findings = Findings()
    if not isinstance(result, Ensemble):
        message = f"`sample` returns {kind_of(result)}; expected an Ensemble."
        findings.add("wrong-type", "sample", message)
        return findings
    if result.x.ndim != 3 or result.x.shape[2] != size:
        message = f"x of the result is {kind_of(result.x)}; expected shape (chain, draw, {size})."
        findings.add("wrong-shape", "x", message)
    elif result.log_density.shape != result.x.shape[:2]:
        message = (
            f"log_density of the result is {kind_of(result.log_density)}; expected shape "
            f"{result.x.shape[:2]}, as x has."
        )
        findings.add("wrong-shape", "log_density", message)
    if not np.all(np.isfinite(result.x)):
        findings.add("not-finite", "x", "x of the result is not finite.")
    if result.status not in get_args(EnsembleStatus):
        findings.append(_status_finding(result.status, EnsembleStatus))
    return findings


def _status_finding(status: Any, allowed: Any) -> Finding:
    message = (
        f"status of the result is {shortened(repr(status))}; expected "
        f"{', '.join(map(repr, get_args(allowed)))}."
    )
    return Finding("wrong-status", "status", message)
