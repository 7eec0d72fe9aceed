"""Soil moisture and vegetation optical depth of satellites and probes."""
