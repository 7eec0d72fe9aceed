"""Input files of an experiment: an existing folder, or a temporary one that a recipe fills."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from ..config import Config
from ..config.paths import absolute_path
from ..core.errors import CcdasError, Findings
from ..core.interfaces import ObservationOperator
from ..installed import registry
from .recipe_inputs import begin

DEFAULT_DATA = Path("../shared/data")


@frozen(eq=False)
class InputFiles:
    """Folder of input files.

    Args:
        folder: None where the experiment names neither a folder nor a recipe, or the recipe failed.
        recipe: writes files of streams into the folder; None without a recipe.
        temporary: keeps a temporary folder until it is deleted.
        failed: whether the recipe failed.
    """

    folder: Path | None = None
    recipe: Any = None
    temporary: Any = None
    failed: bool = False


def input_files(config: Config, findings: Findings) -> InputFiles:
    """The folder of input files of a configuration; a recipe writes all but the observations."""
    inputs = config.inputs
    if inputs.folder is not None:
        path = Path(inputs.folder)
        if not path.is_dir():
            message = f"[inputs] folder '{path}' does not exist."
            findings.add("missing-folder", "inputs.folder", message)
        return InputFiles(folder=path)
    if inputs.recipe is None:
        return InputFiles()
    temporary = tempfile.TemporaryDirectory(prefix="ccdas-inputs-")
    components = registry()
    try:
        components.require_one("recipes", inputs.recipe)
        recipe = begin(
            inputs.recipe,
            Path(temporary.name),
            None if inputs.data is None else Path(inputs.data),
            inputs.settings,
            seed=config.experiment.seed,
            recipes=components.recipes,
            added=components.recipe_observations.get(inputs.recipe),
        )
    except CcdasError as error:
        label = f"recipe '{inputs.recipe}'"
        for finding in error.findings:
            message = finding.message
            message = message if message.startswith(label) else f"{label}: {message}"
            findings.add(finding.code, finding.where or "inputs.recipe", f"[inputs] {message}")
        return InputFiles(temporary=temporary, failed=True)
    return InputFiles(recipe.folder, recipe, temporary)


def write_streams(
    files: InputFiles,
    config: Config,
    operators: Mapping[str, ObservationOperator],
    designed: Collection[str],
    findings: Findings,
) -> list[str]:
    """Streams whose observations the recipe cannot write; it writes those of all others.

    A stream with a configured file needs none. Its file may be that of another stream of the
    recipe, so that two streams can share one.
    """
    missing: list[str] = []
    if files.recipe is None:
        return missing
    for stream, operator in operators.items():
        file = config.streams[stream].observations
        source = stream if file is None else file.removesuffix(".nc")
        if stream in designed or (file is not None and source not in files.recipe.streams):
            continue
        try:
            files.recipe.write(source, operator)
        except CcdasError as error:
            findings.add_error(error, "[inputs] ", where=f"streams.{stream}")
            missing.append(stream)
    return missing


def data_folder(config: Config, folder: Path, data: str | Path | None) -> Path | None:
    """Folder of published data: `data`, else that of the configuration, else the default.

    A relative path of the configuration is looked up in `folder`, that of the experiment file.
    """
    if data is not None:
        return Path(data).resolve()
    if config.inputs.data is not None:
        return absolute_path(config.inputs.data, folder)
    usual = config.inputs.recipe is not None and DEFAULT_DATA.is_dir()
    return DEFAULT_DATA.resolve() if usual else None
