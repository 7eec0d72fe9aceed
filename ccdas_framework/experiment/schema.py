"""What a configuration may say: sections, keys and defaults."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

from ..core.errors import did_you_mean
from .checks import without_wrong_values

NAMED_TABLES = ("targets",)  # sections that hold tables of the user's own names beside their keys

# section -> keys it may hold; None where the keys are settings of a component or names
SECTIONS: Mapping[str, tuple[str, ...] | None] = {
    "experiment": ("name", "title", "seed", "comment", "starts"),
    "inputs": ("recipe", "folder", "forcing", "settings", "data"),
    "grid": ("cells",),
    "time": ("start", "days", "spin_up_years"),
    "model": None,
    "streams": None,
    "parameters": None,
    "prior": None,
    "optimiser": None,
    "engine": None,
    "posterior": ("hessian", "rank", "largest_distance", "draws"),
    "truth": ("spread", "noise"),
    "targets": ("fields", "periods", "regions", "masks", "sensitivity", "prescribed"),
    "evaluation": None,
    "output": ("fields",),
    "added_value": ("sets",),
    "twin": ("perturbation", "tolerance", "variants"),
    "compute": ("blocks", "workers", "executor"),
}

# what each key is for, shown by `ccdas data` and in the documentation
KEYS: Mapping[str, str] = {
    "experiment.name": "short name, used for the output folder",
    "experiment.title": "heading of the report",
    "experiment.seed": "of every random number",
    "experiment.comment": "what a reader of the results has to know",
    "experiment.starts": "starting points to optimise from; the best result is kept",
    "inputs.recipe": "makes the input files: demo, coarse_global, ten_sites, twin_ten_sites",
    "inputs.folder": "folder with input files made before, instead of a recipe",
    "inputs.forcing": "forcing file; forcing.nc in the folder by default",
    "inputs.settings": "table of settings of the recipe",
    "inputs.data": "folder of published data that recipes read; --data overrides it",
    "grid.cells": "take this many cells, spread evenly over the grid",
    "time.start": "first day of the window; by default the file's",
    "time.days": "length of the window; by default to the end of the file",
    "time.spin_up_years": "repeats of the first year before the lead; by default the model's",
    "posterior.hessian": "second derivatives: gauss_newton, exact or lanczos (leading directions)",
    "posterior.rank": "directions that lanczos keeps",
    "posterior.largest_distance": "posterior sd from the minimum up to which there is a posterior",
    "posterior.draws": "parameter sets drawn from the posterior for draws.nc",
    "truth.spread": "prior sd by which the truth of synthetic observations is moved",
    "truth.noise": "whether noise as assumed by each stream is added",
    "targets.fields": "fields whose regional means over the window are reported with uncertainty",
    "targets.periods": "seasons, months or dates for which they are reported as well",
    "targets.regions": "masks whose regions the tables have; by default the labels of the cells",
    "targets.masks": "tables by name: a file of masks, its variable, numbers to leave out",
    "targets.sensitivity": "whether sensitivity.nc says what each observation does to each target",
    "targets.prescribed": "STREAM.NAME of prescribed arrays, for sensitivity.nc",
    "output.fields": "fields written to fields.nc",
    "added_value.sets": "lists of streams that `ccdas added-value` compares; by default nested",
    "twin.perturbation": "share by which each parameter is moved at the start of a twin",
    "twin.tolerance": "largest error (%) of what a twin counts as recovered",
    "twin.variants": "ways to run a twin: sites or joint, with +prior, +noise",
    "compute.blocks": "how many pieces the grid is cut into",
    "compute.workers": "pieces, or starting points, computed at the same time",
    "compute.executor": "where these are computed: serial, threads, processes or dask",
}

PARAMETER_KEYS = ("active", "mean", "sd", "transform", "bounds")

DEFAULTS: Mapping[str, Any] = {
    "experiment": {"name": "experiment", "title": "", "seed": 1, "comment": "", "starts": 1},
    "inputs": {"settings": {}},
    "grid": {},
    "time": {},
    "model": {"name": "bethy"},
    "streams": {},
    "parameters": {},
    "prior": {"name": "gaussian"},
    "optimiser": {"name": "gauss_newton"},
    "engine": {"name": "auto"},
    "posterior": {"hessian": "gauss_newton", "rank": 50, "largest_distance": 1.0, "draws": 0},
    "targets": {
        "fields": ["gpp", "npp", "nep"],
        "periods": [],
        "masks": {},
        "sensitivity": False,
        "prescribed": [],
    },
    "evaluation": {},
    "output": {"fields": ["gpp", "npp", "nep", "lai", "fapar", "soil_moisture"]},
    "compute": {"blocks": 1, "workers": 1, "executor": "threads"},
}
TRUTH: Mapping[str, Any] = {"spread": 0.5, "noise": True}  # where there is such a table


def with_defaults(config: Mapping[str, Any], source: str, problems: list[str]) -> dict[str, Any]:
    """The configuration with what was left out filled in; a sentence for each unknown key."""
    out: dict[str, Any] = deepcopy(dict(DEFAULTS))
    for section, content in config.items():
        if section not in SECTIONS:
            problems.append(
                f"unknown section '{section}' in {source}.{did_you_mean(section, SECTIONS)} "
                f"Sections: {', '.join(SECTIONS)}."
            )
            continue
        if section == "prior" and isinstance(content, str):
            content = {"run": content}
        if not isinstance(content, Mapping):
            problems.append(f"'{section}' in {source} is {content!r}; a table was expected.")
            continue
        keys = SECTIONS[section]
        if keys is not None and section in NAMED_TABLES:
            keys = (*keys, *(name for name, inner in content.items() if _is_table(inner)))
        for key in content:
            if keys is not None and key not in keys:
                problems.append(
                    f"unknown key '{section}.{key}' in {source}.{did_you_mean(key, keys)} "
                    f"Keys of [{section}]: {', '.join(keys)}."
                )
        known = {key: v for key, v in content.items() if keys is None or key in keys}
        # a component of another name starts from its own defaults
        start = out.get(section, {})
        if keys is None and "name" in known and known["name"] != start.get("name"):
            start = {}
        out[section] = {**start, **deepcopy(known)}
    without_wrong_values(out, source, problems)
    if "truth" in out:
        out["truth"] = {**TRUTH, **out["truth"]}
    for name, change in out["parameters"].items():
        for key in [k for k in change if k not in PARAMETER_KEYS]:
            del change[key]
            problems.append(
                f"unknown key '{key}' of parameter '{name}' in {source}."
                f"{did_you_mean(key, PARAMETER_KEYS)} Keys: {', '.join(PARAMETER_KEYS)}."
            )
    return out


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping)


def with_settings(
    config: Mapping[str, Any], settings: Mapping[str, Any], problems: list[str]
) -> dict[str, Any]:
    """The configuration with keys overridden; a key is a dotted path, quoted as in TOML."""
    out = deepcopy(dict(config))
    for key, value in settings.items():
        try:
            path = _path(key)
        except tomllib.TOMLDecodeError:
            problems.append(
                f"cannot read the key '{key}'; expected a dotted path such as time.days or "
                'parameters."bethy.V_m[4]".active.'
            )
            continue
        table = out
        for name in path[:-1]:
            inner = table.setdefault(name, {})
            if not isinstance(inner, dict):
                table[name] = inner = {"run": inner} if name == "prior" else {}
            table = inner
        table[path[-1]] = value
    return out


def _path(key: str) -> list[str]:
    tree = tomllib.loads(f"{key} = 0")
    path = []
    while isinstance(tree, dict):
        name, tree = next(iter(tree.items()))
        path.append(name)
    return path


def setting(text: str) -> tuple[str, Any]:
    """Key and value of a `KEY=VALUE` of the command line; the value as TOML, or else as text."""
    key, _, value = text.partition("=")
    try:
        return key.strip(), tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return key.strip(), value
