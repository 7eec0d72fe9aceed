"""Flux towers: half-hourly to monthly fluxes, soil moisture and weather."""
