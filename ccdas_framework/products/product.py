"""A Level-4 product from the folder of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from attrs import frozen

from ..core.errors import InvalidInput
from ..experiment import load_experiment
from ..experiment.monitor import Monitor
from ..experiment.output_attributes import attributes, errors_of
from ..experiment.rerun import previous_run
from ..experiment.resume import changed_parameters, require_changeable
from ..io.atomic import remove_unfinished
from ..outputs.run_folder import read_result
from ..posterior import Posterior, draws_inside
from ..problem.assembled_problem import Problem
from .output_name import history_line, name_findings, written_path
from .product_dataset import FINER, product_dataset, write_dataset
from .product_grid import ProductGrid, product_grid
from .propagation import (
    Moments,
    chosen_fields,
    members_of_fields,
    moments_of_fields,
    product_streams,
    variables_of,
)

FIELDS = ("gpp", "npp", "nep")
MAY_CHANGE = ("compute", "engine")  # sections of the configuration
SEED = 5  # of the members, beside that of the experiment; 3 are the starts and 4 the draws


@frozen(eq=False)
class Product:
    """A product as written.

    Args:
        path: of the file.
        dataset: its contents.
        notes: sentences for the user.
    """

    path: Path
    dataset: Any
    notes: tuple[str, ...]


def write_product(
    folder: str | Path,
    out: str | Path,
    fields: Sequence[str] = FIELDS,
    *,
    grid: float | None = None,
    members: int = 0,
    data: str | Path | None = None,
    settings: Mapping[str, Any] | None = None,
    monitor: Monitor | None = None,
) -> Product:
    """Monthly fields of a run on (time, lat, lon) with their uncertainty, as a CF netCDF file.

    Args:
        folder: of a run with a posterior.
        out: netCDF file, or a folder with the suffix `.zarr`, in a folder that exists. An earlier
            product of this name is replaced when the new one is complete.
        fields: of the model, of operators, or that operators of cells observe.
        grid: spacing of an even grid (degrees); None for the grid of the cells.
        members: number of draws from the posterior whose fields are added.
        data: folder of published data, instead of that of the run.
        settings: dotted key -> value, of the sections of `MAY_CHANGE`.

    Raises:
        InvalidInput: no run with a posterior, cells that form no grid, an unknown field, or a
            name that cannot be written or belongs to something else than a product.
        InvalidExperiment: input that cannot be read, or a setting of another section.
    """
    folder, out, monitor = Path(folder), Path(out), monitor or Monitor()
    optimum, covariance = previous_run(folder).x, _covariance(folder)
    require_changeable(settings or (), MAY_CHANGE)
    findings = name_findings(out)
    if members < 0:
        text = f"--members is {members}; expected 0 or more draws."
        findings.add("wrong-option", "--members", text)
    if not fields:
        text = "--fields is empty; expected fields such as gpp,nep."
        findings.add("wrong-option", "--fields", text)
    findings.raise_if_any()
    written = written_path(out)
    remove_unfinished(written.parent, written.name)
    monitor.stage("reading the experiment")
    experiment = load_experiment(folder / "experiment.toml", data=data, settings=settings)
    fields = chosen_fields(fields, experiment.model, experiment.operators)
    on_grid = product_grid(experiment.forcing.domain.grid, grid)
    monitor.stage("assembling the problem")
    problem = experiment.build()
    names = problem.control.names
    if set(names) != set(optimum):
        raise changed_parameters(folder, optimum, names)
    x = np.array([optimum[name] for name in names])
    after = np.array([[covariance[a, b] for b in names] for a in names])
    streams = product_streams(problem, fields)
    before = problem.prior.covariance.dense()
    monitor.stage("propagating the posterior uncertainty")
    posterior = moments_of_fields(problem, streams, x, after, on_grid.places)
    monitor.stage("propagating the prior uncertainty")
    prior = moments_of_fields(problem, streams, problem.prior.mean, before, on_grid.places)
    contents = {name: _by_ending(posterior[name], prior[name]) for name in streams}
    if members:
        monitor.stage("running the model with members")
        draws = _draws(
            problem, x, after, before, [experiment.config.experiment.seed, SEED], members
        )
        drawn = members_of_fields(problem, streams, draws, on_grid.places)
        contents = {name: {**of, "_member": drawn[name]} for name, of in contents.items()}
    domain = experiment.forcing.domain
    first = domain.time[domain.lead].astype("datetime64[M]")
    about = attributes(experiment) | {
        "history": history_line(folder),
        "errors_of": errors_of(problem.control),
        "comment": _comment(experiment, on_grid),
    }
    months = first + np.arange(domain.months)
    window = domain.time[domain.lead], domain.time[-1]
    dataset = product_dataset(contents, variables_of(streams), months, on_grid, about, window)
    write_dataset(out, dataset)
    return Product(
        out, dataset, (*map(str, experiment.notes), _comment_on_grid(experiment, on_grid))
    )


def _covariance(folder: Path) -> dict[tuple[str, str], float]:
    """Posterior covariance of x of a run by two names; 0 for elements that a bound holds."""
    result = read_result(folder / "result.nc")
    if "posterior_covariance" not in result:
        reason = str(result.attrs.get("posterior", "")).strip()
        raise InvalidInput(
            f"the run in {folder} has no posterior, so that its fields have no uncertainty. "
            f"{reason} Resume the run, or use fields.nc.",
            code="no-posterior",
            where=str(folder),
        )
    names = result["control"].values.astype(str).tolist()
    covariance = result["posterior_covariance"].values
    values = np.where(np.isnan(covariance), 0.0, covariance)
    return {(a, b): values[n, m] for n, a in enumerate(names) for m, b in enumerate(names)}


def _by_ending(posterior: Moments, prior: Moments) -> dict[str, np.ndarray]:
    return {"": posterior[0], "_sd": posterior[1], "_prior": prior[0], "_prior_sd": prior[1]}


def _draws(
    problem: Problem, x: np.ndarray, after: np.ndarray, before: np.ndarray, seed: Any, count: int
) -> np.ndarray:
    """Draws from the posterior within the bounds of the parameters, shape (member, control)."""
    posterior = Posterior(
        x=x, covariance=after, prior_covariance=before, eigenvalues=np.full(len(x), np.nan),
        held=np.diag(after) == 0.0,
    )  # fmt: skip
    draws, _ = draws_inside(posterior, problem.control, np.random.default_rng(seed), count)
    return draws


def _comment_on_grid(experiment: Any, on_grid: ProductGrid) -> str:
    """That another grid than that of the cells adds no information; "" for their own."""
    if on_grid.spacing is None:
        return ""
    half = experiment.forcing.domain.grid.half_width
    own = f"{2.0 * np.median(half[:, 0]):g} by {2.0 * np.median(half[:, 1]):g} degrees"
    return FINER.format(own=own)


def _comment(experiment: Any, on_grid: ProductGrid) -> str:
    stated = str(attributes(experiment).get("comment") or "")
    return " ".join(filter(None, (stated, _comment_on_grid(experiment, on_grid))))
