"""Names of product variables in CF and in the conventions of CMIP and ILAMB.

Source: CF Standard Name Table; CMIP6 data request, tables Lmon and Amon.
"""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from ..core.units import same_units
from ..core.variables import Variable

CARBON = "_expressed_as_carbon"


@frozen
class CfName:
    """Name of a variable in a product.

    Args:
        name: of the variable.
        standard_name: of CF; "" where there is none.
    """

    name: str
    standard_name: str = ""


_EXCHANGE = "mass_flux_of_carbon_dioxide" + CARBON + "_due_to_"
NAMES: Mapping[str, CfName] = {
    "gpp": CfName("gpp", "gross_primary_productivity_of_biomass" + CARBON),
    "npp": CfName("npp", "net_primary_productivity_of_biomass" + CARBON),
    "nep": CfName(
        "nep",
        f"surface_net_downward_{_EXCHANGE}"
        "all_land_processes_excluding_anthropogenic_land_use_change",
    ),
    "autotrophic_respiration": CfName("ra", f"surface_upward_{_EXCHANGE}plant_respiration"),
    "heterotrophic_respiration": CfName(
        "rh", f"surface_upward_{_EXCHANGE}heterotrophic_respiration"
    ),
    "evapotranspiration": CfName("evspsbl", "water_evapotranspiration_flux"),
    "lai": CfName("lai", "leaf_area_index"),
    "fapar": CfName(
        "fapar",
        "fraction_of_surface_downwelling_photosynthetic_radiative_flux_absorbed_by_vegetation",
    ),
    "soil_moisture": CfName("soil_moisture", "volume_fraction_of_condensed_water_in_soil"),
}
# our spelling of units -> UDUNITS; 1 mm of water is 1 kg m-2
UNITS = {
    "gC m-2 d-1": "g m-2 d-1", "gC m-2": "g m-2", "mm d-1": "kg m-2 d-1", "mm": "kg m-2",
    "m2 m-2": "1", "m3 m-3": "1",
}  # fmt: skip


def cf_name(variable: Variable) -> CfName:
    """Name of a field in a product; its own where CF has none."""
    return NAMES.get(variable.name, CfName(variable.name))


def cf_units(variable: Variable) -> str:
    """Unit of a field in UDUNITS, with the same numbers."""
    matches = (cf for ours, cf in UNITS.items() if same_units(variable.units, ours))
    return next(matches, variable.units)
