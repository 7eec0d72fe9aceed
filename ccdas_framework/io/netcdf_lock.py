"""The lock around netCDF: its C libraries (HDF5 and netCDF-C) are not safe in several threads."""

from __future__ import annotations

from threading import RLock

netcdf_lock = RLock()
"""Lock to hold while a netCDF file is open; one thread may take it repeatedly."""
