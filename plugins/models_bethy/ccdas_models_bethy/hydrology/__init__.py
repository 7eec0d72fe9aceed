"""Water on leaves, as snow and in the soil; two schemes of soil and two of snow."""

from . import bucket, snow_density, snow_simple, two_layer
from .layer_exchange import EXCHANGES as EXCHANGES

SOIL_SCHEMES = {"two_layer": two_layer, "bucket": bucket}
SNOW_SCHEMES = {"simple": snow_simple, "density": snow_density}
