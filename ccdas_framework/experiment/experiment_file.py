"""Experiment files of users, and those that installed packages supply by name."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from attrs import frozen

from ..core.errors import Finding, InvalidExperiment, UnknownComponent, did_you_mean
from ..installed import registry
from ..registry.published_packages import install_advice


@frozen
class TomlFile:
    """Contents of a TOML file.

    Args:
        table: as TOML gives it.
        source: name of the file.
        folder: of the file, searched for relative paths.
    """

    table: dict[str, Any]
    source: str
    folder: Path


def read_experiment_file(name_or_path: str | Path) -> TomlFile:
    """Contents of an experiment file of an installed package or of a user.

    Raises:
        UnknownComponent: neither an installed name nor a file.
        InvalidExperiment: the file is no TOML.
    """
    path = experiment_file(name_or_path)
    return read_toml(path, str(path))


def read_toml(path: Path, where: str) -> TomlFile:
    """Contents of a TOML file; raises InvalidExperiment with the place `where` if it is none."""
    try:
        return TomlFile(tomllib.loads(path.read_text(encoding="utf-8")), path.name, path.parent)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"{path} is not valid TOML: {error}."
        raise InvalidExperiment([Finding("invalid-toml", where, message)]) from None


def experiment_file(name_or_path: str | Path) -> Path:
    """TOML file of an experiment of an installed package, or of a path.

    Raises:
        UnknownComponent: neither a file nor an installed name.
        PluginError: several packages have an experiment of this name.
    """
    path, name, installed = Path(name_or_path), str(name_or_path), shipped_experiments()
    if path.suffix != ".toml":
        registry().require_one("experiments", name)
        if name in installed:
            return installed[name]
    if path.is_file():
        return path
    advice = install_advice("experiments", name) or did_you_mean(name, installed)
    remedy = (
        f"{advice} Installed: {', '.join(installed)}."
        if installed
        else " No installed package has experiments; name a TOML file, or install ccdas-recipes."
    )
    message = f"no experiment '{name}': neither a TOML file nor an installed name.{remedy}"
    raise UnknownComponent(message, code="unknown-experiment", where=name)


def shipped_experiments() -> dict[str, Path]:
    """TOML files of the experiments of the installed packages by name."""
    return dict(registry().experiments)
