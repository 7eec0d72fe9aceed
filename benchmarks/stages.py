"""How far streams assimilated one after the other end from all of them at once.

python benchmarks/stages.py [--first co2,sm] [--second vod] [--set KEY=VALUE ...]

On a linear problem the two agree to rounding (tests/science/test_linear_stages.py); a nonlinear
model is linearised at other points on the way.
"""

from __future__ import annotations

import argparse
import time

import numpy as np
from attrs import evolve

from ccdas_framework import Dense, load_experiment
from ccdas_framework.config.overrides import parse_override
from ccdas_framework.optimisers.gauss_newton import GaussNewton
from ccdas_framework.posterior import Posterior, gauss_newton_posterior, whitened_by_stream
from ccdas_framework.priors import Gaussian
from ccdas_framework.problem.assembled_problem import Problem

OPTIMISER = GaussNewton(iterations=30, gradient_reduction=1e-5)


def assimilated(problem: Problem, names: list[str]) -> tuple[Problem, Posterior]:
    """Posterior of some of the streams, from the prior mean."""
    start = time.perf_counter()
    chosen = problem.with_streams({n: problem.streams[n] for n in names}, problem.targets)
    found = OPTIMISER.minimise(chosen, chosen.prior.mean, lambda _: None)
    whitened = whitened_by_stream(chosen, chosen.derivatives(found.x)[1])
    print(
        f"{'+'.join(names)}: {found.status}, {len(found.iterations) - 1} steps, |gradient| "
        f"{found.iterations[0].gradient_norm:.3g} to {found.iterations[-1].gradient_norm:.3g}, "
        f"{time.perf_counter() - start:.0f} s",
        flush=True,
    )
    return chosen, gauss_newton_posterior(found.x, chosen.prior, whitened)


def main() -> None:
    """Print the differences of means (in posterior sd), covariances and targets."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", default="co2,sm")
    parser.add_argument("--second", default="vod")
    parser.add_argument("--set", action="append", default=[])
    given = parser.parse_args()
    first, second = given.first.split(","), given.second.split(",")
    settings = dict(parse_override(text) for text in given.set)
    problem = load_experiment("demo", [*first, *second], settings=settings).build()
    together, at_once = assimilated(problem, [*first, *second])
    _, before = assimilated(problem, first)
    stage = evolve(problem, prior=Gaussian(before.x, Dense(before.covariance)))
    _, after = assimilated(stage, second)

    moved = np.abs(after.x - at_once.x) / at_once.sd
    worst = int(np.argmax(moved))
    name = problem.control.names[worst]
    print(
        f"mean: largest difference {moved[worst]:.3g} posterior sd ({name}), root "
        f"mean square {np.sqrt(np.mean(moved**2)):.3g}"
    )
    scale = np.outer(at_once.sd, at_once.sd)
    difference = np.abs(after.covariance - at_once.covariance) / scale
    ratio = after.sd / at_once.sd
    print(
        f"covariance: largest difference {difference.max():.3g} of the product of the sd; sd "
        f"{ratio.min():.3f} to {ratio.max():.3f} times those at once"
    )
    _, sensitivities = together.target_derivatives(at_once.x)
    for name, sensitivity in sensitivities.items():
        label = list(problem.targets[name].labels.astype(str))
        whole = label.index("Global") if "Global" in label else len(label) - 1
        sd = [p.target_sd(sensitivity)[1][whole] for p in (at_once, after)]
        means = [problem.values_of(p.x, problem.targets)[name][whole] for p in (at_once, after)]
        print(
            f"{name} {label[whole]}: {means[0]:.4g} +- {sd[0]:.3g} at once, {means[1]:.4g} +- "
            f"{sd[1]:.3g} in stages"
        )


if __name__ == "__main__":
    main()
