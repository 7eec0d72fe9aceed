"""Diurnal course of air temperature (numpy: forcing only)."""

from __future__ import annotations

import numpy as np

from ccdas_framework import Array


def diurnal_shape(hour: Array, day_length: Array) -> Array:
    """Course c of T(h) = T_mean + c (Tmax - Tmin)/2 (1), broadcast of hour (h) and day length (h).

    By day a cosine with its maximum at 14 h that reaches -1 at sunrise; by night a straight line
    from the value at sunset down to -1. Days longer than 20 h have a full cosine, days shorter
    than 4 h no course at all.

    Source: CCDAS V2 source.
    """
    limited = np.clip(day_length, 4.0, 20.0)
    sunset = 12.0 + limited / 2.0
    half_period = limited / 2.0 + 2.0
    by_day = np.cos(np.pi * (hour - 14.0) / half_period)
    at_sunset = np.cos(np.pi * (sunset - 14.0) / half_period)
    since_sunset = np.mod(hour - sunset, 24.0) / (24.0 - limited)
    by_night = at_sunset - (at_sunset + 1.0) * since_sunset
    is_day = (hour > 12.0 - limited / 2.0) & (hour < sunset)
    shape = np.where(is_day, by_day, by_night)
    shape = np.where(day_length > 20.0, np.cos(np.pi * (hour - 14.0) / 12.0), shape)
    return np.where(day_length < 4.0, 0.0, shape)


def lagged(temperature: np.ndarray, memory: float) -> np.ndarray:
    """Temperature (°C) of soil that follows the air with an exponential memory, (time, cell).

        T_s(d) = m T_s(d-1) + (1 - m) T(d),  m = exp(-1/memory)

    It begins at the mean of as many days as the memory is long. The season of the soil lags by
    about the memory: 20 d is the lag at 0.7 m where the annual damping depth is 2 m.

    Args:
        temperature: daily mean of the air (°C), shape (time, cell).
        memory: d; 0 gives the air temperature itself.

    Source: Campbell and Norman (1998), An Introduction to Environmental Biophysics, chapter 2, for
    the damping depth.
    """
    if memory == 0.0:
        return temperature
    from scipy.signal import lfilter

    keep = np.exp(-1.0 / memory)
    start = temperature[: max(1, round(memory))].mean(axis=0)
    weights = [1.0 - keep], [1.0, -keep]
    return lfilter(*weights, temperature, axis=0, zi=keep * start[None])[0]
