"""`ccdas screen`: sensitivity of cost, misfits and targets over the range of the prior."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from ccdas_framework import InvalidInput, command_settings, console, show_result

if TYPE_CHECKING:
    from .screening import Screening

SEED_PURPOSE = 20  # of the random numbers of a screening, beside others of the seed
SHOWN = 5  # parameters of each output on the terminal
LEADING = {"morris": "mean_absolute_effect", "sobol": "total"}


def screen(
    experiment: Annotated[
        str, typer.Argument(metavar="[EXPERIMENT]", help="A TOML file or a shipped name.")
    ] = "demo",
    method: Annotated[str, typer.Option("--method", help="morris or sobol.")] = "morris",
    draws: Annotated[
        int,
        typer.Option("--draws", min=2, help="Trajectories of morris, or base samples of sobol."),
    ] = 16,
    obs: Annotated[str | None, typer.Option("--obs", help="Streams, separated by commas.")] = None,
    engine: Annotated[str, typer.Option("--engine", help="auto, autograd or jax.")] = "auto",
    data: Annotated[Path | None, typer.Option("--data", help="Folder of published data.")] = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder of the result.")] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the design.")] = 1,
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="KEY=VALUE", help="Override a key; repeatable."),
    ] = None,
) -> None:
    """Rank parameters by their effect on the cost, the misfits and the targets."""
    from ccdas_framework import load_experiment

    from .screening import screened

    if method not in LEADING:
        raise InvalidInput(
            f"--method {method} is unknown; expected morris or sobol.",
            code="wrong-option",
            where="--method",
        )
    streams = None if obs is None else [name.strip() for name in obs.split(",") if name.strip()]
    loaded = load_experiment(
        experiment, streams, engine=engine, data=data, settings=command_settings(set_)
    )
    folder = out or Path("runs") / f"{Path(experiment).stem}-screen"
    folder.mkdir(parents=True, exist_ok=True)
    console().stage("assembling the problem")
    problem = loaded.build()
    console().stage("running the design")
    generator = np.random.default_rng([seed, SEED_PURPOSE])
    result = screened(problem, method, draws, generator)
    write_screening(folder / "screening.nc", result, experiment, seed)
    file = folder / "screening.nc"
    show_result(
        "\n".join([*table(result), "", str(file)]),
        lambda: {"file": str(file)} | result_values(result),
    )


def write_screening(path: Path, result: Screening, experiment: str, seed: int) -> None:
    """`screening.nc`: indices by output and parameter."""
    from ccdas_framework import write_netcdf

    from .screening import HIGHEST, LOWEST, MORRIS, SOBOL

    meanings = MORRIS if result.method == "morris" else SOBOL
    write_netcdf(
        path,
        {
            name: (("output", "parameter"), values, {"long_name": meanings[name][1]})
            for name, values in result.indices.items()
        },
        {
            "output": ("output", list(result.outputs)),
            "output_units": ("output", list(result.units)),
            "parameter": ("parameter", list(result.parameters)),
            "constant": (
                "output",
                np.isin(result.outputs, result.constant).astype("int8"),
                {"long_name": "whether the output is constant, so that it has no sensitivity"},
            ),
        },
        {
            "title": f"Screening of {experiment} by {result.method}",
            "source": "SALib",
            "range": f"quantiles {LOWEST} to {HIGHEST} of the prior, cut at the bounds",
            "runs": str(result.runs),
            "trajectories_left_out": str(result.left_out),
            "seed": str(seed),
        },
    )


def result_values(result: Screening) -> dict[str, Any]:
    """Result for programs: indices of each output by parameter; none of a constant output."""
    return {
        "method": result.method,
        "runs": result.runs,
        "trajectories_left_out": result.left_out,
        "outputs": {
            output: {
                "units": unit,
                "constant": output in result.constant,
                "parameters": {
                    name: {index: of[n, p] for index, of in result.indices.items()}
                    for p, name in enumerate(result.parameters)
                    if output not in result.constant
                },
            }
            for n, (output, unit) in enumerate(zip(result.outputs, result.units, strict=True))
        },
    }


def table(result: Screening) -> list[str]:
    """Lines of a table: the leading parameters of each output."""
    leading = LEADING[result.method]
    lines = [f"{result.runs} runs; {leading.replace('_', ' ')}, with half width of 95 per cent"]
    if result.left_out:
        lines.append(f"{result.left_out} trajectories are left out, because a run of them failed")
    values, widths = result.indices[leading], result.indices[f"{leading}_half_width"]
    for n, output in enumerate(result.outputs):
        if output in result.constant:
            lines.append(f"{output}: constant, so that it has no sensitivity")
            continue
        first = np.argsort(-values[n])[:SHOWN]
        unit = f" ({result.units[n]})" if result.method == "morris" else ""
        lines.append(f"{output}{unit}")
        lines += [
            f"    {result.parameters[p]:<32} {values[n, p]:>12.4g} +- {widths[n, p]:.2g}"
            for p in first
        ]
    return lines
