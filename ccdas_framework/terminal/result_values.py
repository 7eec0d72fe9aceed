"""Results as plain values for programs, which `--json` prints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..evaluation import Evaluation, ZonalEvaluation
from ..experiment.data_imports import ImportedFile
from ..experiment.run import RunResult
from ..registry.reader_types import ProductReader


def run_values(result: RunResult) -> dict[str, Any]:
    """Status, costs, misfits, parameters, targets and seconds of a run, and its folder."""
    optimisation, posterior = result.optimisation, result.posterior
    control, prior = result.problem.control, result.problem.prior
    first, last = optimisation.iterations[0], optimisation.iterations[-1]
    x = optimisation.x
    columns = {
        "unit": control.units,
        "prior": control.physical(prior.mean),
        "prior_sd": control.physical_sd(prior.mean, prior.covariance.sd),
        "posterior": control.physical(x),
    }
    if posterior is not None:
        columns["posterior_sd"] = posterior.physical_sd(control)
    names = control.names
    return {
        "folder": str(result.folder),
        "status": optimisation.status,
        "message": optimisation.message,
        "cost": {
            run: {**iteration.terms, "all": iteration.cost}
            for run, iteration in (("prior", first), ("posterior", last))
        },
        "iterations": len(optimisation.iterations) - 1,
        "evaluations": dict(optimisation.counts),
        "misfit": {
            stream: {place: dict(zip(("prior", "posterior"), pair, strict=True))
                     for place, pair in places.items()}
            for stream, places in result.misfit.items()
        },
        "degrees_of_freedom": dict(result.estimate.degrees_of_freedom),
        "parameters": {
            name: {key: values[n] for key, values in columns.items()}
            for n, name in enumerate(names)
        },
        "targets": {name: dict(target) for name, target in result.targets.items()},
        "evaluation": evaluation_values(result.evaluation),
        "warnings": list(result.diagnosis.warnings),
        "seconds": result.seconds,
        "stages": dict(result.stages),
    }  # fmt: skip


def evaluation_values(
    evaluation: Mapping[str, Evaluation | ZonalEvaluation],
) -> dict[str, Any]:
    """Scores by place of withheld observations, and sums by band of comparisons by latitude."""
    values: dict[str, Any] = {}
    for name, one in evaluation.items():
        if isinstance(one, Evaluation):
            values[name] = one.scores()
        else:
            values[name] = {
                "quantity": one.quantity, "units": one.units, "references": list(one.names),
                "bands": one.bands, "months": one.months,
                "simulated": one.simulated_band, "reference": one.reference_band,
            }  # fmt: skip
    return values


def dataset_values(dataset: Any) -> dict[str, Any]:
    """Attributes and variables of an xarray dataset, each variable with its dimensions."""
    variables = {
        str(name): {"dims": list(v.dims), "attributes": dict(v.attrs), "values": v.values}
        for name, v in dataset.variables.items()
    }
    return {"attributes": dict(dataset.attrs), "variables": variables}


def import_values(imported: ImportedFile) -> dict[str, Any]:
    """Product, counts of values kept and dropped, notes and file of an import."""
    data = imported.data
    return {
        "file": str(imported.path),
        "product": data.product,
        "version": data.version,
        "stream": imported.stream,
        "series": [
            {"name": s.name, "kept": s.kept, "dropped": dict(s.dropped)} for s in data.series
        ],
        "notes": list(data.notes),
        "credits": data.credits,
    }


def reader_values(readers: Mapping[str, type[ProductReader]]) -> dict[str, Any]:
    """Kinds of product files: title, streams, aliases and files that each was tried on."""
    return {
        kind: {
            "title": reader.title, "gives": dict(reader.gives), "aliases": list(reader.aliases),
            "tried_on": list(reader.tried_on), "guide": reader.guide,
        }
        for kind, reader in readers.items()
    }  # fmt: skip
