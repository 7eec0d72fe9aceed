"""What every model and operator has to be true to: the checks a plugin's own tests run."""

from .case import Case
from .check import Check
from .suite import checks_for

__all__ = ["Case", "Check", "checks_for"]
