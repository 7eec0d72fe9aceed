"""Rows of a study made by hand."""

import numpy as np

from ccdas_framework.compare.study_table import StudyRow


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
