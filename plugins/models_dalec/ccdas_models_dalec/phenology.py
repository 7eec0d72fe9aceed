"""Leaf onset and leaf fall as smooth rates that repeat each year.

Source: Bloom and Williams (2015), Biogeosciences 12, 1299-1315, appendix A.
"""

from __future__ import annotations

import math

from ccdas_framework import Array, Namespace, Parameters

YEAR = 365.25  # d
LABILE_LIFESPAN = 1.001  # yr: all but a thousandth of the labile pool becomes leaves at onset
# The day on which a leaf fall that lasts long is at its largest lies before that on which half of
# the leaves are gone; polynomial in ln(lifespan - 1), highest power first, times the width.
OFFSET = (
    0.000023599784710, 0.000332730053021, 0.000901865258885, -0.005437736864888,
    -0.020836027517787, 0.126972018064287, -0.188459767342504,
)  # fmt: skip


def yearly_pulse(
    day: Array, centre: Array, period: Array, excess_lifespan: Array, xp: Namespace
) -> Array:
    """Rate of loss (d-1) that takes 1/lifespan of a pool each year, most of it around one day.

        f = (2/sqrt pi) (ln(l/(l-1))/2) / w  exp(-(s/w sin((t - d + o)/s))^2)
        w = period/sqrt 2,  s = 365.25/pi,  o the offset of `OFFSET` times w

    Its sum over a year is ln(l/(l-1)), which leaves (l-1)/l of the pool, for a pulse much shorter
    than the year; it is a tenth more where the pulse lasts 90 d, for the sine lies below its angle.

    Args:
        day: t, day of the year.
        centre: d, day of the year of the pulse.
        period: how long it lasts (d).
        excess_lifespan: l - 1 (yr), above zero.
    """
    width = period / math.sqrt(2.0)
    log_excess = xp.log(excess_lifespan)
    loss = xp.log(1.0 + excess_lifespan) - log_excess
    offset = 0.0
    for coefficient in OFFSET:
        offset = offset * log_excess + coefficient
    scale = YEAR / math.pi
    away = scale * xp.sin((day - centre + offset * width) / scale) / width
    return loss / (math.sqrt(math.pi) * width) * xp.exp(-away * away)


def leaf_onset(day: Array, theta: Parameters, xp: Namespace) -> Array:
    """Rate at which labile carbon becomes leaves (d-1); theta: `d_onset`, `c_ronset` (d)."""
    return yearly_pulse(day, theta["d_onset"], theta["c_ronset"], LABILE_LIFESPAN - 1.0, xp)


def leaf_fall(day: Array, theta: Parameters, xp: Namespace) -> Array:
    """Rate of leaf fall (d-1); theta: `d_fall`, `c_rfall` (d), `c_lf` leaf lifespan (yr)."""
    return yearly_pulse(day, theta["d_fall"], theta["c_rfall"], theta["c_lf"] - 1.0, xp)
