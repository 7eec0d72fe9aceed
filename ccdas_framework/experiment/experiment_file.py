"""Contents of experiment files."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from attrs import frozen

from ..core.errors import Finding, InvalidExperiment
from .installed_experiments import experiment_file


@frozen
class ExperimentFile:
    """Contents of an experiment file.

    Args:
        table: as TOML gives it.
        source: name of the file.
        folder: of the file, searched for relative paths.
    """

    table: dict[str, Any]
    source: str
    folder: Path


def read_experiment_file(name_or_path: str | Path) -> ExperimentFile:
    """Contents of an experiment file of an installed package or of a user.

    Raises:
        UnknownComponent: neither an installed name nor a file.
        InvalidExperiment: the file is no TOML.
    """
    path = experiment_file(name_or_path)
    try:
        with open(path, "rb") as file:
            return ExperimentFile(tomllib.load(file), path.name, path.parent)
    except tomllib.TOMLDecodeError as error:
        message = f"{path} is not valid TOML: {error}."
        raise InvalidExperiment([Finding("invalid-toml", str(path), message)]) from None
