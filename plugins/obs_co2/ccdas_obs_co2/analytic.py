"""Old import path of the transport in closed form, which has moved to `ccdas_transport`."""

from .deprecated import deprecated_names

__getattr__ = deprecated_names(__name__, ("PGC_PER_PPM", "analytic_jacobian", "zonal_response"))
