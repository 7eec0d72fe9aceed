"""A study of two methods on a known problem, and what its tests share."""

import sys

import numpy as np
from attrs import field, frozen

from ccdas_framework.compare.study import ROWS
from ccdas_framework.compare.study_table import TIMES
from ccdas_framework.experiment.monitor import Monitor
from ccdas_framework.optimisers.lbfgsb import Lbfgsb

TABLES = {
    "study": {"seeds": [1, 2], "engines": ["autograd"]},
    "budget": {"model_runs": 60},
    "cases": {"rank": {"known": "rank_deficient"}},
    "methods": {"gn": {"optimiser": "gauss_newton"}, "quasi": {"optimiser": "lbfgsb"}},
}
NAMES = ["rank-prior-1", "rank-exact-1", "rank-gn-1", "rank-quasi-1", "rank-gn-2", "rank-quasi-2"]


def without_times(table):
    return [{k: v for k, v in line.items() if k not in TIMES} for line in table]


def same_tables(first, second):
    for one, other in zip(without_times(first), without_times(second), strict=True):
        np.testing.assert_equal(one, other)


def row_files(folder):
    return {path.stem: path.stat().st_mtime_ns for path in (folder / ROWS).glob("[!.]*.nc")}


class Stop(Monitor):
    """Presses Ctrl-C after so many rows."""

    def __init__(self, rows):
        self.left = rows

    def done(self, text):
        self.left -= 1
        if not self.left:
            raise KeyboardInterrupt


@frozen(eq=False)
class Failing(Lbfgsb):
    """An optimiser that ends in another way than with a result."""

    end: str = field(default="error")

    def minimise(self, problem, x0, callback, earlier=()):
        if self.end == "exit":
            sys.exit("no licence")
        if self.end == "interrupt":
            raise KeyboardInterrupt
        if self.end == "name of a file":
            raise FileNotFoundError("caf\udce9.nc")  # in Latin-1, as Python reads it
        if self.end == "writes":
            x0 += 5.0
            return super().minimise(problem, x0, callback, earlier)
        raise RuntimeError("the library says no")
