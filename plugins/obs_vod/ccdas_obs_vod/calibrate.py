"""`ccdas vod calibrate`: the fits to files, and the table of parameters that they give."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ccdas_framework import InvalidInput

from .calibration import FEW_CELLS, SaturationFit, TurnoverFit, saturation_fit, turnover_fit
from .map_files import Map
from .modelled_npp import ModelledNpp
from .optical_depth import CARBON_FRACTION, MG_HA_PER_G_M2

LEAST_SHARE = 0.5  # of a cell of optical depth that the map of biomass has to cover
FEWEST_PLACES = 10  # for a curve of two parameters


def calibrate_saturation(biomass: Map, optical_depth: Map) -> SaturationFit:
    """a and b from a map of carbon above ground (gC m-2) and one of optical depth (1).

    Biomass is averaged over the cells of the optical depth. Cells of which it covers less than
    half are left out.

    Raises:
        InvalidInput: fewer than 10 cells have both, or all have the same biomass.
    """
    carbon, share = biomass.mean_over_grid(optical_depth)
    depth = optical_depth.values.ravel()
    latitude, longitude = optical_depth.centres
    both = np.isfinite(depth) & np.isfinite(carbon) & (share >= LEAST_SHARE)
    if both.sum() < FEWEST_PLACES or np.ptp(carbon[both]) == 0.0:
        raise InvalidInput(
            f"{both.sum()} cells have optical depth ({optical_depth.about}) and biomass "
            f"({biomass.about}). A fit needs {FEWEST_PLACES} with different biomass: choose maps "
            "of the same area.",
            code="too-few-places",
            where=optical_depth.about,
        )
    dry_matter = carbon[both] * MG_HA_PER_G_M2 / CARBON_FRACTION
    return saturation_fit(dry_matter, depth[both], latitude[both], longitude[both])


def calibrate_turnover(biomass: Map, modelled: ModelledNpp, fitted: Sequence[int]) -> TurnoverFit:
    """Turnover times of classes from a map of carbon above ground (gC m-2) and modelled NPP.

    Cells that the map covers in part have no biomass elsewhere. Cells that it does not cover are
    left out.

    Raises:
        InvalidInput: a class has no NPP in the run, or no cell that the map covers has most of its
            NPP from the fitted classes.
    """
    production = (modelled.fraction * np.maximum(modelled.npp, 0.0)).sum(axis=0)
    present = modelled.classes[production > 0.0]
    absent = [c for c in fitted if c not in present]
    if absent:
        raise InvalidInput(
            f"class {', '.join(map(str, absent))} has no NPP in {modelled.about}; classes with "
            f"NPP: {', '.join(map(str, present))}. Leave it out of --classes.",
            code="absent-class",
            where="--classes",
        )
    mean, share = biomass.mean_over_cells(
        modelled.latitude, modelled.longitude, modelled.half_width
    )
    return turnover_fit(
        mean * share, modelled.npp, modelled.fraction, modelled.area, modelled.latitude,
        modelled.longitude, modelled.classes, np.asarray(fitted),
    )  # fmt: skip


def parameter_table(
    command: str,
    stream: str,
    biomass: Map,
    saturation: tuple[SaturationFit, Map] | None,
    turnover: tuple[TurnoverFit, ModelledNpp] | None,
) -> str:
    """The table `[parameters]` of an experiment, in TOML, with the source of each number."""
    lines = [f"# Made by: {command}", f"# biomass: {biomass.about}"]
    if saturation:
        lines.append(f"# optical depth: {saturation[1].about}")
    if turnover:
        lines.append(f"# NPP: {turnover[1].about}")
    lines += ["", "[parameters]"]
    if saturation:
        lines += _saturation_lines(stream, saturation[0])
    if turnover:
        lines += _turnover_lines(stream, turnover[0])
    return "\n".join(lines) + "\n"


def _saturation_lines(stream: str, fit: SaturationFit) -> list[str]:
    lines = [
        f"# a atan(b AGB): {fit.places} cells, sd about the curve {fit.residual_sd:.3g}. The prior "
        "sd is the standard error of the jackknife.",
    ]
    if np.any(fit.standard_error >= fit.value):
        a, b = fit.value
        lines.append(
            f"# {stream}.a and {stream}.b: the maps do not determine them, so that their priors "
            f"are kept; the fit has {a:.3g} and {b:.3g}, of a product of {a * b:.3g} ha Mg-1"
        )
        return lines
    for name, value, error in zip(("a", "b"), fit.value, fit.standard_error, strict=True):
        entry = f"mean = {value:.6g}"
        entry += f", sd = {error:.3g}" if np.isfinite(error) and error > 0.0 else ""
        lines.append(f'"{stream}.{name}" = {{ {entry} }}')
    return lines


def _turnover_lines(stream: str, fit: TurnoverFit) -> list[str]:
    lines = [
        f"# tau_eff: {fit.fitted_cells} cells. The prior sd is tau_eff (exp(s) - 1), s the spread "
        "between cells and the standard error of ln tau_eff in quadrature.",
    ]
    rows = zip(
        fit.classes, fit.value, fit.sd, fit.cells, fit.spread, fit.standard_error, strict=True
    )
    for label, value, sd, cells, spread, error in rows:
        if cells < FEW_CELLS:
            lines.append(
                f"# {stream}.tau_eff[{label}]: {cells} cells, fewer than {FEW_CELLS}, so that its "
                f"prior is kept; the fit has {value:.3g}"
            )
            continue
        entry = f'"{stream}.tau_eff[{label}]" = {{ mean = {value:.3g}, sd = {sd:.3g} }}'
        lines.append(f"{entry}  # {cells} cells, spread {spread:.2f}, standard error {error:.2f}")
    return lines
