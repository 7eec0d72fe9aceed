"""Computations of the commands of `ccdas transport`, from paths and settings to results."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar

import attrs
import numpy as np
from attrs import frozen

from ccdas_framework import InvalidInput, atomic_write

from .analytic import AnalyticSettings, analytic_jacobian_at
from .converters import ConverterInputs, check_kind, converted_jacobian
from .flux_file import read_flux
from .jacobian import TransportJacobian
from .jacobian_file import read_locations, write_jacobian
from .jacobian_grid import JacobianGrid
from .output_folder import create_folder_of
from .station_locations import StationLocations, check_locations
from .stations import Stations
from .tracer import Transport, TransportSettings
from .twelve_boxes import twelve_box_jacobian

TRANSPORTS = ("winds", "twelve_boxes", "analytic")
Component = TypeVar("Component")
Report = Callable[[str], None]


@frozen(eq=False)
class ForwardRun:
    """Mole fractions at stations by a forward run.

    Args:
        ppm: monthly means, shape (month, station).
        months: datetime64[M], shape (month,).
        stations: location of the stations.
        attributes: settings and inputs, for the file.
    """

    ppm: np.ndarray
    months: np.ndarray
    stations: Stations
    attributes: dict[str, Any]


@frozen(eq=False)
class JacobianResult:
    """A Jacobian with what its file needs.

    Args:
        jacobian: the Jacobian.
        stations: location of its stations.
        attributes: settings and inputs, for the file.
    """

    jacobian: TransportJacobian
    stations: StationLocations
    attributes: dict[str, Any]


def component_from_settings(component: type[Component], settings: Mapping[str, Any]) -> Component:
    """A component from the settings of `--set`.

    Args:
        component: an attrs class.
        settings: settings by name.

    Raises:
        InvalidInput: an unknown name, or a value that the component refuses.
    """
    names = [field.alias for field in attrs.fields(component)]
    for name in settings:
        if name not in names:
            near = get_close_matches(name, names, n=1)
            hint = f" Did you mean '{near[0]}'?" if near else ""
            raise InvalidInput(
                f"--set {name}: there is no such setting.{hint} Settings: {', '.join(names)}.",
                code="unknown-key",
                where=f"--set {name}",
            )
    try:
        return component(**settings)
    except InvalidInput as cause:
        raise InvalidInput(f"--set: {cause}", code=cause.code, where=cause.where) from cause
    except (TypeError, ValueError) as cause:
        raise InvalidInput(
            f"--set: {cause.args[0] if cause.args else cause}",
            code="wrong-value",
            where="--set",
        ) from cause


def read_stations(path: Path, only: Sequence[str] | None = None) -> Stations:
    """Stations of a CSV file, or those of some ids."""
    stations = Stations.read(path)
    return stations if only is None else stations.take(only)


def run_forward(
    flux: Path,
    stations: Path,
    only: Sequence[str] | None,
    settings: Mapping[str, Any],
    winds: Path | None,
    initial: float,
    report: Report,
) -> ForwardRun:
    """Forward run from the fluxes of a file to stations.

    Args:
        flux: netCDF file of fluxes.
        stations: CSV file of stations.
        only: ids of the stations to take. None takes all.
        settings: settings of the transport by name.
        winds: netCDF file of winds. None takes the winds that ship.
        initial: mole fraction of the air at the start (ppm).
        report: called with the name of each stage.
    """
    if not 0.0 <= initial < np.inf:
        raise InvalidInput(
            f"--initial is {initial:g}; expected a mole fraction in ppm, 0 or more.",
            code="wrong-value",
            where="--initial",
        )
    transport_settings = component_from_settings(TransportSettings, settings)
    locations = read_stations(stations, only)
    report("winds and fluxes")
    transport = Transport.from_files(transport_settings, winds)
    emissions = read_flux(flux, transport.grid)
    report(f"{len(emissions.months)} months of transport to {len(locations)} stations")
    first = int(emissions.months[0].astype(int)) % 12 + 1
    ppm = transport.forward(emissions.rate, locations, first_month=first, initial=initial)
    attributes = {
        **transport.attributes(),
        **_input_attributes(flux=flux, stations=stations),
        "initial_ppm": initial,
    }
    return ForwardRun(ppm, emissions.months, locations, attributes)


def run_jacobian(
    transport: str,
    stations: Path,
    only: Sequence[str] | None,
    settings: Mapping[str, Any],
    winds: Path | None,
    report: Report,
    progress: Callable[[float], None] | None = None,
) -> JacobianResult:
    """The Jacobian of stations by one of the transports of this package.

    Args:
        transport: name in TRANSPORTS.
        stations, only, settings, winds, report: as for `run_forward`.
        progress: called with the completed fraction.
    """
    if transport not in TRANSPORTS:
        raise InvalidInput(
            f"--transport {transport}: there is no such transport. Choose among "
            f"{', '.join(TRANSPORTS)}.",
            code="unknown-transport",
            where="--transport",
        )
    if transport != "winds" and winds is not None:
        raise InvalidInput(
            f"--transport {transport} has no winds; leave --winds out.",
            code="unused-option",
            where="--winds",
        )
    locations = read_stations(stations, only)
    inputs = _input_attributes(stations=stations)
    if transport == "winds":
        # the setting also has the name of the operator's setting
        settings = {"memory" if n == "memory_months" else n: v for n, v in settings.items()}
        transport_settings = component_from_settings(TransportSettings, settings)
        report("winds")
        model = Transport.from_files(transport_settings, winds)
        report(
            f"{transport_settings.memory} months of transport back from {len(locations)} stations"
        )
        jacobian = model.response(locations, progress)
        return JacobianResult(jacobian, locations, {**model.attributes(), **inputs})
    if transport == "twelve_boxes":
        grid = component_from_settings(JacobianGrid, settings)
        report(f"{grid.memory_months} months of transport for {len(locations)} stations")
        jacobian = twelve_box_jacobian(locations.id, locations.latitude, locations.altitude, grid)
    else:
        grid = component_from_settings(AnalyticSettings, settings)
        report(f"{grid.memory_months} months of transport for {len(locations)} stations")
        jacobian = analytic_jacobian_at(locations, grid)
    attributes = {"transport": transport, **_setting_attributes(grid), **inputs}
    return JacobianResult(jacobian, locations, attributes)


def run_convert(
    kind: str,
    source: Path,
    stations: Path | None,
    only: Sequence[str] | None,
    inputs: ConverterInputs,
    settings: Mapping[str, Any],
    report: Report,
) -> JacobianResult:
    """The Jacobian of another model's transport.

    Args:
        kind: kind of the source, in `converters.KINDS`.
        source: file or folder.
        stations: CSV file of stations. None takes the stations of a Jacobian file.
        only: ids of the stations to take. None takes all.
        inputs: further files.
        settings: settings of the Jacobian by name.
        report: called with the name of the stage.
    """
    check_kind(kind)
    settings = dict(settings)
    if kind == "transcom" and "pulse_rate" in settings:
        files = {"patterns": inputs.patterns, "older": inputs.older}
        inputs = component_from_settings(
            ConverterInputs, files | {"pulse_rate": settings.pop("pulse_rate")}
        )
    grid = component_from_settings(JacobianGrid, settings)
    _check_paths(kind, source, inputs)
    locations = _converted_locations(kind, source, stations, only, inputs.older)
    report(f"{kind}: {source}")
    jacobian = converted_jacobian(kind, source, locations, grid, inputs)
    paths = {"source": source, "patterns": inputs.patterns, "older": inputs.older}
    attributes = {
        "transport": kind,
        **_setting_attributes(grid),
        **_input_attributes(**{name: path for name, path in paths.items() if path is not None}),
    }
    return JacobianResult(jacobian, locations, attributes)


def _converted_locations(
    kind: str,
    source: Path,
    stations: Path | None,
    only: Sequence[str] | None,
    older: Path | None,
) -> StationLocations | None:
    """Stations of a conversion, checked against the Jacobian file that it reads, if any."""
    locations = None if stations is None else read_stations(stations, only)
    jacobian_file = source if kind == "jacobian" else older
    if jacobian_file is None or (locations is None and kind != "jacobian"):
        return locations
    reference = read_locations(jacobian_file)
    if locations is None:
        return reference if only is None else reference.take(only)
    check_locations(locations, reference, f"the Jacobian file {jacobian_file}", str(stations))
    return locations


def _check_paths(kind: str, source: Path, inputs: ConverterInputs) -> None:
    """Refuse files that do not exist or that this kind does not use."""
    for option, path, kinds in (
        ("--patterns", inputs.patterns, ("transcom", "geoschem", "tm5")),
        ("--older", inputs.older, ("footprint", "stilt", "flexpart")),
    ):
        if path is not None and kind not in kinds:
            raise InvalidInput(
                f"--kind {kind} does not use {option}, only {', '.join(kinds)} do. Leave it out.",
                code="unused-option",
                where=option,
            )
        if path is not None and not path.is_file():
            raise InvalidInput(
                f"{kind}: there is no file {path}, which {option} names.",
                code="missing-file",
                where=option,
            )
    if not Path(source).exists():
        raise InvalidInput(
            f"{kind}: there is no file or folder {source}.",
            code="missing-file",
            where=str(source),
        )


def write_result(path: Path, result: JacobianResult) -> None:
    """Write a Jacobian file. An interrupted write leaves no file."""
    create_folder_of(path)
    stations = result.stations
    with atomic_write(path) as unfinished:
        write_jacobian(
            unfinished, result.jacobian, stations.latitude, stations.longitude,
            result.attributes, stations.altitude,
        )  # fmt: skip


def _input_attributes(**paths: Path) -> dict[str, str]:
    """Name and checksum of input files, as attributes."""
    out = {}
    for name, path in paths.items():
        out[f"input_{name}"] = Path(path).name
        if Path(path).is_file():
            out[f"input_{name}_sha256"] = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    return out


def _setting_attributes(settings: JacobianGrid) -> dict[str, Any]:
    """Settings as attributes of netCDF: truth values as 0 and 1, tuples as lists."""
    out: dict[str, Any] = {}
    for name, value in attrs.asdict(settings).items():
        if isinstance(value, bool):
            out[name] = int(value)
        else:
            out[name] = list(value) if isinstance(value, tuple) else value
    return out
