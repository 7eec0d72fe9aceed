"""The lock around netCDF: its C libraries (HDF5 and netCDF-C) are not safe in several threads."""

from __future__ import annotations

from threading import RLock

# held while any netCDF file is open, for reading or writing; one thread may take it repeatedly
netcdf_lock = RLock()
