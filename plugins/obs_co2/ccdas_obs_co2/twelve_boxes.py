"""Old import path of the transport by 12 boxes, which has moved to `ccdas_transport`."""

from .deprecated import deprecated_names

__getattr__ = deprecated_names(__name__, ("twelve_box_jacobian",))
