"""Prior turnover time of biomass by class, and its sources.

Trees: biomass above ground over modelled NPP. The means and sd are those that this command writes:

    ccdas forward coarse_global --obs vod --data DIR --out prior --set 'output.by_class=["npp"]'
    ccdas vod calibrate --biomass DIR/land/biomass_saatchi_0p5deg.nc --part live --run prior \\
        --out tau_eff.toml

DIR is the folder of published data. The map is the global one of JPL, version 5.1, as ILAMB has it
(Collier et al. 2018, J. Adv. Model. Earth Syst. 10, 2731-2754). It extends that of tropical forests
by Saatchi et al. (2011), Proc. Natl. Acad. Sci. 108, 9899-9904. The file names no publication of
its part outside the tropics. A run with another model or another climate has another NPP: make the
table again and paste it into the experiment.

Other classes: the map is of forests. Shrubs, grass, tundra, wetland and crops (7 to 13) and the
temperate evergreen broadleaf trees (3), which have most of the NPP in three cells only, keep
typical biomass over typical NPP.
"""

from __future__ import annotations

CLASSES = tuple(range(1, 14))

# tau_eff of the published priors (yr), 50 AGB_ref / NPP, rounded: typical biomass (Mg ha-1 of dry
# matter, half of it carbon; own choice) over NPP of early runs of the model (gC m-2 yr-1)
PUBLISHED_BIOMASS = (300, 80, 130, 120, 85, 50, 25, 20, 5, 8, 5, 10, 6)
PUBLISHED_NPP = (1950, 800, 1340, 870, 780, 510, 660, 1060, 1100, 1850, 365, 800, 1000)
PUBLISHED_TURNOVER = (8.0, 5.0, 5.0, 7.0, 5.5, 5.0, 2.0, 1.0, 0.25, 0.25, 0.7, 0.6, 0.3)
PUBLISHED_SPREAD = 0.5  # sd over the mean, 1; own choice

# class -> mean and sd of tau_eff (yr), from the command above
CALIBRATED = {1: (6.64, 1.86), 2: (2.73, 2.19), 4: (6.5, 3.7), 5: (5.29, 3.23), 6: (12.5, 4.46)}

TURNOVER = tuple(
    CALIBRATED[c][0] if c in CALIBRATED else t
    for c, t in zip(CLASSES, PUBLISHED_TURNOVER, strict=True)
)
TURNOVER_SD = tuple(
    CALIBRATED[c][1] if c in CALIBRATED else PUBLISHED_SPREAD * t
    for c, t in zip(CLASSES, PUBLISHED_TURNOVER, strict=True)
)
