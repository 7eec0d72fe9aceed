"""Required contents of input files, from the declarations of components, and their validation."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..config.components import component, required_component
from ..config.reader import read_section
from ..config.sections import StreamSection
from ..core.domain import Domain
from ..core.errors import Findings
from ..engines.autograd_engine import AutogradEngine
from ..installed import registry
from ..io import read_forcing
from ..io.netcdf import open_netcdf
from ..io.reference_fields import AMOUNT, read_reference
from ..problem.blocks import blocks_of
from ..problem.drivers import BlockDrivers
from ..problem.stream_data import reasons_of
from .build import build, missing_values, no_observations
from .input_contents import stream_observations
from .input_files import DATA_VARIABLE
from .load import load_experiment_data
from .recipe_inputs import begin

SOURCE = "the command line"

GRID = (
    "latitude(cell), longitude(cell)            degrees; -180..180 or 0..360\n"
    "latitude_half_width(cell), longitude_half_width(cell)   degrees\n"
    "area(cell)                                 m2; from the cell's edges where left out\n"
    "region(cell)                               text, optional\n"
    "column_cell(column), column_fraction(column), column_class(column)\n"
    "or a plain CF grid: (time, latitude, longitude), class_fraction(class, latitude, longitude)"
)
OBSERVATIONS = (
    "observed(obs), observed_sd(obs)            in {units}; sd > 0\n"
    "time_start(obs), time_end(obs)             first and last day, both included;\n"
    "                                           or time(obs) with CF bounds, or of single days\n"
    "latitude(obs), longitude(obs), altitude(obs), label(obs)\n"
    "further (obs) variables are passed to the operator"
)


def described(stream: str | None, model: str, settings: Mapping[str, Any]) -> str:
    """Required contents of a forcing file, or of the observation file of a stream.

    Raises:
        InvalidExperiment: an unknown component or setting.
    """
    if stream is not None:
        observed = _operator(stream, settings)[1].observes
        variables = OBSERVATIONS.format(units=f"'{observed.units}'")
        return f"Observations for '{stream}': netCDF, dimension obs\n\n{variables}"
    lines = [f"Forcing for model '{model}': CF netCDF, daily, standard calendar, no gaps", ""]
    for variable in required_component("process_models", model, settings, SOURCE).requires:
        shape = f"{variable.name}({', '.join(variable.dims)})"
        valid = variable.valid_range
        extent = f"  {valid[0]:g} to {valid[1]:g}" if valid else ""
        note = "  optional" if variable.optional else ""
        lines.append(f"{shape:42s} {variable.units:8s} {variable.long_name}{extent}{note}")
    return "\n".join([*lines, "", GRID])


def validated(file: Path, stream: str | None, model: str, settings: Mapping[str, Any]) -> str:
    """A line on the contents of a file that a run accepts.

    Args:
        file: netCDF file of forcing, of observations, or of references by latitude.
        stream: name of the observations; None for the others.
        model: process model of the forcing.
        settings: keys of the table of the stream, or settings of the model.

    Raises:
        InvalidExperiment: findings about the file, the component or its settings.
    """
    findings = Findings()
    if stream is None:
        if reference := _reference(file, findings):
            return reference
        _require_no_observations(file)
        return _forcing(file, model, settings, findings)
    section, operator = _operator(stream, settings)
    observations = stream_observations(file, stream, operator, section, findings)
    findings.raise_if_any()
    assert observations is not None
    count = len(observations)
    if count and np.isnan(observations.values).all():
        return (
            f"{file} is fit for stream '{stream}' in a design, and in a run with [truth]: {count} "
            "places and times without values. Other runs refuse it."
        )
    dropped = observations.dropped
    findings.extend(missing_values(stream, observations.values))
    if not count:
        findings.append(no_observations(stream, reasons_of(dropped)))
    findings.raise_if_any()
    without = int(np.isnan(observations.sd).sum())
    errors = (
        f" {without} have no error; its operator sets one, or a run refuses." if without else ""
    )
    return (
        f"{file} is fit for stream '{stream}': {_counts(count, dropped)}.{errors} The grid, window "
        "and masks of an experiment may drop some, which --experiment shows."
    )


def declared_stream(file: Path) -> tuple[str | None, dict[str, Any]]:
    """Stream that an imported file of observations is made for, with the keys of its table.

    None and no keys where the file declares none.
    """
    findings = Findings()
    opened = open_netcdf(file, findings) if file.is_file() else None
    if opened is None or "observed" not in opened.dataset.variables:
        return None, {}
    attributes = opened.dataset.attrs
    keys = tomllib.loads(str(attributes.get("stream_settings", "")))
    return (str(attributes["stream"]) if "stream" in attributes else None), keys


def _counts(count: int, dropped: Mapping[str, int]) -> str:
    """Number of observations, and of those dropped, in words."""
    if not dropped:
        return f"{count} observations"
    read = count + sum(dropped.values())
    return f"{count} of {read} observations; dropped: {reasons_of(dropped)}"


def _operator(stream: str, settings: Mapping[str, Any]) -> tuple[StreamSection, Any]:
    """The section and the operator of a stream, from the keys of its table."""
    findings, where = Findings(), f"streams.{stream}"
    section = read_section(StreamSection, settings, where, SOURCE, findings)
    name, folders = section.operator or stream, (Path.cwd(),)
    kind = "observation_operators"
    operator = component(kind, name, section.settings, where, SOURCE, folders, findings)
    findings.raise_if_any()
    return section, operator


def validated_in(
    file: Path, stream: str | None, experiment: str, model: str | None, settings: Mapping[str, Any]
) -> str:
    """A line on a file that an experiment accepts in place of its own.

    Args:
        file: netCDF file of forcing, or of observations.
        stream: name of the observations; None for forcing.
        experiment: TOML file or installed experiment.
        model: process model instead of that of the experiment.
        settings: dotted keys over those of the experiment.

    Raises:
        InvalidExperiment: all findings about the experiment with this file.
    """
    if stream is None:
        _require_no_observations(file)
    key = "inputs.forcing" if stream is None else f"streams.{stream}.observations"
    streams = None if stream is None else [stream]
    changed = {**settings, key: str(file.absolute())}
    loaded = load_experiment_data(experiment, streams, model, settings=changed)
    problem = build(loaded)
    if stream is None:
        return f"{file} is fit for experiment '{experiment}': {_extent(loaded.forcing.domain)}."
    data = problem.streams[stream]
    counts = _counts(len(data.values), data.dropped)
    return f"{file} is fit for stream '{stream}' of experiment '{experiment}': {counts}."


def _require_no_observations(file: Path) -> None:
    """Refuse a file of observations without the name of its stream."""
    findings = Findings()
    opened = open_netcdf(file, findings)
    if opened is not None and "observed" in opened.dataset.variables:
        message = (
            f"{file} has a variable 'observed' and holds observations, not forcing. Name their "
            "stream with --stream."
        )
        findings.add("missing-option", "--stream", message)
    findings.raise_if_any()


def _reference(file: Path, findings: Findings) -> str:
    """A line on a file of references by latitude, "" for another file."""
    opened = open_netcdf(file, Findings()) if file.is_file() else None
    if opened is None or AMOUNT not in opened.dataset.variables:
        return ""
    with opened.dataset as dataset:
        units = str(dataset[AMOUNT].attrs.get("units", ""))
    reference = read_reference(file, units, findings)
    findings.raise_if_any()
    assert reference is not None
    return (
        f"{file} is fit for evaluation.NAME.reference: {', '.join(reference.names)}, in '{units}' "
        f"on {len(reference.south)} rows of latitude, {reference.months[0]} to "
        f"{reference.months[-1]}."
    )


def _forcing(file: Path, name: str, settings: Mapping[str, Any], findings: Findings) -> str:
    """A line on forcing of which a model has made its drivers."""
    model = required_component("process_models", name, settings, SOURCE)
    spin_up = model.spin_up_years
    forcing = read_forcing(file, model.requires, spin_up_years=spin_up, findings=findings)
    findings.raise_if_any()
    assert forcing is not None
    BlockDrivers(name, model, blocks_of(forcing, 1), AutogradEngine())[0]
    return f"{file} is fit for model '{name}': {_extent(forcing.domain)}."


def _extent(domain: Domain) -> str:
    """Cells, columns and days, in words."""
    return (
        f"{domain.grid.cells} cells, {domain.grid.columns} columns, {domain.time[domain.lead]} to "
        f"{domain.time[-1]}"
    )


def prepared(recipe: str, out: Path, data: Path | None, settings: Mapping[str, Any]) -> str:
    """Make the input files of a recipe; returns a text on their use."""
    if data is None and os.environ.get(DATA_VARIABLE):
        data = Path(os.environ[DATA_VARIABLE])
    components = registry()
    components.require_one("recipes", recipe)
    added = components.recipe_observations.get(recipe, {})
    begin(recipe, out, data, settings, recipes=components.recipes, added=added).write_all()
    names = ", ".join(sorted(path.name for path in out.glob("*.nc")))
    return f'{out}: {names}\nUse them with [inputs] folder = "{out}".'
