"""The full posterior of the demo in tangent runs, in gradient costs and against the plain way.

python benchmarks/demo_posterior.py [--repeat N] [--no-plain] [--set KEY=VALUE ...]

Columns see no other column, so all classes of one kind of parameter share a tangent run of the
time loop, what acts after the loop needs none of it, and parameters of operators none of the
model. The plain way is a tangent run of everything for each parameter, in batches of the same size.
Compilation is left out: each function is called once before it is timed.
"""

from __future__ import annotations

import argparse
import time

import numpy as np

from ccdas_framework import load_experiment
from ccdas_framework.config.overrides import parse_override
from ccdas_framework.posterior import (
    degrees_of_freedom,
    gauss_newton_posterior,
    null_space_of,
    whitened_by_stream,
)
from ccdas_framework.problem.jacobian import tangent_runs


def counts(problem):
    """Tangent runs through the time loop, after it, and of the operators alone; and parameters."""
    own = tuple(e for e in problem.control.active if e.owner == problem.model_name)
    grid = problem.blocks[0].domain.grid
    in_loop, after = tangent_runs(own, grid, problem.model.couples)
    kinds = len({(e.owner, e.parameter.name) for e in problem.control.active})
    return {
        "parameters": len(problem.control),
        "kinds": kinds,
        "runs of the time loop": len(in_loop),
        "runs after the loop": len(after),
        "runs of the operators alone": len(problem.control) - len(own),
    }


def posterior_and_targets(problem, x):
    """Everything that is said of the parameters and of the targets."""
    problem._latest.clear()  # the last Jacobian is remembered
    _, jacobians = problem.derivatives(x)
    _, sensitivities = problem.target_derivatives(x)
    whitened = whitened_by_stream(problem, jacobians)
    posterior = gauss_newton_posterior(x, problem.prior, whitened)
    freedom = degrees_of_freedom(posterior, whitened)
    null_space_of(whitened, len(x))
    sd = {name: posterior.target_sd(rows) for name, rows in sensitivities.items()}
    return posterior, freedom, sd


def seconds(function, repeat):
    """Median of the seconds of some calls, after one that compiles."""
    function()
    found = []
    for _ in range(repeat):
        began = time.perf_counter()
        function()
        found.append(time.perf_counter() - began)
    return float(np.median(found))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--no-plain", action="store_true", help="leave out the plain way")
    parser.add_argument("--set", action="append", default=[])
    given = parser.parse_args()
    settings = dict(parse_override(text) for text in given.set)
    problem = load_experiment("demo", settings=settings).build()
    x = problem.prior.mean
    for name, count in counts(problem).items():
        print(f"{name:32s}{count:8d}")
    forward = seconds(lambda: problem.cost(x), given.repeat)
    gradient = seconds(lambda: problem.value_and_gradient(x), given.repeat)
    full = seconds(lambda: posterior_and_targets(problem, x), given.repeat)
    derived = seconds(lambda: (problem._latest.clear(), problem.derivatives(x)), given.repeat)
    print(f"{'cost':32s}{forward:8.2f} s")
    print(f"{'gradient':32s}{gradient:8.2f} s")
    print(f"{'Jacobian':32s}{derived:8.2f} s  {derived / gradient:.1f} gradients")
    print(f"{'full posterior':32s}{full:8.2f} s  {full / gradient:.1f} gradients")
    _, freedom, _ = posterior_and_targets(problem, x)
    print("degrees of freedom: " + ", ".join(f"{n} {v:.1f}" for n, v in freedom.items()))
    if given.no_plain:
        return
    linear = problem.linearisation(x)
    plain = seconds(lambda: linear.tangent(np.eye(len(x))), 1)
    print(f"{'plain way, streams alone':32s}{plain:8.2f} s  {plain / gradient:.1f} gradients")
    print(f"{'full posterior / plain way':32s}{full / plain:8.2f}")
    by_kind = whitened_by_stream(problem, problem.derivatives(x)[1])
    one_by_one = linear.tangent(np.eye(len(x)))
    gap = max(
        float(np.abs(one_by_one[n].T - rows).max() / np.abs(rows).max())
        for n, rows in by_kind.items()
    )
    print(f"{'largest difference of the two':32s}{gap:8.1e} of the largest entry")


if __name__ == "__main__":
    main()
