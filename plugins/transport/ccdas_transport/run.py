"""What the commands of `ccdas transport` do, from paths and settings to records and files."""

from __future__ import annotations

import hashlib
from pathlib import Path

import attrs
import numpy as np
from attrs import frozen

from ccdas_framework import InvalidInput, atomic_write

from .analytic import AnalyticSettings, analytic_jacobian
from .converters import Extras, check_kind, converted
from .flux_file import read_flux
from .jacobian_file import read_places, write_jacobian
from .jacobian_grid import JacobianGrid
from .output_folder import check_folder
from .station_locations import check_places
from .stations import Stations
from .tracer import Transport, TransportSettings
from .twelve_boxes import twelve_box_jacobian

KINDS = ("winds", "twelve_boxes", "analytic")


@frozen(eq=False)
class Forward:
    """Mole fractions at stations by a forward run.

    Args:
        ppm: monthly means, shape (month, station).
        months: datetime64[M], shape (month,).
        stations: where.
        attributes: what made it and from what.
    """

    ppm: np.ndarray
    months: np.ndarray
    stations: Stations
    attributes: dict


def made_from(component, given):
    """A component from the settings of `--set`.

    Args:
        component: an attrs class.
        given: settings by name.

    Raises:
        InvalidInput: an unknown name, or a value that the component refuses.
    """
    from difflib import get_close_matches

    known = [field.alias for field in attrs.fields(component)]
    for name in given:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = f" Did you mean '{near[0]}'?" if near else ""
            raise InvalidInput(
                f"--set {name}: there is no such setting.{hint} Known are {', '.join(known)}."
            )
    try:
        return component(**given)
    except (TypeError, ValueError) as cause:
        raise InvalidInput(f"--set: {cause.args[0] if cause.args else cause}") from cause


def read_stations(path, only=None):
    """Stations of a CSV file, all or those of the ids given."""
    stations = Stations.read(path)
    return stations if only is None else stations.take(only)


def run_forward(flux, stations, only, given, winds, initial, tell):
    """Fluxes of a file carried to stations.

    Args:
        flux, stations, winds: paths; `winds` may be None.
        only: ids of the stations to take, or None.
        given: settings of the transport by name.
        initial: mole fraction of the air at the start (ppm).
        tell: called with what comes next.
    """
    if not 0.0 <= initial < np.inf:
        raise InvalidInput(f"--initial is {initial:g}; expected a mole fraction in ppm, 0 or more.")
    settings = made_from(TransportSettings, given)
    places = read_stations(stations, only)
    tell("winds and fluxes")
    transport = Transport.from_files(settings, winds)
    emitted = read_flux(flux, transport.grid)
    tell(f"{len(emitted.months)} months of transport to {len(places)} stations")
    first = int(emitted.months[0].astype(int)) % 12 + 1
    ppm = transport.forward(emitted.rate, places, first_month=first, initial=initial)
    attributes = {**transport.attributes(), **_inputs(flux=flux, stations=stations)}
    return Forward(ppm, emitted.months, places, {**attributes, "initial_ppm": initial})


