"""Input files of an experiment: an existing folder, or a temporary one that a recipe fills."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from collections.abc import Collection, Mapping
from pathlib import Path

from attrs import evolve, frozen

from ..config.paths import existing_path
from ..config.sections import InputsSection, StreamSection
from ..core.errors import CcdasError, Findings
from ..core.interfaces import ObservationOperator
from ..installed import registry
from .recipe_inputs import InputFolder, begin

DATA_VARIABLE = "CCDAS_DATA"  # environment variable that names the folder of published data


class TemporaryFolder:
    """A new folder that lives as long as what holds this object.

    `tempfile.TemporaryDirectory` warns when it is deleted in this way, which is the intended one
    here: an experiment needs its inputs for as long as anything refers to it.
    """

    def __init__(self, prefix: str) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=prefix))
        OPEN.add(self)
        weakref.finalize(self, shutil.rmtree, self.path, ignore_errors=True)


OPEN: weakref.WeakSet[TemporaryFolder] = weakref.WeakSet()  # of this process


@frozen(eq=False)
class InputFiles:
    """Folder of input files.

    Args:
        folder: None where the experiment names neither a folder nor a recipe, or the recipe failed.
        recipe: writes files of streams into the folder; None without a recipe.
        temporary: the folder where a recipe made it; it is deleted with the last of its holders.
        failed: whether the recipe failed.
    """

    folder: Path | None = None
    recipe: InputFolder | None = None
    temporary: TemporaryFolder | None = None
    failed: bool = False

    def write_streams(
        self,
        streams: Mapping[str, StreamSection],
        operators: Mapping[str, ObservationOperator],
        designed: Collection[str],
        findings: Findings,
    ) -> set[str]:
        """Streams whose observations the recipe cannot write; it writes those of all others.

        A stream with a configured file needs none. Its file may be that of another stream of the
        recipe, so that two streams can share one.
        """
        missing: set[str] = set()
        if self.recipe is None:
            return missing
        for stream, operator in operators.items():
            file = streams[stream].observations
            source = stream if file is None else file.removesuffix(".nc")
            if stream in designed or (file is not None and source not in self.recipe.streams):
                continue
            try:
                self.recipe.write(source, operator)
            except CcdasError as error:
                findings.add_error(error, "[inputs] ", where=f"streams.{stream}")
                missing.add(stream)
        return missing


def input_files(inputs: InputsSection, findings: Findings) -> InputFiles:
    """The folder of input files; a recipe writes all but the observations."""
    if inputs.folder is not None:
        path = Path(inputs.folder)
        if not path.is_dir():
            message = f"[inputs] folder '{path}' does not exist."
            findings.add("missing-folder", "inputs.folder", message)
        return InputFiles(folder=path)
    if inputs.recipe is None:
        return InputFiles()
    temporary = TemporaryFolder("ccdas-inputs-")
    components = registry()
    try:
        components.require_one("recipes", inputs.recipe)
        recipe = begin(
            inputs.recipe,
            temporary.path,
            None if inputs.data is None else Path(inputs.data),
            inputs.settings,
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


def absolute_inputs(inputs: InputsSection, folder: Path, data: str | Path | None) -> InputsSection:
    """The section with absolute folders of input files and of the published data.

    The published data are in `data`, else in the folder of the section, else in that of the
    environment variable CCDAS_DATA.

    Args:
        folder: of the experiment file, searched before the working folder.
    """
    if data is not None:
        data = Path(data).resolve()
    elif inputs.data is not None:
        data = existing_path(inputs.data, (folder,)).resolve()
    elif inputs.recipe is not None and os.environ.get(DATA_VARIABLE):
        data = Path(os.environ[DATA_VARIABLE]).resolve()
    files = inputs.folder
    return evolve(
        inputs,
        folder=None if files is None else str((folder / files).resolve()),
        data=None if data is None else str(data),
    )
