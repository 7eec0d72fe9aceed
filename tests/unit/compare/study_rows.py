"""Rows of a study made by hand."""

import numpy as np

from ccdas_framework.compare.study_file import read_study
from ccdas_framework.compare.study_problem import engine_of
from ccdas_framework.compare.study_row import ROW, failed_row, row_identity
from ccdas_framework.compare.study_scores import covered, crps_of_gaussian, rank_in_gaussian
from ccdas_framework.compare.study_table import StudyRow
from ccdas_framework.core.budget import KINDS
from ccdas_framework.core.errors import Findings
from ccdas_framework.io.toml_text import toml_text
from ccdas_framework.outputs.study_folder import write_groups
from ccdas_framework.outputs.variable_tables import table_dataset


def row(number, *, method="gn", seed=1, case="c", status="converged", problem="p", **about):
    """A row with two parameters; arrays among the keywords are its variables."""
    values = {
        k: np.asarray(v, float) for k, v in about.items() if isinstance(v, (list, np.ndarray))
    }
    numbers = {k: v for k, v in about.items() if k not in values}
    fixed = {
        "row": number, "case": case, "model": "", "streams": "", "method": method,
        "kind": "optimiser", "component": method, "engine": "autograd", "seed": seed,
        "status": status, "problem": problem, "interval": 0.9, "message": "",
    }  # fmt: skip
    return StudyRow({**fixed, **numbers}, values)


SHIFT = {"gn": 0.0, "walkers": 0.1, "crude": 1.5, "narrow": 0.3}  # of methods, in posterior sd
SPREAD = {"prior": 1.0, "gn": 0.4, "walkers": 0.42, "crude": 0.9, "narrow": 0.15}
METHODS = {name: {"optimiser": "lbfgsb"} for name in SHIFT}


def drawn_study(folder, seeds=range(1, 9), spread=1.0, failed=(), streams=None, **study):
    """The folder of a finished study of four methods whose rows are drawn and not computed.

    Args:
        folder: of the results, which is made.
        seeds: each with a truth of its own.
        spread: of the truth, in prior sd.
        failed: names of rows that failed.
        streams: sets of streams that are compared.
        study: further keys of [study].
    """
    path = folder / "study.toml"
    (folder / "rows").mkdir(parents=True)
    tables = {
        "study": {"seeds": list(seeds), "vary": ["method", "truth"], "title": "A <b> & c", **study},
        "budget": {"model_runs": 100},
        "cases": {"twin": {"experiment": "demo"}},
        **({} if streams is None else {"streams": streams}),
        "methods": {
            **METHODS,
            "walkers": {"optimiser": "lbfgsb", "tune": {"iterations": [5, 9]}},
            "narrow": {"optimiser": "lbfgsb", "model_runs": 5000},
        },
    }
    path.write_text(toml_text(tables), "utf-8")
    for row in read_study(path, Findings()).rows:
        if row.name in failed:
            dataset = failed_row(row, RuntimeError("no licence"), 1.0)
        else:
            dataset = _drawn(row, spread)
        write_groups(folder / "rows" / f"{row.name}.nc", {None: dataset})


def _drawn(row, spread, count=8):
    """A row whose posterior has the spread of its method."""
    generator = np.random.default_rng([row.seed, 1])
    truth = spread * generator.standard_normal(count)
    best = truth + SPREAD["gn"] * generator.standard_normal(count)
    sd = np.full(count, SPREAD[row.method])
    x = np.zeros(count) if row.method == "prior" else best + SHIFT[row.method] * sd
    rank = rank_in_gaussian(truth, x, sd)
    runs = np.array([1.0, 5.0, 20.0, 60.0])
    costs = 10.0 + 100.0 * np.exp(-runs / (5.0 + 10.0 * SHIFT.get(row.method, 0.0)))
    searched = row.method != "prior"
    values = {
        "control": [f"p[{n}]" for n in range(count)], "x": x, "mean": x, "sd": sd,
        "hessian_sd": np.full(count, 0.4) if row.method == "gn" else np.full(count, np.nan),
        "prior_sd": np.ones(count), "truth": truth, "rank": rank, "covered": covered(rank, 0.9),
        "crps": crps_of_gaussian(truth, x, sd),
        "improvement_model_runs": runs[: 4 * searched], "improvement_cost": costs[: 4 * searched],
        "improvement_seconds": 0.1 * row.seed * runs[: 4 * searched],
    }  # fmt: skip
    about = {
        **row_identity(row, engine_of(row.definition["problem"])),
        "status": "converged", "message": "done", "point": "minimum",
        "parameters": count, "observations": 30, "cost": costs[-1] if searched else 110.0,
        "prior_term": 1.0, "misfit": 9.0, "exact": 0, "mixed": "", "remarks": "", "settings": "",
        "weights": "cost 1, gradient 4, jacobian 9", "packages": "ccdas-framework 0.1",
        "platform": "a machine", "truth_spread": spread, "model_runs": 90.0 * searched,
        "after_model_runs": 2.0, "tuning_model_runs": 0.0, "failed_runs": 0, "seconds": 9.0,
        "compilation_seconds": 0.2, "after_seconds": 0.1,
        **{f"{kind}_evaluations": 0 for kind in KINDS},
        "cost_evaluations": 30 * searched, "gradient_evaluations": 15 * searched,
        "distance_to_truth": float(np.sqrt(np.mean((x - truth) ** 2))),
    }  # fmt: skip
    if row.method == "walkers":
        about |= {"mixed": "no" if row.seed == 1 else "yes", "settings": "iterations = 9"}
        values |= {"effective_sample_size": np.full(count, 900.0), "r_hat": np.ones(count)}
    if row.method == "prior" and row.seed == 1:
        about |= {"measured_gradient_weight": 2.5, "measured_jacobian_weight": 7.0}
    return table_dataset(ROW, values, about)
