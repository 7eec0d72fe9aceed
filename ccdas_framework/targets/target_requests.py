"""Targets of a configuration: any field, over any mask, in any period."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from attrs import define, field, frozen

from ..config.target_tables import ANNUAL, TargetSection, TargetsSection
from ..core.domain import Domain
from ..core.errors import Finding, Findings, InvalidInput, did_you_mean
from ..core.interfaces import ObservationOperator, ProcessModel
from ..core.variables import Variable
from ..problem.assembled_problem import Problem
from ..problem.stream_data import StreamData
from .operator import AreaTarget, QuantityTarget, Target
from .periods import months_of, period_days
from .region_masks import GLOBAL, Masks
from .statistics import conversion

Operators = Mapping[str, ObservationOperator]
Fields = Mapping[str, tuple[Variable, str]]  # with the stream that derives each, "" for the model


@frozen(eq=False)
class Targets:
    """All targets of a configuration.

    Args:
        targets: regional tables first, then those declared by name, then numbers of operators.
        regions: definition of the regions of the tables, in words.
        left_out: remarks about periods without a table.
        files: of masks.
    """

    targets: tuple[Target, ...] = ()
    regions: str = ""
    left_out: tuple[str, ...] = ()
    files: tuple[Path, ...] = ()


def configured_targets(
    section: TargetsSection,
    model: ProcessModel,
    operators: Operators,
    domain: Domain,
    folders: Sequence[Path],
    findings: Findings,
) -> Targets:
    """The targets of a configuration.

    Args:
        section: [targets]; regional fields that nothing provides are skipped, because they have
            been checked before.
        model, operators: provide the fields.
        domain: of the undivided grid.
        folders: searched for files of masks.
        findings: receives all that is wrong.
    """
    builder = _Builder(
        fields=provided_fields(model, operators),
        operators=operators,
        domain=domain,
        masks=Masks.of(section, folders, domain.grid, findings),
        findings=findings,
    )
    definition, left_out = builder.add_regional(section)
    for name, target in section.single.items():
        builder.add_single(name, target, section.statistic)
    builder.add_quantities()
    return Targets(tuple(builder.targets), definition, tuple(left_out), builder.masks.files)


@define(eq=False)
class _Builder:
    """Constructs targets one after the other."""

    fields: Fields
    operators: Operators
    domain: Domain
    masks: Masks
    findings: Findings
    targets: list[Target] = field(factory=list)

    def add_regional(self, section: TargetsSection) -> tuple[str, list[str]]:
        """Add the regional tables; definition of their regions, and remarks on skipped periods."""
        regions, definition = self.masks.regions(section.regions)
        names = [name for name in dict.fromkeys(section.fields) if name in self.fields]
        left_out = []
        for period in dict.fromkeys([ANNUAL, *section.periods]):
            wrong = period_finding(period, self.domain, "targets.periods")
            if wrong and months_of(period):
                left_out.append(
                    f"'{period}' is left out of 'targets.periods': the window has no such day."
                )
            elif wrong:
                self.findings.extend([wrong])
            elif regions:
                for name in names:
                    statistic = self._statistic(name, section.statistic)
                    key = name if period == ANNUAL else f"{name} {period}"
                    self._add(key, name, statistic, period, "regions", regions)
        return definition, left_out

    def add_single(self, name: str, target: TargetSection, usual: str | None) -> None:
        """Add one target of a table of its own; `usual` is the statistic of [targets]."""
        if self.findings.within(f"targets.{name}"):
            return  # the reader of the configuration has findings about this table
        findings = target_findings(name, target, self.fields, self.domain)
        self.findings.extend(findings)
        if findings:
            return
        place = self.masks.place(f"targets.{name}", target)
        if place is not None and target.field is not None:
            statistic = target.statistic or self._statistic(target.field, usual)
            self._add(name, target.field, statistic, target.period, "declared", [place])

    def add_quantities(self) -> None:
        """Add the numbers that operators compute from their parameters."""
        for stream, operator in self.operators.items():
            for variable in operator.scalars:
                name = variable.name
                if any(target.name == name for target in self.targets):
                    name = f"{stream} {name}"
                target = QuantityTarget(variable, operator)
                self.targets.append(Target(name, target, (GLOBAL,), stream))

    def _statistic(self, name: str, wanted: str | None) -> str:
        """The wanted statistic of a field, or the usual one where it has no total."""
        of_field = conversion(self.fields[name][0])
        return of_field.usual if of_field.total is None else wanted or of_field.usual

    def _add(self, name: str, of: str, statistic: str, period: str, kind: str, places: Any) -> None:
        days = np.asarray(period_days(period, self.domain), float)
        variable, stream = self.fields[of]
        operator = AreaTarget(
            variable=variable,
            statistic=statistic,
            shares=np.stack([share for _, share in places]),
            days=days / days.sum(),
            grid=self.domain.grid,
            period=period,
            kind=kind,
            derived_by=self.operators[stream] if stream else None,
        )
        self.targets.append(Target(name, operator, tuple(label for label, _ in places), stream))


def target_findings(name: str, target: TargetSection, fields: Fields, domain: Domain) -> Findings:
    """Findings about the field, the statistic and the period of one target."""
    where, findings = f"targets.{name}", Findings()
    if name in fields:
        findings.add(
            "name-of-field",
            where,
            f"[{where}] has the name of a field, which its regional table has; choose another.",
        )
    variable = fields.get(target.field or "", (None, ""))[0]
    if variable is None:
        findings.add(
            "unknown-field",
            f"{where}.field",
            f"[{where}] names the field '{target.field}', which neither the model nor an operator "
            f"of these streams gives.{did_you_mean(str(target.field), fields)} Fields: "
            f"{', '.join(fields)}.",
        )
    elif target.statistic == "total" and conversion(variable).total is None:
        findings.add(
            "no-total",
            f"{where}.statistic",
            f"[{where}] has the statistic 'total' of '{target.field}', which is in "
            f"'{variable.units}' and has none; take statistic = \"mean\".",
        )
    wrong = period_finding(target.period, domain, f"{where}.period")
    findings.extend([wrong] if wrong else [])
    return findings


def period_finding(period: str, domain: Domain, where: str) -> Finding | None:
    """A finding about an unknown period or one without a day in the window, or None."""
    try:
        days = period_days(period, domain)
    except InvalidInput as error:
        return Finding("unknown-period", where, f"'{where}': {error}")
    if days.any():
        return None
    first, last = domain.time[domain.lead], domain.time[-1]
    return Finding(
        "empty-period",
        where,
        f"'{where}': the period '{period}' has no day in the window, {first} to {last}. Choose "
        "another, or another window in [time].",
    )


def provided_fields(model: ProcessModel, operators: Operators) -> dict[str, tuple[Variable, str]]:
    """Every field with the stream whose operator derives it, '' for those of the model."""
    fields = {v.name: (v, "") for v in model.provides}
    for stream, operator in operators.items():
        for variable in operator.gives:
            fields.setdefault(variable.name, (variable, stream))
    return fields


def target_streams(targets: Targets, problem: Problem) -> dict[str, StreamData]:
    """The targets as a problem holds them, by name; without those of streams that it lacks."""
    return {
        target.name: target.of_problem(problem)
        for target in targets.targets
        if not target.stream or target.stream in problem.streams
    }
