"""Global attributes of the result files."""

from __future__ import annotations

from typing import Any

from ..core.control import Control
from ..io.data_kind import SYNTHETIC, DataKind, least_direct
from ..posterior import Estimate
from .experiment_data import ExperimentData

FEW = 8  # parameters of one owner that are named


def attributes(experiment: ExperimentData) -> dict[str, Any]:
    """Global attributes of every output: title, and kind of the input data."""
    section = experiment.config.experiment
    comment = section.comment
    if experiment.synthetic:
        comment = f"synthetic observations. {comment}".strip()
    forcing = DataKind.of(experiment.attributes.get("forcing", {}))
    of_streams = least_direct(stream_kind(experiment, name) for name in experiment.operators)
    return {
        "title": section.title or section.name,
        "comment": comment or None,
        "synthetic_observations": "yes" if experiment.synthetic else "no",
        **declared_attributes(of_streams),
        **declared_attributes(forcing, "forcing_"),
        "source": f"ccdas-framework, model {experiment.config.model.name}",
    }


def shared_attributes(control: Control) -> dict[str, str]:
    """Attribute of `result.nc` with the parameters that streams share, none where there is none."""
    pairs = [f"{'.'.join(own)} = {'.'.join(other)}" for own, other in control.shares.items()]
    return {"shared_parameters": ", ".join(pairs)} if pairs else {}


def stream_kind(experiment: ExperimentData, stream: str) -> DataKind | None:
    """Kind of the assimilated observations of a stream, or None where its file declares none."""
    if experiment.synthetic:
        return DataKind(SYNTHETIC)
    return DataKind.of(experiment.attributes.get(stream, {}))


def declared_attributes(kind: DataKind | None, prefix: str = "") -> dict[str, str]:
    """Attributes of a kind of data, none where its file declares none."""
    return {} if kind is None else kind.attributes(prefix)


def stationarity(estimate: Estimate) -> dict[str, str]:
    """Attributes of files with uncertainties: whether these are at a minimum."""
    return {
        "stationary": "yes" if estimate.distance.reached else "no",
        "distance_from_minimum": estimate.distance.sentence,
        "posterior": estimate.message,
    }


def time_coverage(experiment: ExperimentData) -> dict[str, str]:
    """Attributes with the first and the last day of the window."""
    domain = experiment.forcing.domain
    days = domain.time[domain.lead], domain.time[-1]
    return dict(zip(("time_coverage_start", "time_coverage_end"), map(str, days), strict=True))


def errors_of(control: Control) -> str:
    """Errors that the uncertainty of the targets holds, and parameters whose errors it lacks."""
    optimised = "; ".join(f"{owner}: {names}" for owner, names in _named(control, True).items())
    fixed = "; ".join(f"{owner}: {names}" for owner, names in _named(control, False).items())
    also = "weather and other input, structure of the model"
    return f"{optimised or 'none'}. Without: {f'{fixed}; ' if fixed else ''}{also}"


def _named(control: Control, active: bool) -> dict[str, str]:
    """Names of the optimised or of the fixed parameters of each owner, or their number."""
    names: dict[str, dict[str, None]] = {}
    for element in control.elements:
        if (element.position >= 0) == active:
            names.setdefault(element.owner, {})[element.parameter.name] = None
    return {
        owner: ", ".join(of_owner) if len(of_owner) <= FEW else f"{len(of_owner)} parameters"
        for owner, of_owner in names.items()
    }


def target_attributes(experiment: ExperimentData) -> dict[str, str]:
    """Attributes of `targets.nc`: window, errors, regions of the tables, and omitted periods."""
    targets, forcing = experiment.targets, experiment.attributes.get("forcing", {})
    of_forcing = experiment.config.targets.regions is None and "regions" in forcing
    regions = str(forcing["regions"]) if of_forcing else targets.regions
    about = time_coverage(experiment) | ({"regions": regions} if regions else {})
    about["errors_of"] = errors_of(experiment.control)
    return {**about, "left_out": " ".join(targets.left_out)} if targets.left_out else about
