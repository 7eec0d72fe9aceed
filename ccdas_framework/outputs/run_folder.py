"""The folder of one run: nothing in it is half written, and no earlier result is lost."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from types import TracebackType
from typing import Any
from zipfile import BadZipFile

import numpy as np

from ..core.errors import Finding, InvalidInput
from ..io.atomic import atomic_write, write_text
from ..io.finding_places import place
from ..io.toml_text import toml_text
from . import result_datasets as datasets
from . import sensitivity_dataset as sensitivities
from .diagnostics_dataset import diagnostics_dataset
from .posterior_datasets import draws_dataset, posterior_dataset
from .result_datasets import Simulated
from .starts_dataset import starts_dataset

__all__ = [
    "RESULT_FILES", "RunFolder", "Simulated", "folder_problem", "read_checkpoint", "read_result",
]  # fmt: skip

RESULT_FILES = (
    "result.nc", "simulated.nc", "fields.nc", "targets.nc", "experiment.toml", "provenance.json",
    "log.jsonl", "checkpoint.npz", "report.html", "evaluation.nc", "starts.nc",
    "diagnostics.nc", "draws.nc", "sensitivity.nc",
)  # fmt: skip
STARTED = ("experiment.toml", "provenance.json", "log.jsonl")  # there before anything is found


def folder_problem(path: str | PathLike[str], overwrite: bool) -> Finding | None:
    """The reason why results cannot go here, or None."""
    path = Path(path)
    if path.exists() and not path.is_dir():
        return Finding(
            "output-is-a-file",
            str(path),
            f"The output {path} is a file; expected a folder. Choose another --out.",
        )
    if not path.exists() or not any(path.iterdir()):
        return None
    if not any((path / name).exists() for name in RESULT_FILES):
        return Finding(
            "not-a-results-folder",
            str(path),
            f"The output folder {path} exists and holds other things than the results of a run. "
            "Choose another --out; --overwrite replaces results only.",
        )
    if not overwrite:
        return Finding(
            "results-exist",
            str(path),
            f"The output folder {path} already holds results. "
            "Choose another --out, or give --overwrite to replace them.",
        )
    return None


class RunFolder:
    """Where a run writes; used as `with RunFolder(path) as folder:`.

    With `overwrite`, an earlier run's folder is renamed to `<name>.earlier` and its results are
    removed when the block ends without an error and `complete` is true. After an error both folders
    stay; but a run that found nothing is removed, and the earlier one gets its name back.

    Args:
        path: made if need be.
        overwrite: replace the results of an earlier run.
        again: go on in the folder of an interrupted run; nothing of it is ever removed.

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
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            if self.complete:
                self.finish()
        elif self._found_nothing():
            self._withdraw()
            if self.earlier is not None:
                self.earlier.rename(self.path)
                self.earlier = None
                error.add_note(f"The earlier results are unharmed in {self.path}.")
        else:
            error.add_note(f"What was found so far is in {self.path}.")
            if self.earlier is not None:
                error.add_note(f"The earlier results are unharmed in {self.earlier}.")

    def _end_line_of_log(self) -> None:
        """A line that a killed run left half written must not swallow the next."""
        path = self.path / "log.jsonl"
        if path.is_file() and not path.read_bytes().endswith(b"\n"):
            with open(path, "a", encoding="utf-8") as file:
                file.write("\n")

    def _found_nothing(self) -> bool:
        return not self.again and {path.name for path in self.path.iterdir()} <= set(STARTED)

    def _withdraw(self) -> None:
        for name in STARTED:
            (self.path / name).unlink(missing_ok=True)
        self.path.rmdir()

    def finish(self) -> None:
        """The run is complete: remove the results it replaced, and nothing else of that folder."""
        if self.earlier is None:
            return
        for name in RESULT_FILES:
            (self.earlier / name).unlink(missing_ok=True)
        if not any(self.earlier.iterdir()):
            self.earlier.rmdir()
        self.earlier = None

    def write_result(self, *, knowledge: Mapping[str, Any] | None = None, **values: Any) -> Path:
        """`result.nc`; arguments as in `datasets.result_dataset`.

        Args:
            knowledge: arguments of `posterior.posterior_dataset`, once they are known.
            values: all others.
        """
        result = datasets.result_dataset(**values)
        if knowledge is not None:
            result = result.merge(posterior_dataset(**knowledge))
        return self._write_netcdf("result.nc", {None: result})

    def write_draws(self, **values: Any) -> Path:
        """`draws.nc`; arguments as in `posterior.draws_dataset`."""
        return self._write_netcdf("draws.nc", {None: draws_dataset(**values)})

    def write_simulated(
        self,
        streams: Mapping[str, Simulated],
        attributes: Mapping[str, Any] | None = None,
        name: str = "simulated.nc",
    ) -> Path:
        """`simulated.nc` (or a file of another name), one group a stream.

        Args:
            streams: name -> observed and simulated values.
            name: of the file.
            attributes: of the file; a `comment` says what is synthetic or stands in for data.
        """
        groups: dict[str | None, Any] = {None: datasets.global_attributes(attributes)}
        groups |= {name: datasets.stream_dataset(stream) for name, stream in streams.items()}
        return self._write_netcdf(name, groups)

    def write_evaluation(self, groups: Mapping[str | None, Any]) -> Path:
        """`evaluation.nc` of datasets by group, None for its root; see `evaluations`."""
        return self._write_netcdf("evaluation.nc", groups)

    def write_fields(self, **values: Any) -> Path:
        """`fields.nc`; arguments as in `datasets.fields_dataset`."""
        return self._write_netcdf("fields.nc", {None: datasets.fields_dataset(**values)})

    def write_targets(
        self,
        *,
        periods: Mapping[str, Mapping[str, Any]] | None = None,
        declared: Mapping[str, Any] | None = None,
        **values: Any,
    ) -> Path:
        """`targets.nc`; arguments as in `datasets.targets_dataset`.

        Args:
            periods: name -> the same arguments for another period, each a group of the file.
            declared: arguments of `datasets.declared_dataset`, the group 'declared'.
            values: means over the window.
        """
        groups: dict[str | None, Any] = {None: datasets.targets_dataset(**values)}
        for name, of_period in (periods or {}).items():
            groups[name] = datasets.targets_dataset(**of_period)
        if declared:
            groups["declared"] = datasets.declared_dataset(**declared)
        return self._write_netcdf("targets.nc", groups)

    def write_starts(self, **values: Any) -> Path:
        """`starts.nc`; arguments as in `starts.starts_dataset`."""
        return self._write_netcdf("starts.nc", {None: starts_dataset(**values)})

    def write_diagnostics(
        self,
        tables: Mapping[str, Mapping[str, Any]],
        warnings: Sequence[Finding] = (),
        missing: Sequence[str] = (),
        attributes: Mapping[str, Any] | None = None,
    ) -> Path:
        """`diagnostics.nc`; arguments as in `diagnostics.diagnostics_dataset`."""
        dataset = diagnostics_dataset(tables, warnings, missing, attributes)
        return self._write_netcdf("diagnostics.nc", {None: dataset})

    def write_sensitivity(
        self,
        *,
        streams: Mapping[str, Mapping[str, Any]],
        prescribed: Mapping[str, tuple[Any, Any]],
        **values: Any,
    ) -> Path:
        """`sensitivity.nc`; arguments as in `sensitivities.root_dataset`.

        Args:
            streams: name -> arguments of `sensitivities.stream_dataset`, each a group.
            prescribed: 'stream.name' -> numbers and sensitivity, each a group.
            values: of the root.
        """
        target = values["target"]
        groups: dict[str | None, Any] = {None: sensitivities.root_dataset(**values)}
        for name, of_stream in streams.items():
            groups[name] = sensitivities.stream_dataset(target, **of_stream)
        for name, (numbers, moves) in prescribed.items():
            groups[name] = sensitivities.prescribed_dataset(target, numbers, moves)
        return self._write_netcdf("sensitivity.nc", groups)

    def write_experiment(self, experiment: str | Mapping[str, Any]) -> Path:
        """`experiment.toml`: the experiment as run, as TOML text or as a nested dict."""
        text = experiment if isinstance(experiment, str) else toml_text(experiment)
        write_text(self.path / "experiment.toml", text)
        return self.path / "experiment.toml"

    def write_provenance(self, provenance: Mapping[str, Any]) -> Path:
        """`provenance.json`."""
        text = json.dumps(provenance, indent=2, default=plain, ensure_ascii=False)
        write_text(self.path / "provenance.json", text + "\n")
        return self.path / "provenance.json"

    def log(self, line: Mapping[str, Any]) -> None:
        """Append a line to `log.jsonl`; it is on the disk when this returns."""
        text = json.dumps(line, default=plain, ensure_ascii=False)
        with open(self.path / "log.jsonl", "a", encoding="utf-8") as file:
            file.write(text + "\n")

    def checkpoint(self, x: np.ndarray, iteration: int, **state: Any) -> None:
        """`checkpoint.npz`: where the optimiser stands, whole at any time.

        Args:
            x: control vector, shape (control,).
            iteration: how many are done.
            state: whatever else is needed to go on, arrays or scalars by name.
        """
        with atomic_write(self.path / "checkpoint.npz") as temporary:
            np.savez(temporary, x=x, iteration=iteration, **state)

    def _write_netcdf(self, name: str, groups: Mapping[str | None, Any]) -> Path:
        with atomic_write(self.path / name) as temporary:
            for number, (group, dataset) in enumerate(groups.items()):
                dataset.to_netcdf(temporary, mode="a" if number else "w", group=group)
        return self.path / name


