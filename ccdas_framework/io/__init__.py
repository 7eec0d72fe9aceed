"""Where data enter and leave: files, units, calendars and labels are settled here."""

from .forcing import read_forcing
from .observation_records import write_observation_record
from .observations import read_observations
from .results import RunFolder, Simulated, folder_problem, read_checkpoint
from .units import convert

__all__ = [
    "RunFolder",
    "Simulated",
    "convert",
    "folder_problem",
    "read_checkpoint",
    "read_forcing",
    "read_observations",
    "write_observation_record",
]
