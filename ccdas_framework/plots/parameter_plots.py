"""Plots of the optimisation, the parameters and the information content."""

from __future__ import annotations

from typing import Any

from ..core.errors import InvalidInput
from ..report import figures, information_content, process_figure, stored_diagnostics
from ..report.opened_run import OpenedRun
from .plotted_data import Plotted, known, optimised, place_of, plot, the_part


@plot
def cost(run: Plotted) -> Any:
    """Cost of each term and norm of the gradient at each iteration.

    Args:
        run: folder of a run, opened run, or dataset of `result.nc`.
    """
    return figures.cost(optimised(run))


@plot
def parameters(run: Plotted) -> Any:
    """The largest analysis increments of parameters, in prior standard deviations.

    Args:
        run: folder of a run, opened run, or dataset of `result.nc`.
    """
    return figures.parameters(optimised(run, "control_posterior"))


@plot
def processes(run: Plotted, process: str = "") -> Any:
    """Parameters grouped by process, with prior and posterior ranges of one sd.

    Args:
        run: folder of a run, opened run, or dataset of `result.nc`.
        process: one process, "bethy: photosynthesis"; "" for all of them.
    """
    source = "result.nc of `ccdas run` has it."
    result = the_part(run, "result", "control_prior", source)
    if process:
        known(process, process_figure.process_names(result), "process")
    return process_figure.processes(result, process)


@plot
def correlations(run: Plotted, most: int = information_content.MOST_PARAMETERS) -> Any:
    """Matrix of posterior correlations of the best constrained parameters, by process.

    Args:
        run: folder of a run, opened run, or dataset of `result.nc`.
        most: number of parameters drawn.
    """
    if most < 2:
        raise InvalidInput(
            f"most is {most}; expected 2 or more parameters.", code="wrong-option", where="most"
        )
    result = optimised(run, "posterior_correlation")
    return _some(information_content.parameter_correlations(result, most), run, "two parameters")


@plot
def target_correlations(run: Plotted) -> Any:
    """Matrix of prior and posterior correlations between targets.

    Args:
        run: folder of a run, opened run, or dataset of `targets.nc`.
    """
    data = the_part(run, "targets", "posterior_correlation", "targets.nc of `ccdas run` has it.")
    return _some(information_content.correlations(data), run, "two targets")


@plot
def reduction(run: Plotted) -> Any:
    """Uncertainty reduction of the best constrained parameters.

    Args:
        run: folder of a run, opened run, or dataset of `result.nc`.
    """
    result = optimised(run, "uncertainty_reduction")
    return _some(information_content.reduction(result), run, "uncertainty reduction")


@plot
def spectrum(run: Plotted) -> Any:
    """Eigenvalues of the Hessian of the cost, whitened by the prior.

    Args:
        run: folder of a run, opened run, or dataset of `result.nc`.
    """
    result = optimised(run, "hessian_eigenvalue")
    return _some(information_content.spectrum(result), run, "eigenvalue")


@plot
def signal(run: Plotted) -> Any:
    """Degrees of freedom for signal of each stream.

    Args:
        run: folder of a run, opened run, or dataset of `diagnostics.nc`.
    """
    data = stored_diagnostics.diagnostics_of(run.files) if isinstance(run, OpenedRun) else run
    rows = stored_diagnostics.rows(data, "stream")
    drawn = information_content.signal(rows) if rows else None
    return _some(drawn, run, "degrees of freedom")


def _some(drawn: Any, run: Plotted, what: str) -> Any:
    """A figure, where there is one."""
    if drawn is None:
        raise InvalidInput(
            f"{place_of(run)} has no {what} to draw. A run with a posterior has them.",
            code="missing-field",
            where=what,
        )
    return drawn
