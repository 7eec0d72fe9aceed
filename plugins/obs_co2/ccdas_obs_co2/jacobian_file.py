"""Old import path of the file of a transport Jacobian, which has moved to `ccdas_transport`."""

from .deprecated import deprecated_names

__getattr__ = deprecated_names(__name__, ("read_jacobian", "write_jacobian"))
