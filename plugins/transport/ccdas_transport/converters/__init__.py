"""Transport of other models, converted to the Jacobian file of the operator."""

from __future__ import annotations

from pathlib import Path

from attrs import field, frozen
from attrs.validators import gt

from ccdas_framework import InvalidInput, is_number

from ..grid import TransportGrid

KINDS = {
    "transcom": "responses to basis functions of TransCom 3 (tracer_data_month), with --patterns",
    "geoschem": "runs.csv and the perturbation runs of GEOS-Chem that it lists",
    "tm5": "runs.csv and the perturbation runs of TM5 that it lists",
    "footprint": "footprint(receptor, time, latitude, longitude)",
    "stilt": "folder of *_foot.nc of STILT",
    "flexpart": "folder of grid_time_*.nc of backward runs of FLEXPART",
    "jacobian": "a Jacobian in the operator's form, on another grid",
}


@frozen
class Extras:
    """What only some kinds need.

    Args:
        patterns: file of the patterns of regions.
        older: Jacobian file that stands where footprints do not reach.
        pulse_rate: of the pulses of TransCom, during their month (PgC yr-1).
    """

    patterns: Path | None = None
    older: Path | None = None
    pulse_rate: float = field(default=1.0, validator=[is_number, gt(0.0)])


def check_kind(kind):
    """Refuse a kind of transport that is not of KINDS."""
    if kind not in KINDS:
        told = "; ".join(f"{name}: {what}" for name, what in KINDS.items())
        raise InvalidInput(f"there is no kind of transport '{kind}'. Known are {told}.")


def converted(kind, path, stations, grid=None, memory=48, pgc_per_ppm=2.124, extras=None):
    """The Jacobian that a file or folder of another transport model holds.

    Args:
        kind: of KINDS.
        path: file or folder.
        stations: `Stations` that are wanted; None takes all of a Jacobian file.
        grid: transport grid of the experiment; by default that of TM2.
        memory: months since the emission.
        pgc_per_ppm: PgC ppm-1.
        extras: `Extras`.

    Raises:
        InvalidInput: the kind is unknown, or the input is not of that kind.
    """
    check_kind(kind)
    extras = extras or Extras()
    grid = grid or TransportGrid()
    if kind == "jacobian":
        from .regridded_jacobian import regridded_jacobian

        names = None if stations is None else stations.id
        return regridded_jacobian(path, names, grid, memory, pgc_per_ppm)
    if stations is None:
        raise InvalidInput(
            f"{kind}: which stations? Give a CSV file with the columns id, lat, lon, alt_m in "
            "--stations."
        )
    asked = path, stations, grid, memory, pgc_per_ppm
    if kind == "transcom":
        from .transcom import transcom_jacobian

        return transcom_jacobian(*asked, extras.patterns, extras.pulse_rate)
    if kind in ("geoschem", "tm5"):
        from .model_runs import model_run_jacobian

        return model_run_jacobian(*asked, extras.patterns, kind)
    return _of_footprints(kind, *asked, extras.older)


def _of_footprints(kind, path, stations, grid, memory, pgc_per_ppm, older):
    """The Jacobian of footprints of any kind."""
    from .flexpart import read_flexpart
    from .footprints import footprint_jacobian, read_footprints
    from .regridded_jacobian import regridded_jacobian
    from .stilt import read_stilt

    read = {"footprint": read_footprints, "stilt": read_stilt, "flexpart": read_flexpart}[kind]
    beyond = None
    if older is not None:
        beyond = regridded_jacobian(older, stations.id, grid, memory, pgc_per_ppm)
    where = f"{kind}: {path}"
    footprints = read(path, stations)
    return footprint_jacobian(footprints, stations, grid, memory, pgc_per_ppm, beyond, where)
