"""Output: the folders of runs and studies, and the netCDF files in them."""

from .run_folder import RunFolder, Simulated, folder_problem, read_checkpoint

__all__ = ["RunFolder", "Simulated", "folder_problem", "read_checkpoint"]
