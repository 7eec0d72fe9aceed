"""Respiration of plants and soil, after the time loop: nothing here feeds back on it."""
