"""The registry of installed components: hooks, loading of plugins, and the types of recipes."""

from .hookspecs import hookimpl
from .recipe_types import ObservationRecord, RecipeDomain, RecipeOutput

__all__ = ["ObservationRecord", "RecipeDomain", "RecipeOutput", "hookimpl"]
