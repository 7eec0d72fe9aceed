"""Output: the folders of runs and studies, and the netCDF files in them."""

from .run_folder import RunFolder, folder_problem, read_checkpoint
from .simulated_datasets import Simulated

__all__ = ["RunFolder", "Simulated", "folder_problem", "read_checkpoint"]
