"""Readers of data products for `ccdas data import`."""

from __future__ import annotations

from ccdas_framework import hookimpl

__all__ = ["readers"]


@hookimpl
def readers() -> dict[str, type]:
    """Readers by kind."""
    from .co2.icos_atc import IcosAtc
    from .co2.noaa_gml import NoaaGml
    from .co2.obspack import ObsPack
    from .co2.scripps import Scripps
    from .co2.wdcgg import Wdcgg
    from .columns.xco2 import Oco2Lite, Tccon
    from .fluxes.carbon_budget import CarbonBudget
    from .fluxes.fossil import Cdiac, Edgar
    from .fluxes.inversions import CarbonTracker
    from .fluxes.other_inversions import CamsInversion, CarboScope
    from .forcing.cmip import Cmip
    from .forcing.cru_ts import CruTs
    from .forcing.era5 import Era5
    from .forcing.reanalyses import Gldas, Merra2
    from .land.cover_maps import EsaCciLandCover
    from .land.gsde import Gsde
    from .land.soil_maps import ClmSurfaceData, Hwsd
    from .soil_moisture.esa_cci import EsaCciSoilMoisture
    from .soil_moisture.ismn import Ismn
    from .soil_moisture.smap import SmapLevel2, SmapLevel3
    from .soil_moisture.smos_ic import SmosIc
    from .soil_moisture.smos_level2 import SmosLevel2
    from .soil_moisture.smos_level3 import SmosLevel3
    from .soil_moisture.tuw_cell import TuwCell
    from .towers.ameriflux_base import AmeriFluxBase
    from .towers.fluxnet import Fluxnet
    from .towers.plumber2 import Plumber2
    from .vegetation.appeears import Appeears
    from .vegetation.c3s import C3sVegetation
    from .vegetation.gosif import Gosif

    return {
        "ameriflux_base": AmeriFluxBase,
        "appeears": Appeears,
        "c3s_lai": C3sVegetation,
        "cams_inversion": CamsInversion,
        "carbontracker": CarbonTracker,
        "carboscope": CarboScope,
        "cdiac": Cdiac,
        "clm_surface": ClmSurfaceData,
        "cmip": Cmip,
        "cru_ts": CruTs,
        "edgar": Edgar,
        "era5": Era5,
        "esa_cci_lc": EsaCciLandCover,
        "esa_cci_sm": EsaCciSoilMoisture,
        "fluxnet": Fluxnet,
        "gldas": Gldas,
        "global_carbon_budget": CarbonBudget,
        "gosif": Gosif,
        "gsde": Gsde,
        "hwsd": Hwsd,
        "icos_atc": IcosAtc,
        "ismn": Ismn,
        "merra2": Merra2,
        "noaa_gml": NoaaGml,
        "obspack": ObsPack,
        "oco2_lite": Oco2Lite,
        "plumber2": Plumber2,
        "scripps": Scripps,
        "smap_l2": SmapLevel2,
        "smap_l3": SmapLevel3,
        "smos_ic": SmosIc,
        "smos_l2": SmosLevel2,
        "smos_l3": SmosLevel3,
        "tccon": Tccon,
        "tuw_cell": TuwCell,
        "wdcgg": Wdcgg,
    }
