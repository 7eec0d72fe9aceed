"""A coarse three-dimensional transport of tracers, driven by winds, and its adjoint."""

from .model import Transport
from .settings import TransportSettings
from .stations import Stations

__all__ = ["Stations", "Transport", "TransportSettings", "prove"]


def prove(data, out):
    """Run the transport against a full model and write tables and figures; see `proof.prove`."""
    from .proof import prove as run

    return run(data, out)
