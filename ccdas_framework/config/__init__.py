"""Configuration: every key is defined once, as a field of a section class.

A package reads tables of its own with a `Section` whose fields are made by the functions of
`ccdas_framework.config.keys`, and `read_section`, which adds to `Findings` all that is wrong.
"""

from ..core.errors import Findings
from .reader import read_section
from .section import Section, to_dict
from .sections import Config, read_config

__all__ = ["Config", "Findings", "Section", "read_config", "read_section", "to_dict"]
