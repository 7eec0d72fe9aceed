"""Latitude-longitude grids as plain arrays: areas, edges, overlap, zonal sums and months."""

from .edges import (
    bounds_around,
    eastward,
    even_edges,
    is_nearly_even,
    joined_edges,
    latitude_edges,
    midpoint_edges,
)
from .months import (
    calendar_months,
    complete_months,
    days_in_month,
    is_consecutive,
    month_numbers,
    months_between,
)
from .overlap import (
    first_overlap,
    overlap_by_area,
    overlap_by_degrees,
    overlap_by_longitude,
    regridded,
    share_of_overlap,
)
from .sphere import EARTH_RADIUS, cell_area, great_circle_distance, grid_area, wrapped_longitude
from .zonal import distribute_zonally, row_shares

__all__ = [
    "EARTH_RADIUS",
    "bounds_around",
    "calendar_months",
    "cell_area",
    "complete_months",
    "days_in_month",
    "distribute_zonally",
    "eastward",
    "even_edges",
    "first_overlap",
    "great_circle_distance",
    "grid_area",
    "is_consecutive",
    "is_nearly_even",
    "joined_edges",
    "latitude_edges",
    "midpoint_edges",
    "month_numbers",
    "months_between",
    "overlap_by_area",
    "overlap_by_degrees",
    "overlap_by_longitude",
    "regridded",
    "row_shares",
    "share_of_overlap",
    "wrapped_longitude",
]