def run_jacobian(kind, stations, only, given, winds, tell, progress=None):
    """The Jacobian of stations by one of the transports of this package.

    Args:
        kind: of KINDS.
        stations, only, given, winds, tell: as for `run_forward`.
        progress: called with the share that is done.

    Returns:
        The Jacobian, its stations and attributes for its file.
    """
    if kind not in KINDS:
        raise InvalidInput(
            f"--transport {kind}: there is no such transport. Known are {', '.join(KINDS)}."
        )
    if kind != "winds" and winds is not None:
        raise InvalidInput(f"--transport {kind} knows no winds; leave --winds out.")
    places = read_stations(stations, only)
    source = _inputs(stations=stations)
    if kind == "winds":
        # by the name that the operator has for it too
        given = {"memory" if name == "memory_months" else name: v for name, v in given.items()}
        settings = made_from(TransportSettings, given)
        tell("winds")
        transport = Transport.from_files(settings, winds)
        tell(f"{settings.memory} months of transport back from {len(places)} stations")
        made = transport.response(places, progress)
        return made, places, {**transport.attributes(), **source}
    settings = made_from(AnalyticSettings if kind == "analytic" else JacobianGrid, given)
    asked = settings.boxes, settings.memory_months, settings.pgc_per_ppm
    tell(f"{settings.memory_months} months of transport for {len(places)} stations")
    attributes = {"transport": kind, **_setting_attributes(settings), **source}
    if kind == "twelve_boxes":
        made = twelve_box_jacobian(places.id, places.latitude, places.altitude, *asked)
        return made, places, attributes
    high = places.altitude > settings.mountain_altitude
    surface = np.isin(places.id, settings.surface_stations) | ~high
    made = analytic_jacobian(
        places.id, places.latitude, places.longitude, surface, *asked, settings.local_term
    )
    return made, places, attributes


def run_convert(kind, source, stations, only, extras, given, tell):
    """The Jacobian of another model's transport, its stations and attributes for its file."""
    check_kind(kind)
    given = dict(given)
    if kind == "transcom" and "pulse_rate" in given:
        own = {"patterns": extras.patterns, "older": extras.older}
        extras = made_from(Extras, own | {"pulse_rate": given.pop("pulse_rate")})
    settings = made_from(JacobianGrid, given)
    _check_paths(kind, source, extras)
    places = None if stations is None else read_stations(stations, only)
    if kind == "jacobian":
        held = read_places(source)
        if places is None:
            places = held if only is None else held.take(only)
        else:
            check_places(places, held, f"the Jacobian file {source}", str(stations))
    elif places is not None and extras.older is not None:
        held = read_places(extras.older)
        check_places(places, held, f"the Jacobian file {extras.older}", str(stations))
    tell(f"{kind}: {source}")
    made = converted(
        kind, source, places, settings.boxes, settings.memory_months, settings.pgc_per_ppm, extras
    )
    files = {"source": source, "patterns": extras.patterns, "older": extras.older}
    attributes = {
        "transport": kind,
        **_setting_attributes(settings),
        **_inputs(**{name: path for name, path in files.items() if path is not None}),
    }
    return made, places, attributes


def _check_paths(kind, source, extras):
    """Refuse files that are not there, and those that this kind has no use for."""
    for option, path, kinds in (
        ("--patterns", extras.patterns, ("transcom", "geoschem", "tm5")),
        ("--older", extras.older, ("footprint", "stilt", "flexpart")),
    ):
        if path is not None and kind not in kinds:
            raise InvalidInput(
                f"{option} is of no use to --kind {kind}, only to {', '.join(kinds)}. Leave it out."
            )
        if path is not None and not path.is_file():
            raise InvalidInput(f"{kind}: there is no file {path}, which {option} names.")
    if not Path(source).exists():
        raise InvalidInput(f"{kind}: there is no file or folder {source}.")


def write_made(path, made, places, attributes):
    """A Jacobian file, whole or not at all."""
    check_folder(path)
    with atomic_write(path) as unfinished:
        place = places.latitude, places.longitude
        write_jacobian(unfinished, made, *place, attributes, places.altitude)


def _inputs(**paths):
    """Name and checksum of input files, as attributes."""
    out = {}
    for name, path in paths.items():
        out[f"input_{name}"] = Path(path).name
        if Path(path).is_file():
            out[f"input_{name}_sha256"] = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    return out


def _setting_attributes(settings):
    """Settings as attributes of netCDF: truth values as 0 and 1, tuples as lists."""
    return {
        name: int(value)
        if isinstance(value, bool)
        else list(value)
        if isinstance(value, tuple)
        else value
        for name, value in attrs.asdict(settings).items()
    }
