"""Transport of CO2 from surface fluxes to stations: Jacobians and a three-dimensional model."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ccdas_framework import hookimpl

# public name -> module that holds it; most need scipy or xarray, which are slow to import
_MODULES = {
    "AnalyticSettings": "analytic",
    "DAYS_OF_MONTH": "constants",
    "JacobianGrid": "jacobian_grid",
    "KG_PER_PGC": "constants",
    "PGC_PER_PPM": "constants",
    "SECONDS_PER_DAY": "constants",
    "StationLocations": "station_locations",
    "Stations": "stations",
    "Transport": "tracer",
    "TransportGrid": "grid",
    "TransportJacobian": "jacobian",
    "TransportSettings": "tracer",
    "analytic_jacobian": "analytic",
    "analytic_jacobian_at": "analytic",
    "carbon_factor": "flux_file",
    "calendar_months": "netcdf_input",
    "carbon_flux": "flux_file",
    "cell_shares": "grid",
    "check_labels": "station_locations",
    "land_share": "land_cover",
    "open_netcdf": "netcdf_input",
    "prove": "validation",
    "read_jacobian": "jacobian_file",
    "read_locations": "jacobian_file",
    "regridded": "grid",
    "shipped_jacobian": "tracer.shipped_files",
    "shipped_stations": "tracer.shipped_files",
    "twelve_box_jacobian": "twelve_boxes",
    "write_jacobian": "jacobian_file",
    "zonal_response": "analytic",
}

__all__ = [*_MODULES, "commands"]


@hookimpl
def commands(app: Any) -> None:
    """Add `ccdas transport`."""
    from .command_line import transport  # typer is slow to import

    app.add_typer(transport(), name="transport")


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return getattr(import_module(f".{_MODULES[name]}", __name__), name)
