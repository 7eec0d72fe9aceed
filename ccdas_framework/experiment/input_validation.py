"""Required contents of input files, from the declarations of components, and their validation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..config.components import required_component
from ..core.errors import Findings, InvalidExperiment
from ..installed import registry
from ..io import read_forcing, read_observations
from .input_files import DEFAULT_DATA
from .recipe_inputs import begin

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


def described(stream: str | None, model: str | None, settings: Mapping[str, Any]) -> str:
    """Required contents of a forcing file, or of the observation file of a stream.

    Raises:
        InvalidExperiment: an unknown component or setting.
    """
    if stream is not None:
        observed = _component("observation_operators", stream, {}).observes
        variables = OBSERVATIONS.format(units=f"'{observed.units}'")
        return f"Observations for '{stream}': netCDF, dimension obs\n\n{variables}"
    lines = [f"Forcing for model '{model}': CF netCDF, daily, standard calendar, no gaps", ""]
    for variable in _component("process_models", model, settings).requires:
        shape = f"{variable.name}({', '.join(variable.dims)})"
        valid = variable.valid_range
        extent = f"  {valid[0]:g} to {valid[1]:g}" if valid else ""
        note = "  optional" if variable.optional else ""
        lines.append(f"{shape:42s} {variable.units:8s} {variable.long_name}{extent}{note}")
    return "\n".join([*lines, "", GRID])


def validated(
    file: Path, stream: str | None, model: str | None, settings: Mapping[str, Any]
) -> str:
    """A line on the contents of a valid file; raises InvalidExperiment with the findings."""
    findings = Findings()
    if stream is not None:
        operator = _component("observation_operators", stream, {})
        observations = read_observations(
            file, operator.observes, findings,
            interval=operator.interval, columns=operator.columns,
        )  # fmt: skip
        if observations is not None and not findings:
            return f"{file} is fit for stream '{stream}': {len(observations)} observations."
        raise InvalidExperiment(findings)
    required = _component("process_models", model, settings).requires
    forcing = read_forcing(file, required, findings=findings)
    if forcing is None or findings:
        raise InvalidExperiment(findings)
    domain = forcing.domain
    return (
        f"{file} is fit for model '{model}': {domain.grid.cells} cells, {domain.grid.columns} "
        f"columns, {domain.time[domain.lead]} to {domain.time[-1]}."
    )


def prepared(recipe: str, out: Path, data: Path | None, settings: Mapping[str, Any]) -> str:
    """Make the input files of a recipe; returns a text on their use."""
    if data is None and DEFAULT_DATA.is_dir():
        data = DEFAULT_DATA
    components = registry()
    components.require_one("recipes", recipe)
    added = components.recipe_observations.get(recipe, {})
    begin(recipe, out, data, settings, recipes=components.recipes, added=added).write_all()
    names = ", ".join(sorted(path.name for path in out.glob("*.nc")))
    return f'{out}: {names}\nUse them with [inputs] folder = "{out}".'


def _component(kind: str, name: str | None, settings: Mapping[str, Any]) -> Any:
    return required_component(kind, str(name), settings, "command line")
