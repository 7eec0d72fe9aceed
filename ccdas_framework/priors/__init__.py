"""Prior knowledge of the control vector."""

from .flat import Flat
from .gaussian import Gaussian

__all__ = ["Flat", "Gaussian"]
