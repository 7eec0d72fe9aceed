"""Packages of this project by the components that they supply, for the advice to install one."""

from __future__ import annotations

from collections.abc import Mapping

_PACKAGES: Mapping[str, Mapping[str, str]] = {  # package -> kind of hook -> names
    "ccdas-models-bethy": {"process_models": "bethy"},
    "ccdas-models-dalec": {"process_models": "dalec"},
    "ccdas-models-pmodel": {"process_models": "pmodel"},
    "ccdas-obs-co2": {"observation_operators": "co2"},
    "ccdas-obs-fapar": {"observation_operators": "fapar"},
    "ccdas-obs-flux": {"observation_operators": "flux"},
    "ccdas-obs-sif": {"observation_operators": "sif"},
    "ccdas-obs-sm": {"observation_operators": "sm"},
    "ccdas-obs-vod": {"observation_operators": "vod"},
    "ccdas-obs-xco2": {"observation_operators": "xco2"},
    "ccdas-engine-native": {"engines": "native"},
    "ccdas-methods": {
        "optimisers": "bfgs cma_es differential_evolution newton_cg random_search",
        "samplers": "emcee nuts ensemble_kalman_inversion es_mda four_d_en_var history_matching "
        "emulator_mcmc",
    },
    "ccdas-recipes": {
        "experiments": "demo coarse_global conus_smap ten_sites towers_149 twin_ten_sites",
    },
}
PACKAGE_OF: Mapping[tuple[str, str], str] = {  # kind of hook, name -> package
    (kind, name): package
    for package, kinds in _PACKAGES.items()
    for kind, names in kinds.items()
    for name in names.split()
}


def install_advice(kind: str, name: str) -> str:
    """' The package ccdas-obs-vod has it: pip install ccdas-obs-vod.', or '' for another name.

    Args:
        kind: hook of the component.
    """
    package = PACKAGE_OF.get((kind, name))
    return f" The package {package} has it: pip install {package}." if package else ""
