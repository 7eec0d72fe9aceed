"""One row of a study: solved, evaluated and written as a dataset."""

from __future__ import annotations

import platform
import time
import traceback
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..core.budget import FAILED, KINDS
from ..core.cost_problem import CostProblem
from ..core.errors import CcdasError
from ..engines.compilation_time import running_seconds
from ..execution import cores
from ..experiment.draw_moments import failed_draws_remark, moments_of_finite, values_of_draws
from ..outputs.provenance import versions
from ..outputs.variable_tables import VariableTable, file_attributes, named, pure, table_dataset
from ..problem.counted_problem import CountedProblem
from ..registry.version import PACKAGE, VERSION
from .measured_weights import measured_weights
from .place_misfits import place_misfits
from .study_file import Row
from .study_problem import RowProblem, engine_of, row_problem
from .study_scores import (
    covered,
    crps_of_draws,
    crps_of_gaussian,
    inside,
    rank_in_draws,
    rank_in_gaussian,
    thinned,
)
from .study_solution import Solution, solved

MOST_DRAWS = 1000  # that the file of a row holds

ROW: VariableTable = {
    "control": ("control", named("parameter")),
    "target": ("target", named("target")),
    "x": ("control", pure("control vector of the row, at the point that `point` names")),
    "mean": ("control", pure("posterior mean of the control vector by the method")),
    "sd": ("control", pure("posterior standard deviation by the method")),
    "hessian_sd": ("control", pure("posterior standard deviation by the Gauss-Newton Hessian")),
    "prior_sd": ("control", pure("prior standard deviation")),
    "parameter": ("control", named("physical value at x, in the units of parameter_unit")),
    "parameter_unit": ("control", named("unit")),
    "truth": ("control", pure("control vector of synthetic observations")),
    "rank": ("control", pure("probability below the truth, by the posterior of the method")),
    "covered": ("control", pure("1 where the truth lies in the central interval, else 0")),
    "inside": ("control", pure("1 where the truth lies within the range of the draws, else 0")),
    "crps": ("control", pure("continuous ranked probability score (prior sd)")),
    "r_hat": ("control", pure("potential scale reduction of the chains")),
    "effective_sample_size": ("control", pure("effective number of independent draws")),
    "draws": ("draw control", pure("control vectors drawn from the posterior, thinned")),
    "target_mean": ("target", named("posterior mean of the target, in the units of target_unit")),
    "target_sd": ("target", named("posterior standard deviation of the target")),
    "target_truth": ("target", named("target of the truth")),
    "target_unit": ("target", named("unit")),
    "improvement_model_runs": (
        "improvement", pure("evaluations until a better point was found, in runs of the model"),
    ),
    "improvement_seconds": (
        "improvement", {"units": "s", "long_name": "time until a better point was found"},
    ),
    "improvement_cost": ("improvement", pure("cost of the better point")),
    "misfit_place": ("misfit", named("place of the observations")),
    "misfit_of": ("misfit", named("stream, or evaluation of observations not assimilated")),
    "misfit_unit": ("misfit", named("unit")),
    "misfit_assimilated": ("misfit", pure("1 for a stream, 0 for an evaluation")),
    "misfit_count": ("misfit", pure("number of observations")),
    "misfit_rms": ("misfit", named("root mean square misfit, in the units of misfit_unit")),
    "misfit_normalised": ("misfit", pure("the same over the assumed errors")),
}  # fmt: skip


def computed_row(row: Row) -> Any:
    """The dataset of a row; one that fails has the status "failed" and the reason."""
    began = time.monotonic()
    try:
        problem = row_problem(row.definition["problem"])
        solution = solved(problem, row.definition)
        return _dataset(row, problem, solution)
    except (Exception, SystemExit) as error:  # the other rows go on
        return failed_row(row, error, time.monotonic() - began)


