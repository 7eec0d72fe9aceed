"""The folder of one run: every file is complete, and no earlier result is lost."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any
from zipfile import BadZipFile

import numpy as np

from ..core.errors import Finding, InvalidInput
from ..io.atomic import atomic_write
from ..io.netcdf import place
from ..io.netcdf_lock import netcdf_lock
from .study_folder import plain, study_folder_problem, write_groups, write_json, write_toml

RESULT_FILES = (
    "result.nc", "simulated.nc", "fields.nc", "targets.nc", "experiment.toml", "provenance.json",
    "log.jsonl", "checkpoint.npz", "report.html", "evaluation.nc", "starts.nc",
    "diagnostics.nc", "draws.nc", "sensitivity.nc", "ensemble.nc", "draws.npz", "run.log",
)  # fmt: skip
CHECKPOINT = "checkpoint.npz"
STARTED = ("experiment.toml", "provenance.json", "log.jsonl", "run.log")  # before any result
OPEN: list[RunFolder] = []  # folders of this process whose run has not ended
LOGGER = logging.getLogger("ccdas_framework")  # parent of the loggers of all modules


def folder_problem(path: str | PathLike[str], overwrite: bool) -> Finding | None:
    """The reason why a run cannot write its results to a folder, or None."""
    return study_folder_problem(path, RESULT_FILES, overwrite)


def files_of_start(path: Path, experiment: str | PathLike[str]) -> list[Path]:
    """All files of a folder where a run ended before its first accepted point; [] for any other.

    Args:
        path: the folder.
        experiment: name or file of an experiment; a folder that holds this file is another.
    """
    files = list(path.iterdir()) if path.is_dir() else []
    names = {file.name for file in files}
    begun = bool(names & {"provenance.json", "log.jsonl"})  # only a run writes them
    only = all(name in STARTED or ".unfinished" in name for name in names)
    own = any(file.resolve() == Path(experiment).resolve() for file in files)
    return files if begun and only and not own else []


class RunFolder:
    """Folder that a run writes to, used as `with RunFolder(path) as folder:`.

    With `overwrite`, an earlier run's folder is renamed to `<name>.earlier` and its results are
    removed when the block ends without an error and `complete` is true. After an error both folders
    stay. A run without results is removed, and the earlier one gets its name back.

    Within the block `run.log` receives the log of the framework, from level INFO on.

    Args:
        path: created if it does not exist.
        overwrite: replace the results of an earlier run.
        again: continue in the folder of an interrupted run, of which nothing is removed.

    Raises:
        InvalidInput: there are results and `overwrite` is false, or the folder is no run's.
    """

    def __init__(
        self, path: str | PathLike[str], overwrite: bool = False, *, again: bool = False
    ) -> None:
        self.path = Path(path).absolute()
        self.earlier: Path | None = None
        self.complete = True  # set to False where these results cannot stand for the earlier ones
        self.again = again
        self._level = LOGGER.level
        self._handler = logging.FileHandler(
            self.path / "run.log",
            encoding="utf-8",
            delay=True,  # opened by the first record
        )
        self._handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        if again:
            self._end_line_of_log()
            return
        problem = folder_problem(self.path, overwrite)
        if problem is not None:
            raise InvalidInput(problem.message, code=problem.code, where=problem.where)
        if self.path.exists() and any(self.path.iterdir()):
            self.earlier = _free_name(self.path)
            self.path.rename(self.earlier)
        self.path.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> RunFolder:
        OPEN.append(self)
        self._level = LOGGER.level
        LOGGER.addHandler(self._handler)
        if not LOGGER.isEnabledFor(logging.INFO):
            LOGGER.setLevel(logging.INFO)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        OPEN.remove(self)
        if error is not None:
            LOGGER.error("%s: %s", type(error).__name__, error)
        LOGGER.removeHandler(self._handler)
        LOGGER.setLevel(self._level)
        self._handler.close()
        if error is None:
            if self.complete:
                self.finish()
        elif not self.again and {path.name for path in self.path.iterdir()} <= set(STARTED):
            for name in STARTED:
                (self.path / name).unlink(missing_ok=True)
            self.path.rmdir()
            if self.earlier is not None:
                self.earlier.rename(self.path)
                self.earlier = None
                error.add_note(f"The earlier results are unharmed in {self.path}.")
        else:
            error.add_note(f"Its results so far are in {self.path}.")
            if self.earlier is not None:
                error.add_note(f"The earlier results are unharmed in {self.earlier}.")

    def _end_line_of_log(self) -> None:
        """A line that a killed run left half written must not swallow the next."""
        path = self.path / "log.jsonl"
        if path.is_file() and not path.read_bytes().endswith(b"\n"):
            with open(path, "a", encoding="utf-8") as file:
                file.write("\n")

    def finish(self) -> None:
        """Remove the results that this run replaces, and nothing else of that folder."""
        if self.earlier is None:
            return
        for name in RESULT_FILES:
            (self.earlier / name).unlink(missing_ok=True)
        if not any(self.earlier.iterdir()):
            self.earlier.rmdir()
        self.earlier = None

    def write(self, name: str, root: Any, groups: Mapping[str, Any] | None = None) -> Path:
        """A netCDF file of results.

        Args:
            name: of the file.
            root: dataset of its root.
            groups: name -> dataset of each further group.
        """
        by_group: dict[str | None, Any] = {None: root}
        by_group.update(groups or {})
        return write_groups(self.path / name, by_group)

    def write_experiment(self, experiment: Mapping[str, Any]) -> Path:
        """`experiment.toml`: the experiment as run."""
        return write_toml(self.path / "experiment.toml", experiment)

    def write_provenance(self, provenance: Mapping[str, Any]) -> Path:
        """`provenance.json`."""
        return write_json(self.path / "provenance.json", provenance)

    def log(self, line: Mapping[str, Any]) -> None:
        """Append a line to `log.jsonl`; it is on the disk when this returns."""
        text = json.dumps(line, default=plain, ensure_ascii=False)
        with open(self.path / "log.jsonl", "a", encoding="utf-8") as file:
            file.write(text + "\n")

    def checkpoint(self, x: np.ndarray, iteration: int, **state: Any) -> None:
        """`checkpoint.npz`: the state of the optimiser, complete at any time.

        Args:
            x: control vector, shape (control,).
            iteration: number of completed ones.
            state: arrays or scalars by name that are needed to continue.
        """
        with atomic_write(self.path / CHECKPOINT) as temporary:
            np.savez(temporary, x=x, iteration=iteration, **state)


def read_checkpoint(path: str | PathLike[str]) -> dict[str, np.ndarray]:
    """The arrays of `RunFolder.checkpoint` by name."""
    checkpoint = Path(path) / CHECKPOINT
    if not checkpoint.is_file():
        raise InvalidInput(
            f"{path} has no checkpoint.npz: no iteration was completed.",
            code="missing-file",
            where=place(checkpoint),
        )
    try:
        with np.load(checkpoint, allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (OSError, EOFError, ValueError, BadZipFile) as cause:
        raise InvalidInput(
            f"{checkpoint} could not be read ({type(cause).__name__}): it is no checkpoint, or "
            "incomplete. Start the run again.",
            code="unreadable-file",
            where=place(checkpoint),
        ) from cause


def read_result(path: str | PathLike[str], group: str | None = None) -> Any:
    """A netCDF file of results, or one group of it, loaded and closed.

    Raises:
        InvalidInput: it cannot be read.
    """
    import xarray as xr  # slow to import

    try:
        # units such as 'd' are no durations here
        with netcdf_lock:
            return xr.load_dataset(path, group=group, decode_timedelta=False)
    except (OSError, ValueError, RuntimeError) as cause:
        raise InvalidInput(
            f"{path} could not be read as netCDF ({type(cause).__name__}), or is "
            "incomplete. Repeat the run that wrote it.",
            code="unreadable-file",
            where=place(path),
        ) from cause


def _free_name(path: Path) -> Path:
    """`<name>.earlier`, or with the first free number where an unfinished run left one."""
    candidate, number = path.with_name(f"{path.name}.earlier"), 2
    while candidate.exists():
        candidate, number = path.with_name(f"{path.name}.earlier{number}"), number + 1
    return candidate
