"""Fossil emissions on grids, as prescribed fluxes."""
