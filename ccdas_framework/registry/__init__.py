"""Registry of installed components: hooks, loading of plugins, types of recipes and readers."""

from .hookspecs import hookimpl
from .reader_types import ImportedData, ProductReader, ScreenedSeries
from .recipe_types import ObservationRecord, RecipeDomain, RecipeOutput
from .report_types import ReportSection

__all__ = [
    "ImportedData",
    "ObservationRecord",
    "ProductReader",
    "RecipeDomain",
    "RecipeOutput",
    "ReportSection",
    "ScreenedSeries",
    "hookimpl",
]
