"""Where data enter and leave: files, units, calendars and labels are settled here."""

from .forcing import read_forcing
from .observations import read_observations, write_observations
from .units import convert

__all__ = ["convert", "read_forcing", "read_observations", "write_observations"]
