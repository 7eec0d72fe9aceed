"""Work that XLA gives a processor for a day of BETHY: operations of a column, and kernels.

The counts do not depend on the load of the machine. XLA merges chains of operations into kernels
and computes shared ones again in each; in small blocks this multiplies the work of a gradient. A
new version of JAX may change the counts, which `tests/unit/engines/test_compiled_work.py` notices.
"""

import jax
import numpy as np
from attrs import frozen
from ccdas_models_bethy import Bethy
from limit.bethy import FIELDS
from synthetic import prior_parameters, synthetic_forcing

from ccdas_framework import JaxEngine

DAYS = 10  # the loop over days is compiled once for any number


@frozen
class Work:
    """Work of a compiled function.

    Args:
        operations: floating-point operations of a column and day.
        kernels: fused kernels of the whole function.
    """

    operations: float
    kernels: int


def compiled_work(columns, steps):
    """Work of a forward run and of a gradient, by name."""
    engine, model = JaxEngine(), Bethy(n_h=steps, dayint=1)
    forcing = synthetic_forcing(columns, DAYS, np.random.default_rng(1))
    parameters = prior_parameters(model, forcing.domain.grid.column_class)
    names = sorted(parameters)
    x = np.stack([parameters[name] for name in names])
    drivers = engine.hold(model.prepare(forcing))

    def cost(x, drivers):
        fields = model.run(dict(zip(names, x, strict=True)), drivers, engine.xp)
        return sum(engine.xp.sum(fields[name]) for name in FIELDS)

    work = {}
    for name, function in (("forward", cost), ("gradient", jax.value_and_grad(cost))):
        compiled = jax.jit(function).lower(x, drivers).compile()
        operations = compiled.cost_analysis()["flops"] / columns
        work[name] = Work(operations, compiled.as_text().count(" fusion("))
    return work


def work_counts(sizes):
    """Counts by name, such as `jax.79.8.gradient.kernels`, of pairs of columns and steps."""
    counts = {}
    for columns, steps in sizes:
        for quantity, work in compiled_work(columns, steps).items():
            name = f"jax.{columns}.{steps}.{quantity}"
            counts[f"{name}.operations"] = work.operations
            counts[f"{name}.kernels"] = work.kernels
    return counts
