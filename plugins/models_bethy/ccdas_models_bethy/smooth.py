"""Smooth minima, maxima and limits: continuous derivatives where a model would have kinks.

Source: CCDAS V2 source (Knorr et al. 2010, J. Geophys. Res. 115, G04017, for the quadratic form).
Every function works on arrays of any shape and keeps the unit of its argument.
"""

from __future__ import annotations

from ccdas_framework import Array, Namespace


def smooth_minimum(
    x: Array, y: Array, curvature: float, xp: Namespace, radicand_floor: float = 1e-18
) -> Array:
    """Smaller root m of  eta m^2 - (x + y) m + x y = 0,  0 < eta < 1.

    At x = y = 1 and eta = 0.99 the root is 0.9091. The floor keeps the square root differentiable;
    it must be small against the square of the argument.
    """
    total = x + y
    radicand = xp.maximum(total * total - (4.0 * curvature) * x * y, radicand_floor)
    return (total - xp.sqrt(radicand)) / (2.0 * curvature)


def smooth_maximum(
    x: Array, y: Array, curvature: float, xp: Namespace, radicand_floor: float = 1e-18
) -> Array:
    """Larger root m of  eta m^2 - (x + y) m + x y = 0,  0 < eta < 1."""
    total = x + y
    radicand = xp.maximum(total * total - (4.0 * curvature) * x * y, radicand_floor)
    return (total + xp.sqrt(radicand)) / (2.0 * curvature)


def floored(x: Array, floor: Array, width: Array, xp: Namespace) -> Array:
    """x above its floor, the floor itself below floor - width, a C1 transition between.

        maxx(x, y, x0) = x + x0 exp(-(x - y)/x0 - 1)  if x >= y - x0,  else y

    The excess is limited before the exponential, so that neither branch can overflow. At x = y
    the value is y + x0/e.
    """
    excess = xp.maximum(x - floor, -width)
    return floor + excess + width * xp.exp(-excess / width - 1.0)


def capped(x: Array, cap: Array, width: Array, xp: Namespace) -> Array:
    """x below its cap, the cap itself above cap + width: the mirror image of `floored`."""
    return -floored(-x, -cap, width, xp)


def within_unit(x: Array, width: Array, xp: Namespace) -> Array:
    """x limited to 0..1 with a transition of `width` at both ends."""
    return capped(floored(x, 0.0, width, xp), 1.0, width, xp)


def normal_cdf(x: Array, xp: Namespace) -> Array:
    """Standard normal distribution function Phi(x) = (1 + erf(x / sqrt 2)) / 2."""
    return 0.5 * (1.0 + xp.erf(x * 0.7071067811865476))


def logistic(x: Array, xp: Namespace) -> Array:
    """1 / (1 + exp(-x)) as (1 + tanh(x/2)) / 2, without overflow at either end.

    The argument is limited to +-700, where the function has long been 0 or 1, so that its
    derivative cannot overflow either.
    """
    return 0.5 * (1.0 + xp.tanh(xp.clip(0.5 * x, -350.0, 350.0)))
