"""A coarse three-dimensional transport of tracers, driven by winds, and its adjoint."""

from .model import Transport
from .settings import TransportSettings

__all__ = ["Transport", "TransportSettings"]
