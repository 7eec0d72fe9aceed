"""Jacobians from the transport of other models."""

from __future__ import annotations

from pathlib import Path

from attrs import field, frozen

from ccdas_framework import InvalidInput, in_range

from ..jacobian import TransportJacobian
from ..jacobian_grid import JacobianGrid
from ..station_locations import StationLocations
from .flexpart import read_flexpart
from .footprints import footprint_jacobian, read_footprints
from .model_runs import model_run_jacobian
from .regridded_jacobian import regridded_jacobian
from .stilt import read_stilt
from .transcom import transcom_jacobian

KINDS = {
    "transcom": "responses to basis functions of TransCom 3 (tracer_data_month), with --patterns",
    "geoschem": "runs.csv and the perturbation runs of GEOS-Chem that it lists",
    "tm5": "runs.csv and the perturbation runs of TM5 that it lists",
    "footprint": "footprint(receptor, time, latitude, longitude)",
    "stilt": "folder of *_foot.nc of STILT",
    "flexpart": "folder of grid_time_*.nc of backward runs of FLEXPART",
    "jacobian": "a Jacobian in the operator's form, on another grid",
}
FOOTPRINT_READERS = {
    "footprint": read_footprints,
    "stilt": read_stilt,
    "flexpart": read_flexpart,
}


@frozen
class ConverterInputs:
    """Inputs that only some kinds need.

    Args:
        patterns: file of the patterns of regions.
        older: Jacobian file used where footprints do not reach.
        pulse_rate: rate of the pulses of TransCom, during their month (PgC yr-1).
    """

    patterns: Path | None = None
    older: Path | None = None
    pulse_rate: float = field(default=1.0, validator=in_range(1e-12, 1e12))


def check_kind(kind: str) -> None:
    """Refuse a kind of transport that is not in KINDS."""
    if kind not in KINDS:
        kinds = "; ".join(f"{name}: {content}" for name, content in KINDS.items())
        raise InvalidInput(
            f"there is no kind of transport '{kind}'. Kinds: {kinds}.",
            code="unknown-kind",
            where="--kind",
        )


def converted_jacobian(
    kind: str,
    path: Path,
    stations: StationLocations | None,
    grid: JacobianGrid | None = None,
    inputs: ConverterInputs | None = None,
) -> TransportJacobian:
    """The Jacobian in a file or folder of another transport model.

    Args:
        kind: key of KINDS.
        path: file or folder.
        stations: stations of the Jacobian. None takes all stations of a Jacobian file.
        grid: boxes and months of the sources, and mass of the air.
        inputs: inputs that only some kinds need.

    Raises:
        InvalidInput: the kind is unknown, or the input is not of that kind.
    """
    check_kind(kind)
    inputs = inputs or ConverterInputs()
    grid = grid or JacobianGrid()
    if kind == "jacobian":
        return regridded_jacobian(path, None if stations is None else stations.id, grid)
    if stations is None:
        raise InvalidInput(
            f"{kind}: no stations. Give a CSV file with the columns id, lat, lon, alt_m in "
            "--stations.",
            code="missing-option",
            where="--stations",
        )
    if kind == "transcom":
        return transcom_jacobian(path, stations, grid, inputs.patterns, inputs.pulse_rate)
    if kind in ("geoschem", "tm5"):
        return model_run_jacobian(path, stations, grid, inputs.patterns, kind)
    older = None
    if inputs.older is not None:
        older = regridded_jacobian(inputs.older, stations.id, grid)
    footprints = FOOTPRINT_READERS[kind](path, stations)
    return footprint_jacobian(footprints, stations, grid, older, f"{kind}: {path}")