def failed_row(row: Row, error: BaseException, seconds: float = 0.0) -> Any:
    """The dataset of a row that an error ended after so many seconds."""
    known = isinstance(error, CcdasError)
    about = {
        **row_identity(row, engine_of(row.definition["problem"])),
        "status": FAILED,
        "message": " ".join(f"{type(error).__name__}: {error}".split()),
        "error_code": error.code if isinstance(error, CcdasError) else type(error).__name__,
        "traceback": "" if known else "".join(traceback.format_exception(error)),
        "seconds": seconds,
    }
    return table_dataset(ROW, {}, file_attributes(about))


def row_identity(row: Row, engine: str) -> dict[str, Any]:
    """Attributes of a row that do not depend on its result.

    Args:
        engine: that evaluates its problem.
    """
    method, limit = row.definition["method"], row.definition["budget"]["model_runs"]
    searches = "kind" in method  # the prior and the exact answer do not
    return {
        **({"budget_model_runs": limit} if searches and limit is not None else {}),
        "row": row.number,
        "case": row.case,
        "model": row.model,
        "streams": row.streams,
        "method": row.method,
        "kind": method.get("kind", method["name"]),
        "component": method.get("component", method["name"]),
        "given_settings": _settings(method.get("settings", {})),
        "tuned": ", ".join(method.get("tune", {})),
        "engine": engine,
        "seed": row.seed,
        "problem": row.problem_id,
        "fingerprint": row.fingerprint,
        "interval": row.definition["interval"],
        "source": f"{PACKAGE} {VERSION}",
    }


def _settings(settings: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} = {value}" for name, value in settings.items())


def _dataset(row: Row, problem: RowProblem, solution: Solution) -> Any:
    began = time.monotonic()
    counted = CountedProblem(problem.problem, solution.after)
    terms = _terms(counted, solution.x)
    targets, remarks = _targets_or_remark(counted, problem, solution)
    after_seconds = solution.after_seconds + running_seconds(began, time.monotonic())
    control = problem.problem.control
    prior_sd = np.asarray(problem.problem.prior.covariance.sd, float)
    values: dict[str, Any] = {
        "control": control.names,
        "x": solution.x,
        "mean": solution.mean,
        "sd": solution.sd,
        "hessian_sd": solution.hessian_sd,
        "prior_sd": prior_sd,
        "parameter": control.physical(solution.x),
        "parameter_unit": control.units,
        "draws": None if solution.draws is None else _kept(solution),
        "improvement_model_runs": [p.model_runs for p in solution.improvements],
        "improvement_seconds": [
            running_seconds(solution.began, p.seconds) for p in solution.improvements
        ],
        "improvement_cost": [p.cost for p in solution.improvements],
        **{name: solution.diagnostics.get(name) for name in ("r_hat", "effective_sample_size")},
        **targets,
    }
    about = {
        **row_identity(row, problem.engine),
        "status": solution.status,
        "message": solution.message,
        "point": solution.point,
        "parameters": len(control),
        "observations": sum(len(s.values) for s in problem.problem.streams.values()),
        "cost": float(sum(terms.values())),
        "prior_term": terms.pop("prior"),
        "misfit": float(sum(terms.values())),
        "exact": int(solution.exact),
        "mixed": "" if solution.mixed is None else ("yes" if solution.mixed else "no"),
        "doubts": ", ".join(solution.doubts),
        "remarks": "; ".join((*solution.remarks, *remarks)),
        "settings": _settings(solution.settings),
        "weights": ", ".join(f"{k} {v:g}" for k, v in solution.budget.weights.items()),
        "packages": _packages(),
        "platform": f"{platform.system()} {platform.machine()}, {cores()} cores",
        "truth_spread": problem.truth_spread,
        "truth_not_from_prior": "; ".join(problem.not_from_prior),
        "model_runs": solution.budget.used,
        "after_model_runs": solution.after.used,
        "tuning_model_runs": solution.tuning.used,
        "failed_runs": solution.budget.failed,
        "seconds": solution.seconds,
        "compilation_seconds": solution.compilation_seconds,
        "after_seconds": after_seconds,
        **{f"{kind}_evaluations": solution.budget.counts.get(kind, 0) for kind in KINDS},
        **{f"number_{name}": float(value) for name, value in solution.numbers.items()},
    }
    if row.definition["method"].get("measures"):
        about |= measured_weights(problem.problem)
    if row.definition.get("by_place") and np.isfinite(solution.x).all():
        values |= place_misfits(problem.problem, problem.evaluation, solution.x)
    if problem.x_true is not None:
        values |= _scores(row, problem.x_true, solution, prior_sd)
        error = (solution.x - problem.x_true) / prior_sd
        about["distance_to_truth"] = float(np.sqrt(np.mean(error**2)))
    return table_dataset(ROW, values, file_attributes(about))


