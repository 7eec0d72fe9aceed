"""Comparisons of `[evaluation]`, with their files read."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from attrs import define, field

from ..config.evaluation_section import EvaluationSection
from ..config.sections import StreamSection
from ..core.domain import Forcing
from ..core.errors import CcdasError, Finding, Findings, did_you_mean
from ..core.interfaces import ObservationOperator, ProcessModel
from ..core.observations import Observations
from ..core.variables import Variable
from ..installed import registry
from ..io.observation_files import read_observations
from ..io.reference_fields import read_reference
from ..targets.statistics import CONVERSIONS, conversion
from .withheld import AtPlaces, ThroughStream
from .zonal_comparison import ByLatitude, common_months

EvaluationRequest = AtPlaces | ThroughStream | ByLatitude
PathOf = Callable[[str], Path]
Operators = Mapping[str, ObservationOperator]


@define(eq=False)
class EvaluationReader:
    """Reads one comparison after the other.

    Args:
        model: M.
        operators: H by stream.
        assimilated: observations by stream, as read.
        forcing: over lead and window.
        path_of: name of a file -> its path.
        findings: receives all that is wrong.
        streams: sections of all configured streams, also of those whose operator is wrong.
        some_cells: whether the run takes some cells of the grid only.
        notes: receives a note on each comparison that is left out, because the run has not its
            stream, the model has not its field, or a stream assimilates its observations.
    """

    model: ProcessModel
    operators: Operators
    assimilated: Mapping[str, Observations]
    forcing: Forcing
    path_of: PathOf
    findings: Findings
    streams: Mapping[str, StreamSection]
    some_cells: bool
    notes: list[Finding] = field(factory=list)

    def read(self, name: str, table: EvaluationSection) -> EvaluationRequest | None:
        """One comparison; None where it is left out, or cannot be read."""
        if self.findings.within(f"evaluation.{name}"):
            return None  # the table itself is wrong
        if table.kind == "stream":
            return self._stream(name, table)
        fields = {variable.name: variable for variable in self.model.provides}
        field_name = table.field or name
        variable = fields.get(field_name)
        if variable is None:
            self._without_field(name, field_name, fields)
            return None
        if table.kind == "reference":
            return self._reference(name, table, variable)
        path = self.path_of(table.observations or f"evaluation_{name}.nc")
        observations = read_observations(path, variable, self.findings, keep_missing=True)
        if observations is None:
            return None
        stream = self.assimilated.get(name)
        if both := [] if stream is None else labels_in_both(observations, stream):
            self._leave_out(
                name,
                "assimilated",
                f"stream '{name}' assimilates its observations of {', '.join(both)}.",
            )
            return None
        return AtPlaces(variable, observations, self.forcing.domain)

    def _without_field(self, name: str, field_name: str, fields: Collection[str]) -> None:
        """A note on a field of other models, else a finding."""
        if field_name in _fields_of_operators():
            message = f"the model does not give the field '{field_name}'."
            self._leave_out(name, "missing-field", message)
            return
        self.findings.add(
            "unknown-field",
            f"evaluation.{name}.field",
            f"[evaluation.{name}] names the field '{field_name}', which the model does not "
            f"give.{did_you_mean(field_name, fields)}",
        )

    def _leave_out(self, name: str, code: str, reason: str) -> None:
        """A note on a comparison that is left out."""
        where = f"evaluation.{name}"
        self.notes.append(Finding(code, where, f"[{where}] is left out: {reason}"))

    def _stream(self, name: str, table: EvaluationSection) -> ThroughStream | None:
        """Withheld observations of a stream of the run."""
        where, stream = f"evaluation.{name}", str(table.stream)
        if stream not in self.operators:
            if stream not in self.streams:  # otherwise a finding says why it is missing
                streams = ", ".join(self.operators) or "none"
                message = f"it needs stream '{stream}', and this run has {streams}."
                self._leave_out(name, "missing-stream", message)
            return None
        operator = self.operators[stream]
        path = self.path_of(table.observations or f"evaluation_{name}.nc")
        if not path.is_file():
            self.findings.add(
                "missing-file",
                f"{where}.observations",
                f"[{where}] compares with withheld observations of stream '{stream}', and there is "
                f"no file {path}. Withhold some (held_out of a recipe), name a file with "
                f"'{where}.observations', or remove the table.",
            )
            return None
        observations = read_observations(
            path, operator.observes, self.findings,
            stream=stream, interval=operator.interval, average=bool(self.streams[stream].average),
            columns=operator.columns, keep_missing=True,
        )  # fmt: skip
        if observations is None:
            return None
        assimilated = self.assimilated.get(stream)
        both = [] if assimilated is None else labels_in_both(observations, assimilated)
        if both:
            self.findings.add(
                "assimilated",
                where,
                f"[{where}]: observations of {', '.join(both)} are in {path} and among those that "
                f"stream '{stream}' assimilates; assimilated observations are no test. Keep them "
                "in one of the two.",
            )
            return None
        return ThroughStream(name, stream, operator, observations)

    def _reference(
        self, name: str, table: EvaluationSection, variable: Variable
    ) -> ByLatitude | None:
        """Published sums by latitude of a field."""
        where, domain = f"evaluation.{name}", self.forcing.domain
        total = conversion(variable).total
        if total is None:
            self.findings.add(
                "no-total",
                where,
                f"[{where}] sums field '{variable.name}' by latitude, and a sum of "
                f"'{variable.units}' means nothing. Fields that can be summed are in "
                f"{', '.join(CONVERSIONS)}.",
            )
            return None
        path = self.path_of(str(table.reference))
        possible = np.abs(variable.observed_range or variable.valid_range or np.inf).max()
        reference = read_reference(
            path, total[1], self.findings, largest=float(possible) * total[0]
        )
        if reference is None:
            return None
        if not len(common_months(domain, reference.months)[0]):
            days = domain.time[domain.window]
            self.findings.add(
                "no-common-month",
                where,
                f"[{where}]: {path} has months from {reference.months[0]} to "
                f"{reference.months[-1]}, and the window is {days[0]} to {days[-1]}: they have no "
                "whole month in common. Give a reference of the period, or remove the table.",
            )
            return None
        note = (
            f"this run has {domain.grid.cells} cells of its grid ([grid]), and the references "
            "all of the globe: their sums cannot agree"
            if self.some_cells
            else ""
        )
        bands = tuple(float(edge) for edge in table.bands)
        return ByLatitude(variable, table.sign, bands, reference, domain, note)


def _fields_of_operators() -> set[str]:
    """Fields that an installed operator with its default settings requires of some model."""
    names = set()
    for operator in registry().components["observation_operators"].values():
        with suppress(TypeError, ValueError, CcdasError):  # settings that have no default
            names |= {variable.name for variable in operator().requires}
    return names


def labels_in_both(withheld: Observations, assimilated: Observations) -> list[str]:
    """Labels with an observation of the same days in both."""
    keys = set(_keys(assimilated))
    return list(dict.fromkeys(key[0] for key in _keys(withheld) if key in keys))


def _keys(observations: Observations) -> Iterator[tuple[str, Any, Any]]:
    labels = map(str, observations.label)
    return zip(labels, observations.start, observations.end, strict=True)
