"""Priors of the operator: those from literature and maps, and those of the published system."""

from __future__ import annotations

from ccdas_framework import Parameter

from .biomass_turnover import (
    CLASSES,
    PUBLISHED_SPREAD,
    PUBLISHED_TURNOVER,
    TURNOVER,
    TURNOVER_SD,
)

# trees, shrubs, herbs with tundra and wetland, crops
LIFE_FORMS = ((1, 2, 3, 4, 5, 6), (7, 8), (9, 10, 11, 12), (13,))
GROUPS = {"class": CLASSES, "life_form": LIFE_FORMS}

# Optical depth per leaf area at 1.4 GHz (1).
# Crops: b' of L-MEB for crops, 0.05, without an offset. Herbs and shrubs: L-MEB for grass has
# 0.0375 LAI + 0.05, which is 0.06 LAI at a leaf area of 2; the operator has no offset, so that bare
# ground is transparent. Source: Wigneron et al. (2007), Remote Sens. Environ. 107, 639-655, with
# the numbers of CMEM (de Rosnay et al. 2009, J. Geophys. Res. 114, doi:10.1029/2008JD010724).
# Trees: the leaves alone, because branches and stems are in the term of biomass: leaf water of 0.1
# to 0.2 kg m-2 of leaf times b of 0.15 (crops) to 0.33 m2 kg-1 (forests) is 0.015 to 0.066. On b:
# Van de Griend and Wigneron (2004), IEEE Trans. Geosci. Remote Sens. 42, 786-794, and CMEM. The
# middle of this range is our choice.
TREES, HERBS, CROPS = 0.04, 0.06, 0.05
LEAF_DEPTH = {
    "class": (TREES,) * 6 + (HERBS,) * 6 + (CROPS,),
    "life_form": (TREES, HERBS, HERBS, CROPS),
}
LEAF_DEPTH_SD = 0.5  # of the mean, 1; own choice, the spread of b' in these sources
LEAF_DEPTH_SOURCE = (
    "L-MEB: Wigneron et al. (2007), Remote Sens. Environ. 107, 639-655; trees: leaf water times b "
    "(Van de Griend and Wigneron 2004); 50 %: own choice"
)
FIT_SOURCE = (
    "ESA study SMOS+Vegetation, report not accessible: SMOS L-VOD fitted against the biomass map "
    "of Saatchi"
)
PUBLISHED_SOURCE = "50 AGB_ref / NPP_prior, 50 %: own choice"
TURNOVER_SOURCE = (
    "1, 2, 4 to 6: biomass of JPL, version 5.1, after Saatchi et al. (2011), over modelled NPP, "
    "`ccdas vod calibrate`; "
    "others: typical biomass over typical NPP, 50 %, own choice"
)


def vod_parameters(priors: str, leaf_groups: str) -> tuple[Parameter, ...]:
    """Parameters of the operator.

    Args:
        priors: "literature" or "ccdas", the priors of the published system.
        leaf_groups: key of `GROUPS`, the classes that share an optical depth per leaf area.
    """
    published = priors == "ccdas"
    return (
        _turnover(published),
        _leaf_depth(published, leaf_groups),
        Parameter(
            "a", "1", 0.81759, 0.08, active=False, in_loop=False,
            source=f"{FIT_SOURCE}; sd own choice",
            long_name="optical depth of wood at saturation, times 2/pi",
        ),
        Parameter(
            "b", "ha Mg-1", 0.0087253, 0.2 * 0.0087253, "log", active=False, in_loop=False,
            source=f"{FIT_SOURCE}; sd own choice", long_name="slope of optical depth with biomass",
        ),
    )  # fmt: skip


def _turnover(published: bool) -> Parameter:
    mean = PUBLISHED_TURNOVER if published else TURNOVER
    sd = tuple(PUBLISHED_SPREAD * t for t in mean) if published else TURNOVER_SD
    return Parameter(
        "tau_eff", "yr", mean, sd, "log", index="class", groups=CLASSES, in_loop=False,
        source=PUBLISHED_SOURCE if published else TURNOVER_SOURCE,
        long_name="effective turnover time of biomass",
    )  # fmt: skip


def _leaf_depth(published: bool, leaf_groups: str) -> Parameter:
    common = {
        "index": "class", "groups": GROUPS[leaf_groups], "in_loop": False,
        "long_name": "optical depth per leaf area",
    }  # fmt: skip
    if published:
        return Parameter("D_0", "1", 0.0, 0.5, source="own choice", **common)
    mean = LEAF_DEPTH[leaf_groups]
    sd = tuple(LEAF_DEPTH_SD * value for value in mean)
    return Parameter("D_0", "1", mean, sd, "log", source=LEAF_DEPTH_SOURCE, **common)
