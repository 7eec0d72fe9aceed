"""Everything that an experiment consists of, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen

from ..config import Config
from ..config.parameter_changes import control_of
from ..core.control import Control
from ..core.domain import Forcing
from ..core.errors import Finding
from ..core.interfaces import Engine, ObservationOperator, Optimiser, ProcessModel, Sampler
from ..core.observations import Observations
from ..evaluation import EvaluationRequest
from ..targets import Targets
from .input_files import TemporaryFolder


@frozen(eq=False)
class ExperimentData:
    """An experiment, read and checked; nothing has run.

    Args:
        config: complete configuration.
        model: M, the process model `config.model.name`.
        operators: H by stream name.
        observations: by stream name.
        forcing: over lead and window.
        optimiser, engine: as configured.
        evaluation: comparisons with data that are never assimilated, by name.
        inputs: files that were read: forcing, observations, files of components, and the result
            that is the prior.
        attributes: global attributes of the forcing file and of the file of each stream.
        targets: quantities whose uncertainty is reported.
        notes: remarks for the user.
        sampler: as configured, if at all.
        temporary: the folder of a recipe's files, deleted with the last of its holders.
        engine_choice: why the engine "auto" stands for `engine`; empty for an engine by name.

    Attributes:
        control: parameters of the model and the operators, as configured.
    """

    config: Config
    model: ProcessModel
    operators: Mapping[str, ObservationOperator]
    observations: Mapping[str, Observations]
    forcing: Forcing
    optimiser: Optimiser
    engine: Engine
    evaluation: Mapping[str, EvaluationRequest]
    inputs: tuple[Path, ...]
    attributes: Mapping[str, Mapping[str, Any]]
    targets: Targets = field(factory=Targets)
    notes: tuple[Finding, ...] = ()
    sampler: Sampler | None = None
    temporary: TemporaryFolder | None = field(default=None, repr=False)
    engine_choice: str = ""
    control: Control = field(init=False, repr=False)

    @control.default
    def _control(self) -> Control:
        return control_of(self.config, self.model, self.operators)

    @property
    def recipe_folder(self) -> Path | None:
        """Temporary folder of input files that a recipe made, deleted with the experiment."""
        return None if self.temporary is None else self.temporary.path

    @property
    def synthetic(self) -> bool:
        """Whether the observations come from a known truth."""
        return self.config.truth is not None