def _terms(problem: CostProblem, x: np.ndarray) -> dict[str, float]:
    """Terms of the cost at the point of the row, with the observations as they are."""
    if not np.isfinite(x).all():
        return dict.fromkeys(("prior", *problem.streams), np.nan)
    return problem.cost_terms(x)


def _kept(solution: Solution) -> np.ndarray:
    """At most `MOST_DRAWS` of the draws, evenly spread."""
    assert solution.draws is not None
    return thinned(solution.draws, min(MOST_DRAWS, len(solution.draws)))


def _scores(
    row: Row, truth: np.ndarray, solution: Solution, prior_sd: np.ndarray
) -> dict[str, Any]:
    """Rank, coverage and CRPS of the truth, NaN where the method gives no posterior."""
    with np.errstate(invalid="ignore", divide="ignore"):
        if solution.draws is None:
            rank = rank_in_gaussian(truth, solution.mean, solution.sd)
            crps = crps_of_gaussian(truth, solution.mean, solution.sd)
        else:
            size = solution.diagnostics.get("effective_sample_size")
            least = np.nan if size is None else float(np.min(size))
            generator = np.random.default_rng([row.definition["method_seed"], 7])
            rank = rank_in_draws(truth, thinned(solution.draws, least), generator)
            crps = crps_of_draws(truth, solution.draws)
    return {
        "truth": truth,
        "rank": rank,
        "covered": covered(rank, row.definition["interval"]),
        "inside": None if solution.limits is None else inside(truth, solution.limits),
        "crps": crps / prior_sd,
    }


def _packages() -> str:
    """Versions of all that may have computed the row."""
    found = versions()
    plugins = {about["distribution"]: about["version"] for about in found["plugins"].values()}
    numbers = {PACKAGE: VERSION, "python": found["python"], **found["libraries"], **plugins}
    return ", ".join(f"{name} {number}" for name, number in numbers.items() if number)


def _targets_or_remark(
    problem: CountedProblem, row: RowProblem, solution: Solution
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The targets; where they fail, the row keeps what its method found."""
    try:
        return _targets(problem, row, solution)
    except (CcdasError, ArithmeticError, np.linalg.LinAlgError) as error:
        return {}, (f"no targets: {error}",)


def _targets(
    problem: CountedProblem, row: RowProblem, solution: Solution
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Mean and sd of the targets: linearised at the point, or of runs with the draws."""
    names = row.target_names
    if not names.pairs:
        return {}, ()
    none = np.full(len(names.pairs), np.nan)
    mean, sd, remark = none, none, ""
    real = row.problem
    if np.isfinite(solution.x).all():
        at_x = values_of_draws(real, solution.x[None], real.targets)
        mean = np.concatenate([values[0] for values in at_x.values()])
        problem.budget.spend("cost")
        if solution.covariance is not None:
            jacobian = np.concatenate([*real.target_derivatives(solution.x)[1].values()])
            problem.budget.spend("jacobian")
            sd = np.sqrt(np.sum((jacobian @ solution.covariance) * jacobian, axis=1))
        elif solution.draws is not None:
            draws = thinned(solution.draws, 100)
            problem.budget.spend("cost", len(draws))
            each = values_of_draws(real, draws, real.targets)
            mean, sd = moments_of_finite(np.concatenate([*each.values()], axis=1))
            remark = failed_draws_remark(each)
    targets = {
        "target": [" ".join(pair) for pair in names.pairs],
        "target_mean": mean,
        "target_sd": sd,
        "target_truth": row.true_targets,
        "target_unit": names.units,
    }
    return targets, (remark,) if remark else ()
