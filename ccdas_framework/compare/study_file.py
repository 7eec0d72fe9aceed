"""A study file, expanded to rows: cases x models x streams x methods x engines x seeds."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

from attrs import frozen

from ..config import read_section
from ..config.components import registered_class, unknown_settings
from ..config.overrides import dotted_keys
from ..config.paths import existing_path
from ..core.errors import Findings, UnknownComponent, did_you_mean
from ..experiment.experiment_file import read_toml, shipped_experiments
from ..testing import KNOWN_PROBLEMS
from .study_sections import CaseSection, MethodSection, StudyFileSection

PRIOR, EXACT = "prior", "exact"  # methods that every study has


@frozen(eq=False)
class Row:
    """One row of a study: a method that solves a problem, with one seed.

    Args:
        number: in the study, from 1.
        case, model, streams, method, engine: names; "" where the study has no such choice.
        seed: of the study.
        definition: all that decides the numbers of the row, as JSON has it.
    """

    number: int
    case: str
    model: str
    streams: str
    method: str
    engine: str
    seed: int
    definition: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Name of its file, without the ending."""
        parts = (self.case, self.model, self.streams, self.method, self.engine, str(self.seed))
        return "-".join(part for part in parts if part)

    @property
    def fingerprint(self) -> str:
        """Hash of the definition."""
        text = json.dumps(self.definition, sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def problem_key(self) -> str:
        """Text that rows of the same problem share."""
        return json.dumps(self.definition["problem"], sort_keys=True, default=str)


@frozen(eq=False)
class StudyFile:
    """Contents of a study file.

    Args:
        sections: its keys.
        rows: in the order of their numbers.
        raw: table of the file.
        source: name of the file.
    """

    sections: StudyFileSection
    rows: tuple[Row, ...]
    raw: Mapping[str, Any]
    source: str

    @property
    def title(self) -> str:
        """Heading of the page."""
        title = self.sections.study.title
        return Path(self.source).stem if title is None else title


def read_study(path: str | Path, findings: Findings) -> StudyFile:
    """Contents of a study file, and a finding for each mistake.

    Raises:
        UnknownComponent: the file does not exist.
        InvalidExperiment: the file is no TOML.
    """
    path = Path(path)
    if not path.is_file():
        raise UnknownComponent(
            f"no study file '{path}'; expected a TOML file with the tables [cases.NAME] and "
            "[methods.NAME], such as examples/compare_methods.toml.",
            code="missing-file",
            where=path.name,
        )
    raw = read_toml(path, path.name).table
    sections = read_section(StudyFileSection, raw, "", path.name, findings)
    for table in ("cases", "methods"):
        if not getattr(sections, table):
            message = f"{path.name} has no table [{table}.NAME]."
            findings.add("missing-key", table, message)
    for name, case in sections.cases.items():
        _case_findings(name, case, sections, path, findings)
    for name, method in sections.methods.items():
        _method_findings(name, method, path.name, findings)
    return StudyFile(sections, tuple(_rows(sections, path.parent)), raw, path.name)


def _case_findings(
    name: str, case: CaseSection, sections: StudyFileSection, path: Path, findings: Findings
) -> None:
    where = f"cases.{name}"
    if (case.experiment is None) == (case.known is None):
        message = f"[{where}] in {path.name} needs either 'experiment' or 'known'."
        findings.add("missing-key", where, message)
    if case.known is not None:
        if case.known not in KNOWN_PROBLEMS:
            message = (
                f"no known problem '{case.known}'.{did_you_mean(case.known, KNOWN_PROBLEMS)} "
                f"Known problems: {', '.join(KNOWN_PROBLEMS)}."
            )
            findings.add("unknown-problem", f"{where}.known", message)
        for key in ("streams", "settings", "truth_settings"):
            if getattr(case, key):
                message = f"'{key}' in [{where}] has no effect on a known problem; remove it."
                findings.add("unused-key", f"{where}.{key}", message)
        for table in ("models", "streams"):
            if getattr(sections, table):
                message = (
                    f"[{table}] of {path.name} has no effect on the known problem of [{where}]; "
                    "put it into a study of its own."
                )
                findings.add("unused-key", table, message)
    if case.experiment is not None:
        file = existing_path(case.experiment, (path.parent,))
        if case.experiment not in shipped_experiments() and not Path(file).is_file():
            message = (
                f"'experiment' of [{where}] is '{case.experiment}', which is neither a file nor "
                f"installed. Installed: {', '.join(shipped_experiments())}."
            )
            findings.add("unknown-experiment", f"{where}.experiment", message)


def _method_findings(name: str, method: MethodSection, source: str, findings: Findings) -> None:
    where = f"methods.{name}"
    if name in (PRIOR, EXACT):
        message = f"[{where}] in {source}: every study has this row; choose another name."
        findings.add("reserved-name", where, message)
    if (method.optimiser is None) == (method.sampler is None):
        message = f"[{where}] in {source} needs either 'optimiser' or 'sampler'."
        findings.add("missing-key", where, message)
        return
    kind = "optimiser" if method.sampler is None else "sampler"
    if kind == "optimiser" and method.start is not None:
        message = f"'start' in [{where}] is for samplers; an optimiser starts at the prior mean."
        findings.add("unused-key", f"{where}.start", message)
    component = method.optimiser or method.sampler or ""
    place = f"{source}, [{where}]"
    cls = registered_class(f"{kind}s", component, f"{where}.{kind}", place, findings)
    if cls is None:
        return
    accepted = [f.alias for f in getattr(cls, "__attrs_attrs__", ()) if f.init]
    for key in ("settings", "tune"):
        given = getattr(method, key)
        findings.extend(unknown_settings(component, given, accepted, f"{where}.{key}", place))
    for setting, values in method.tune.items():
        if not (isinstance(values, (list, tuple)) and values):
            message = f"'{setting}' in [{where}.tune] is {values!r}; expected a list of values."
            findings.add("wrong-value", f"{where}.tune.{setting}", message)


def _rows(sections: StudyFileSection, folder: Path) -> list[Row]:
    """All rows; those of one problem follow each other."""
    study = sections.study
    rows: list[Row] = []
    choices = product(
        sections.cases,
        sections.models or ("",),
        sections.streams or ("",),
        study.engines,
        study.seeds,
        (PRIOR, EXACT, *sections.methods),
    )
    for case, model, streams, engine, seed, method in choices:
        about = sections.cases[case]
        if method == EXACT and about.known is None:
            continue
        first = study.seeds[0]
        truth_seed = seed if "truth" in study.vary else None
        method_seed = seed if "method" in study.vary else first
        known = about.known is not None
        if method in (PRIOR, EXACT) and seed != first and (known or truth_seed is None):
            continue  # nothing of it depends on the seed
        problem = {
            **_problem_definition(sections, case, model, streams, folder),
            "engine": engine,
            "truth_seed": None if known else truth_seed,
        }
        definition = {
            "problem": problem,
            "method": _method_definition(sections, method),
            "method_seed": method_seed,
            "interval": study.interval,
            "budget": {
                key: getattr(sections.budget, key)
                for key in ("model_runs", "gradient", "jacobian", "hessian_vector", "seconds")
            },
        }
        shown = engine if len(study.engines) > 1 else ""
        numbered = len(rows) + 1
        rows.append(Row(numbered, case, model, streams, method, shown, seed, definition))
    return rows


def _problem_definition(
    sections: StudyFileSection, case: str, model: str, streams: str, folder: Path
) -> dict[str, Any]:
    about = sections.cases[case]
    if about.known is not None:
        return {"known": about.known}
    settings = dotted_keys(about.settings)
    if model:
        chosen = sections.models[model]
        settings |= {"model.name": chosen.name or model, **dotted_keys(chosen.settings)}
    installed = about.experiment in shipped_experiments()
    return {
        "experiment": about.experiment
        if installed
        else str(existing_path(str(about.experiment), (folder,))),
        "streams": list((sections.streams or {})[streams]) if streams else about.streams,
        "settings": settings,
        "truth_settings": dotted_keys(about.truth_settings),
    }


def _method_definition(sections: StudyFileSection, method: str) -> dict[str, Any]:
    if method in (PRIOR, EXACT):
        return {"name": method}
    about = sections.methods[method]
    return {
        "name": method,
        "kind": "optimiser" if about.sampler is None else "sampler",
        "component": about.optimiser or about.sampler,
        "start": about.start or "optimum",
        "settings": dict(about.settings),
        "tune": dict(about.tune),
    }
