"""Input and shared formats: files, units, calendars and labels are settled here."""

from .forcing import read_forcing
from .observation_files import read_observations
from .observation_records import write_observation_record
from .unit_conversion import convert

__all__ = ["convert", "read_forcing", "read_observations", "write_observation_record"]
