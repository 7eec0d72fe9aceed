"""Commands of `ccdas` that `compare_commits.py` runs on both sides.

They cover the commands, engines, optimisers and experiments on short cuts: twenty cells and sixty
days where the experiment is global, sixty days where it has sites. Iterations are few, because bits
of a few steps tell as much as those of many.
"""

from __future__ import annotations

from dataclasses import dataclass

STATIONS = """id,lat,lon,alt_m
ALT,82.45,-62.51,200
MLO,19.54,-155.58,3397
SPO,-89.98,-24.80,2810
"""
PARAMETERS = '"bethy.V_m[4]" = 40.0\n"co2.c_0" = 381.0\n'
FILES = {"stations.csv": STATIONS, "parameters.toml": PARAMETERS}


def settings(*pairs: str) -> tuple[str, ...]:
    return tuple(part for pair in pairs for part in ("--set", pair))


PERIOD = ("time.start=2010-06-01", "time.days=60", "time.spin_up_years=0")
COMPUTE = ("compute.blocks=2", "compute.workers=1")
# no year before the window, from which the default memory of biomass would be made
VOD = "streams.vod.biomass_memory=window_mean"
CUT = settings("grid.cells=20", *PERIOD, *COMPUTE)
SITES = settings(*PERIOD, *COMPUTE, VOD, "optimiser.iterations=2")
DEMO = ("--obs", "co2,sm,vod", *CUT, *settings(VOD))
JAX = ("--engine", "jax")
AUTOGRAD = ("--engine", "autograd")
COARSE = settings("latitude_step=22.5", "longitude_step=60", "steps_per_month=4", "memory_months=3")
GLOBAL = "{tree}/examples/coarse_global.toml"
TOWERS = "{tree}/examples/ten_sites.toml"
TWIN = "{tree}/examples/twin_ten_sites.toml"
DESIGN = "{tree}/examples/design_demo.toml"


def iterations(number: int) -> tuple[str, ...]:
    return settings(f"optimiser.iterations={number}")


@dataclass(frozen=True)
class Run:
    """Commands of `ccdas` that write into the folder of one run.

    Args:
        commands: arguments of each; {tree} is the checkout, {data} the folder of published data.
        data: whether published data are read.
    """

    commands: tuple[tuple[str, ...], ...]
    data: bool = False


def single(*arguments: str, data: bool = False) -> Run:
    return Run((arguments,), data)


def with_data(*arguments: str) -> tuple[str, ...]:
    return (*arguments, "--data", "{data}")


RUNS = {
    "gauss-newton-jax": single("run", *DEMO, *JAX, *iterations(3), "--out", "out"),
    "gauss-newton-autograd": single("run", *DEMO, *AUTOGRAD, *iterations(1), "--out", "out"),
    # with a spin-up and the memory of biomass that needs it
    "lbfgsb-jax": single(
        "run", "--obs", "co2,sm,vod", "--optimiser", "lbfgsb", *JAX, *CUT,
        *settings("time.spin_up_years=1", "compute.workers=2"), *iterations(8), "--out", "out",
    ),
    "lbfgsb-autograd": single(
        "run", *DEMO, "--optimiser", "lbfgsb", *AUTOGRAD, *iterations(2), "--out", "out"
    ),
    "dalec": single(
        "run", "--model", "dalec", "--obs", "co2,vod,fapar", *JAX, *CUT, *settings(VOD),
        *iterations(3), "--out", "out",
    ),
    "starts": single("run", *DEMO, *JAX, *iterations(2), "--starts", "2", "--out", "out"),
    "draws": single("run", *DEMO, *JAX, *iterations(2), "--draws", "3", "--out", "out"),
    "forward": Run((
        ("forward", *DEMO, *JAX, "--out", "prior"),
        ("forward", *DEMO, *JAX, "--parameters", "parameters.toml", "--out", "changed"),
    )),
    "resume": Run((
        ("run", *DEMO, *JAX, *iterations(1), "--out", "out"),
        ("resume", "out", *iterations(3)),
    )),
    "twin": single(
        "twin", TWIN, *JAX, *SITES, "--variant", "joint+prior", "--variant", "sites+prior+noise",
        "--out", "out",
    ),
    "added-value": single("added-value", *DEMO, *JAX, *iterations(2), "--out", "out"),
    "design": single("design", DESIGN, *JAX, *CUT, *settings(VOD), "--out", "out"),
    "transport-jacobian": Run(tuple(
        ("transport", "jacobian", "--stations", "stations.csv", "--out", f"{kind}.nc",
         "--transport", kind, *grid)
        for kind, grid in (
            ("winds", COARSE),
            ("twelve_boxes", settings("memory_months=12")),
            ("analytic", settings("memory_months=12")),
        )
    )),
    "ten-sites": Run(
        (
            with_data("run", TOWERS, "--obs", "sm,vod", *JAX, *SITES, "--out", "out"),
            with_data("evaluate", "out", "--out", "evaluation"),
        ),
        data=True,
    ),
    "ten-sites-dalec": single(
        *with_data("run", TOWERS, "--model", "dalec", "--obs", "vod,fapar,flux", *JAX, *SITES),
        "--out", "out", data=True,
    ),
    "coarse-global": Run(
        (
            with_data("run", GLOBAL, "--obs", "co2,vod", *JAX, *CUT, *settings(VOD),
                  *iterations(2), "--out", "out"),
        ),
        data=True,
    ),
    "recipes": Run((
        ("data", "--prepare", "demo", "--out", "demo"),
        ("data", "--prepare", "twin_ten_sites", "--out", "twin_ten_sites"),
    )),
    "recipes-with-data": Run(
        (
            with_data("data", "--prepare", "coarse_global", "--out", "coarse_global"),
            with_data("data", "--prepare", "ten_sites", "--out", "ten_sites"),
        ),
        data=True,
    ),
}  # fmt: skip