def read_checkpoint(path: str | PathLike[str]) -> dict[str, np.ndarray]:
    """What `RunFolder.checkpoint` wrote to this folder, arrays by name."""
    file = Path(path) / "checkpoint.npz"
    if not file.is_file():
        raise InvalidInput(
            f"{path} has no checkpoint.npz: no iteration was finished there.",
            code="missing-file",
            where=place(file),
        )
    try:
        with np.load(file, allow_pickle=False) as held:
            return {name: held[name] for name in held.files}
    except (OSError, EOFError, ValueError, BadZipFile) as cause:
        raise InvalidInput(
            f"{file} could not be read ({type(cause).__name__}); it is no checkpoint, or not "
            "whole. Begin the run again.",
            code="unreadable-file",
            where=place(file),
        ) from cause


def read_result(path: str | PathLike[str], group: str | None = None) -> Any:
    """A netCDF file of results, or one group of it, loaded and closed.

    Raises:
        InvalidInput: it is none, or not whole.
    """
    import xarray as xr  # slow to import

    try:
        # units such as 'd' are no durations here
        return xr.load_dataset(path, group=group, decode_timedelta=False)
    except (OSError, ValueError) as cause:
        raise InvalidInput(
            f"{path} could not be read as netCDF ({type(cause).__name__}); it is none, or not "
            "whole. Repeat the run that wrote it.",
            code="unreadable-file",
            where=place(path),
        ) from cause


def _free_name(path: Path) -> Path:
    """`<name>.earlier`, or with the first free number where an unfinished run left one."""
    candidate, number = path.with_name(f"{path.name}.earlier"), 2
    while candidate.exists():
        candidate, number = path.with_name(f"{path.name}.earlier{number}"), number + 1
    return candidate


def plain(value: Any) -> Any:
    """numpy numbers, arrays, dates and paths as JSON has them."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return str(value) if isinstance(value, np.datetime64) else value.item()
    return str(value)
