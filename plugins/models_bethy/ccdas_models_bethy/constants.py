"""Physical constants of BETHY, with unit and source.

Values are those of the CCDAS V2 source (the model of Knorr et al. 2010, J. Geophys. Res. 115,
G04017; Rayner et al. 2005, Global Biogeochem. Cycles 19, GB2026) unless a comment says otherwise.
"""

GAS_CONSTANT = 8.314  # J mol-1 K-1
AIR_MOLAR_MASS = 28.964  # g mol-1
AIR_HEAT_CAPACITY = 1005.46  # dry air at constant pressure, J kg-1 K-1
GRAVITY = 9.80665  # m s-2
STEFAN_BOLTZMANN = 5.6697e-8  # W m-2 K-4
WATER_TO_AIR_MASS = 287.05 / 461.51  # ratio of molar masses, 1
STANDARD_PRESSURE = 101325.0  # Pa
LAPSE_RATE = 6e-3  # K m-1
OXYGEN = 0.21  # mole fraction, mol mol-1
PHOTON_ENERGY = 2.2e5  # of photosynthetically active radiation, J per mol photons
CARBON_MOLAR_MASS = 12.0  # g mol-1
DRY_MATTER_CARBON = 0.45  # of leaves, with their specific leaf area, gC per g dry matter
VON_KARMAN = 0.41  # 1
REFERENCE_HEIGHT = 2.0  # m
ROUGHNESS_RATIO = 0.0999995  # roughness length to vegetation height, 1
ROUGHNESS_OFFSET = 4.3568  # 1
WIND_SPEED = 3.0  # m s-1, where the forcing has no wind
LEAF_SCATTERING = 0.12  # single-scattering albedo of leaves for PAR, 1
LAYERS = 3  # canopy layers of equal leaf area
COVER_LEAF_AREA = 3.0  # leaf area index at which the ground is covered, m2 m-2
NITROGEN_LEAF_AREA = 6.0  # leaf area index at which the nitrogen profile is complete, m2 m-2
MINIMUM_CONDUCTANCE = 4e-5  # stomatal, m s-1
CANOPY_ALBEDO = 0.15  # of dense vegetation, 1
SOIL_ABSORPTION = 0.05  # of shortwave, under a dense canopy, 1
EMISSIVITY = 0.97  # of the surface, 1
ZERO_CELSIUS = 273.16  # K; the melting constant of the source
SECONDS_A_DAY = 86400.0  # s d-1
DAYS_A_YEAR = 365.0  # d yr-1
LATENT_HEAT_SUBLIMATION = 2.834e6  # J kg-1; the source has 3.834e6, a misprint
