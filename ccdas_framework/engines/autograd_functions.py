"""Functions that autograd's numpy lacks, with their derivatives."""

from __future__ import annotations

import autograd.numpy as anp
import numpy as np
from autograd.extend import defjvp, defvjp, primitive
from scipy.special import erf as scipy_erf

from .namespace import numpy_segment_sum

erf = primitive(scipy_erf)
_SLOPE = 2.0 / np.sqrt(np.pi)  # d erf/dx at 0
defvjp(erf, lambda ans, x: lambda g: g * _SLOPE * anp.exp(-(x**2)))
defjvp(erf, lambda g, ans, x: g * _SLOPE * anp.exp(-(x**2)))

segment_sum = primitive(numpy_segment_sum)
defvjp(segment_sum, lambda ans, values, segment, count: lambda g: g[segment], argnums=(0,))
defjvp(
    segment_sum, lambda g, ans, values, segment, count: segment_sum(g, segment, count), argnums=(0,)
)
