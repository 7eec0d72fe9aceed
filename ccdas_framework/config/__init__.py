"""Configuration of experiments: every key is defined once, as a field of a section class."""

from .reader import read_section
from .section import Section, to_dict
from .sections import Config, read_config

__all__ = ["Config", "Section", "read_config", "read_section", "to_dict"]
