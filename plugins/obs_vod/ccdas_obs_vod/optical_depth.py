"""Optical depth of a column from its biomass and leaves, and of a cell from its columns."""

from __future__ import annotations

from ccdas_framework import Array, Namespace, by_cell

DAYS_PER_YEAR = 365.0  # d yr-1, turns a mean daily flux into a yearly one
MG_HA_PER_G_M2 = 0.01  # Mg ha-1 per g m-2
# MgC per Mg of dry matter of wood, the default of IPCC (2006), Guidelines for National Greenhouse
# Gas Inventories, volume 4, table 4.3
CARBON_FRACTION = 0.47


def smooth_maximum(x: Array, floor: Array, width: Array, xp: Namespace) -> Array:
    """Larger of x and a floor, with a continuous first derivative.

        max(x) = x + width exp(-(x - floor)/width - 1)   where x >= floor - width
        max(x) = floor                                   elsewhere

    Args:
        x: values, any shape.
        floor: lower limit of the result, units of x.
        width: width of the transition, units of x.

    Source: function `maxx` of the published CCDAS V2 source.
    """
    above = xp.maximum(x - floor, -width)  # the exponential cannot overflow where it is unused
    return xp.where(x >= floor - width, x + width * xp.exp(-above / width - 1.0), floor)


def biomass(npp: Array, turnover_time: Array, carbon_fraction: float = CARBON_FRACTION) -> Array:
    """Above-ground biomass (Mg ha-1 of dry matter) in balance with NPP.

        AGB = 0.01 NPP tau / c

    Args:
        npp: net primary production (gC m-2 yr-1), any shape.
        turnover_time: tau_eff (yr). It includes the share of NPP that becomes wood above ground.
        carbon_fraction: c, carbon of dry matter (1).
    """
    return npp * turnover_time * MG_HA_PER_G_M2 / carbon_fraction


def vod_from_biomass(
    biomass: Array, lai: Array, saturation: Array, slope: Array, vod_per_lai: Array, xp: Namespace
) -> Array:
    """Optical depth of a column (1), shape of `biomass` and `lai`.

        VOD = a atan(b AGB) + D_0 LAI

    Args:
        biomass: AGB (Mg ha-1).
        lai: leaf area index (m2 m-2).
        saturation: a (1); VOD of wood never exceeds a pi/2.
        slope: b (ha Mg-1).
        vod_per_lai: D_0 (1).

    Source: ESA study SMOS+Vegetation, whose report is not accessible: SMOS L-VOD fitted against the
        biomass map of Saatchi. On how L-VOD saturates see Rodriguez-Fernandez et al. (2018),
        Biogeosciences 15, 4627-4645.
    """
    return saturation * xp.arctan(slope * biomass) + vod_per_lai * lai


def cell_vod(
    vod: Array, column_fraction: Array, column_cell: Array, bare_fraction: Array, xp: Namespace
) -> Array:
    """Optical depth of a cell (1), shape (..., cell), from the area mean of transmissivity.

        exp(-VOD_g) = sum_v f_v exp(-VOD_v) + f_bare

    Args:
        vod: of each column, shape (..., column).
        column_fraction: area fraction of each column in its cell, shape (column,).
        column_cell: index of the cell of each column, shape (column,).
        bare_fraction: area fraction without columns, with optical depth 0, shape (cell,).
    """
    cells = bare_fraction.shape[0]
    transmissivity = by_cell(xp.exp(-vod), column_fraction, column_cell, cells, xp) + bare_fraction
    return -xp.log(transmissivity)
