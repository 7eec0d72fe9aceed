"""Small cuts of the demonstration: real components, and days instead of years."""

from functools import cache

from ccdas_framework import load_experiment

SHORT = {
    "grid.cells": 3,
    "time.start": "2010-06-01",
    "time.days": 40,
    "time.spin_up_years": 0,
    "streams.vod.biomass_memory": "window_mean",  # no year before the window
    "compute.blocks": 1,
    "compute.workers": 1,
}
ANY_STATION = {"streams.co2.transport": "analytic"}  # that by winds has stations of its own
# so few observations leave the prior mean nearer to the minimum than the demonstration asks for
TO_THE_END = {"optimiser.distance": 0.0, "optimiser.gradient_reduction": 1e-3}
ALL = ("co2", "sm", "vod")
FEW = ("bethy.V_m", "bethy.f_leaf", "bethy.Q10s", "co2.c_0", "vod.D_0")  # kinds, for short runs


def demo_cut(streams=ALL, engine="autograd", **settings):
    """The demonstration cut to 3 cells and 40 days; keywords with `__` for the dot."""
    given = {key.replace("__", "."): value for key, value in settings.items()}
    return loaded(streams, engine, {**SHORT, **given})


def loaded(streams, engine, settings):
    if settings.get("optimiser.name", "gauss_newton") == "gauss_newton":
        settings = {**TO_THE_END, **settings}
    if "co2" in streams:
        settings = {**ANY_STATION, **settings}
    return load_experiment("demo", observations=streams, engine=engine, settings=settings)


@cache
def _names(streams):
    active = demo_cut(streams).control.active
    return tuple(dict.fromkeys(f"{e.owner}.{e.parameter.name}" for e in active))


def only(kinds=FEW, streams=ALL):
    """Settings that fix all parameters except these kinds."""
    return {f'parameters."{n}".active': False for n in _names(tuple(streams)) if n not in kinds}


def few_parameters(streams=ALL, engine="autograd", **settings):
    """`demo_cut` with the parameters of `FEW`: a Jacobian in a second or two."""
    given = {key.replace("__", "."): value for key, value in settings.items()}
    return loaded(streams, engine, {**SHORT, **only(FEW, streams), **given})
