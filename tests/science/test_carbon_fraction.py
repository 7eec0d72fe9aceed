"""Biomass has one carbon fraction, and one share of it above ground, in all packages."""

from ccdas_models_bethy import constants
from ccdas_obs_vod import map_files
from ccdas_obs_vod import optical_depth as operator
from ccdas_recipes import optical_depth as recipe


def test_the_operator_and_the_maps_of_the_recipes_share_the_carbon_fraction_of_wood():
    """0.47 is the default of IPCC (2006), volume 4, table 4.3."""
    assert operator.CARBON_FRACTION == recipe.CARBON_FRACTION == 0.47


def test_the_command_and_the_recipes_share_the_part_above_ground():
    assert map_files.LIVE_OVER_ABOVE_GROUND == recipe.ROOTS


def test_leaf_litter_keeps_the_carbon_of_the_published_leaf_area():
    """450 gC per kg of leaves belongs to the specific leaf area of BETHY; no biomass has it."""
    assert constants.DRY_MATTER_CARBON == 0.45
