"""Constants of carbon, air and the calendar of the transport."""

import numpy as np

MOLAR_MASS_CARBON = 12.011  # g mol-1; IUPAC (2021)
MOLAR_MASS_CO2 = 44.009  # g mol-1; IUPAC (2021)
MOLAR_MASS_AIR = 28.964  # g mol-1, dry air; CIPM-2007, Picard et al. (2008)
KG_PER_PGC = 1e12
PGC_PER_PPM = 2.124  # PgC ppm-1, dry atmosphere of 5.13e18 kg; 2.123 in the CCDAS V2 source
SECONDS_PER_DAY = 86400.0
SECONDS_PER_YEAR = 365.0 * SECONDS_PER_DAY  # the calendar of the transport has no leap days
DAYS_OF_MONTH = np.array([31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])  # of 365 days
