"""Contents of the input files of an experiment: forcing, observations, evaluation data."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from attrs import define, field

from ..config import Config
from ..config.components import component_files
from ..config.paths import existing_path
from ..config.sections import StreamSection
from ..core.domain import Forcing, Grid
from ..core.errors import Finding, Findings
from ..core.interfaces import ObservationOperator
from ..core.observations import Observations
from ..evaluation import EvaluationReader, EvaluationRequest
from ..io import read_forcing, read_observations
from ..io.netcdf_lock import netcdf_lock
from ..targets import selected_cells


@define(eq=False)
class InputContents:
    """Contents of the input files; errors of reading become findings.

    Args:
        config: names the files.
        folders: searched for relative paths, in this order.
        findings: receives the findings.
    """

    config: Config
    folders: tuple[Path, ...]
    findings: Findings
    forcing: Forcing | None = None
    file_grid: Grid | None = None  # of the forcing file, before cells are selected
    observations: dict[str, Observations] = field(factory=dict)
    evaluation: dict[str, EvaluationRequest] = field(factory=dict)
    attributes: dict[str, dict[str, Any]] = field(factory=dict)
    notes: list[Finding] = field(factory=list)
    paths: list[Path] = field(factory=list)

    def path_of(self, name: str) -> Path:
        """Path of an input file, which is added to `paths`."""
        path = existing_path(name, self.folders, file=True)
        self.paths.append(path)
        return path

    def read(self, parts: Mapping[str, Any], designed: Collection[str]) -> None:
        """Read the forcing, the observations of all streams but `designed`, and evaluation data."""
        model, operators = parts["model"], parts["operators"]
        path = self.path_of(self.config.inputs.forcing or "forcing.nc")
        self.attributes["forcing"] = read_attributes(path)
        if model is not None:
            self.forcing = self._forcing(path, model, operators)
        for stream, operator in operators.items():
            if stream in designed:
                continue
            section = self.config.streams[stream]
            path = self.path_of(section.observations or f"{stream}.nc")
            self.attributes[stream] = read_attributes(path)
            observations = stream_observations(
                path, stream, operator, section, self.findings,
                keep_missing=self.config.truth is not None,
            )  # fmt: skip
            if observations is not None:
                self.observations[stream] = observations
        if model is not None and self.forcing is not None:
            reader = EvaluationReader(
                model, operators, self.observations, self.forcing, self.path_of, self.findings,
                streams=self.config.streams, some_cells=not self.config.grid.whole,
                notes=self.notes,
            )  # fmt: skip
            for name, table in self.config.evaluation.items():
                request = reader.read(name, table)
                if request is not None:
                    self.evaluation[name] = request
        for part in (model, parts["optimiser"], parts["engine"], *operators.values()):
            self.paths += () if part is None else component_files(part)
        if self.config.prior.run is not None:
            self.paths.append(Path(self.config.prior.run) / "result.nc")

    def _forcing(
        self, path: Path, model: Any, operators: Mapping[str, ObservationOperator]
    ) -> Forcing | None:
        time = self.config.time
        spin_up = model.spin_up_years if time.spin_up_years is None else time.spin_up_years
        return read_forcing(
            path,
            model.requires,
            start=None if time.start is None else np.datetime64(str(time.start)),
            days=time.days,
            lead_days=max((time.lead_days or 0, *(o.lead_days for o in operators.values()))),
            spin_up_years=spin_up,
            cells=self.config.grid.cells,
            select=self._selected,
            findings=self.findings,
        )

    def _selected(self, grid: Grid) -> np.ndarray | None:
        """Positions of the cells that are used, or None and findings."""
        self.file_grid = grid
        cells, files = selected_cells(self.config, grid, self.folders, self.findings)
        self.paths += files
        return cells


def stream_observations(
    path: Path, stream: str, operator: ObservationOperator, section: StreamSection,
    findings: Findings, *, keep_missing: bool = False,
) -> Observations | None:  # fmt: skip
    """Observations of a stream as its operator and its section need them, or None and findings.

    `keep_missing` is as of `read_observations`.
    """
    return read_observations(
        path, operator.observes, findings,
        stream=stream, interval=operator.interval, average=bool(section.average),
        columns=operator.columns, keep_missing=keep_missing,
    )  # fmt: skip


def read_attributes(path: Path) -> dict[str, Any]:
    """Global attributes of a netCDF file; none where it cannot be read."""
    import xarray as xr  # slow to import

    try:
        with netcdf_lock, xr.open_dataset(path) as dataset:
            return dict(dataset.attrs)
    except (OSError, ValueError):
        return {}
