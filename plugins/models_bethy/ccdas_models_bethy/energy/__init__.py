"""Radiation budget, evaporative demand and the response of stomata to water supply."""
