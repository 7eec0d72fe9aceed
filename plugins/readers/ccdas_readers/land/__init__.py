"""Soil and land cover from maps, as properties of the cells of a forcing file."""
