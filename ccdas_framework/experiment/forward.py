"""One run of the model and the operators, with the prior or with other parameters."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from attrs import frozen

from ..config.target_tables import ANNUAL
from ..diagnostics import large_misfits
from ..execution import block_processes
from ..outputs.run_folder import RunFolder
from ..outputs.simulated_datasets import fields_dataset
from ..outputs.variable_tables import root_group
from ..problem.work_progress import listening_to_work
from .build import build, truth_in
from .experiment_data import ExperimentData
from .monitor import Monitor
from .output_attributes import attributes, target_attributes
from .parameter_values import control_values, parameter_values, with_fixed
from .run import require_folder, warn_outside_ranges
from .run_outputs import dropped_lines, fields_of, stream_groups
from .run_provenance import provenance_of
from .target_uncertainty import target_tables, write_tables


@frozen(eq=False)
class ForwardRun:
    """Result of one run of the model and the operators.

    Args:
        folder: of the results.
        misfit: stream -> root-mean-square misfit, in the unit of the stream.
        targets: name -> table of the target, with its regions and values.
        text: misfits and totals of the targets in lines.
    """

    folder: Path
    misfit: Mapping[str, float]
    targets: Mapping[str, Mapping[str, Any]]
    text: str


def run_forward(
    experiment: ExperimentData,
    out: Path,
    parameters: Path | None = None,
    overwrite: bool = False,
    monitor: Monitor | None = None,
) -> ForwardRun:
    """Write simulated.nc, fields.nc and targets.nc of one set of parameters.

    Args:
        parameters: a result.nc or a TOML file of physical values; the prior if None.
    """
    monitor = monitor or Monitor()
    require_folder(out, overwrite)
    with listening_to_work(monitor.work):
        return _forward(experiment, out, parameters, overwrite, monitor)


def _forward(
    experiment: ExperimentData,
    out: Path,
    parameters: Path | None,
    overwrite: bool,
    monitor: Monitor,
) -> ForwardRun:
    monitor.stage("assembling the problem")
    values = {} if parameters is None else parameter_values(parameters)
    if parameters is not None:
        experiment = with_fixed(experiment, parameters, values)
    problem = build(experiment)
    x = problem.prior.mean if parameters is None else control_values(values, problem.control)
    with block_processes(problem.forward.executor), RunFolder(out, overwrite) as folder:
        folder.write_experiment(experiment.config.to_dict())
        truth = truth_in(experiment, problem)
        folder.write_provenance(provenance_of(experiment, problem, truth))
        monitor.stage("running the model")
        simulated = problem.simulate(x)
        if not all(np.isfinite(values).all() for values in simulated.values()):
            problem.require_finite(x)
        run = "prior" if parameters is None else "given"
        warn_outside_ranges(problem, x, run)
        lines = dropped_lines(problem)
        misfit: dict[str, float] = {}
        about = attributes(experiment)
        for name, stream in problem.streams.items():
            units = stream.operator.observes.units
            misfit[name] = float(np.sqrt(np.nanmean((simulated[name] - stream.values) ** 2)))
            lines.append(f"{name}: root-mean-square misfit {misfit[name]:.4g} {units}")
            far = large_misfits(
                name, units, observed=stream.values, simulated=simulated[name], sd=stream.sd,
                place=stream.labels, start=stream.start,
            )  # fmt: skip
            lines += [f"warning: {finding}" for finding in far]
        groups = stream_groups(experiment, problem, simulated)
        folder.write("simulated.nc", root_group(about), groups)
        fields = fields_of(experiment, problem, [x])
        folder.write("fields.nc", fields_dataset(**fields, run=(run,), attributes=about))
        about |= {"comment": f"parameters: {run}", **target_attributes(experiment)}
        true_targets = None if truth is None else truth.simulate(problem, problem.targets)
        prior_targets = problem.values_of(x, problem.targets)
        tables = target_tables(problem, prior_targets, truth=true_targets)
        write_tables(folder, problem, tables, None, about)
        lines += [
            f"{name if table['kind'] == 'declared' else name.upper()} {table['region'][-1]}: "
            f"{table['prior'][-1]:.5g} {table['units']}"
            for name, table in tables.items()
            if table["kind"] == "declared" or table["period"] == ANNUAL
        ]
        lines.append(f"results: {folder.path}")
    return ForwardRun(folder.path, misfit, tables, "\n".join(lines))
