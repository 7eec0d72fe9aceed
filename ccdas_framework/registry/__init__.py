"""The registry of installed components: hooks, loading of plugins, and the types of recipes."""

from .hookspecs import hookimpl
from .recipe_types import ObservationRecord, Places, Prepared

__all__ = ["ObservationRecord", "Places", "Prepared", "hookimpl"]
