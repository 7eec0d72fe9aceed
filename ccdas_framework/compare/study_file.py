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
from ..config.overrides import dotted_keys
from ..config.paths import existing_path
from ..core.errors import Findings, UnknownComponent
from ..experiment.experiment_file import read_toml, shipped_experiments
from ..testing import KNOWN_PROBLEMS, has_exact_answer
from .study_findings import EXACT, PRIOR, name_findings, study_findings
from .study_sections import StudyFileSection


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
        return "-".join(part for part in self.choices if part)

    @property
    def choices(self) -> tuple[str, ...]:
        """Case, model, streams, method, engine and seed."""
        return self.case, self.model, self.streams, self.method, self.engine, str(self.seed)

    @property
    def fingerprint(self) -> str:
        """Hash of the definition, the same in any folder."""
        return _hash({**self.definition, "problem": self.problem_id})

    @property
    def problem_id(self) -> str:
        """Hash that rows of the same problem share.

        An experiment file counts by its text and not by its place. Files that it names and the
        folder of data do not.
        """
        problem = dict(self.definition["problem"])
        del problem["data"]
        if problem.get("text"):
            del problem["experiment"]
        return _hash(problem)


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


def read_study(path: str | Path, findings: Findings, data: Path | None = None) -> StudyFile:
    """Contents of a study file, and a finding for each mistake; `data` is of `load_experiment`.

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
    rows = tuple(_rows(sections, path.parent, data))
    findings.extend(study_findings(sections, path))
    findings.extend(name_findings(list({row.choices: row.name for row in rows}.values())))
    return StudyFile(sections, rows, raw, path.name)


def _hash(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _rows(sections: StudyFileSection, folder: Path, data: Path | None) -> list[Row]:
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
        first = study.seeds[0]
        truth_seed = seed if "truth" in study.vary else None
        method_seed = seed if "method" in study.vary else first
        if method == EXACT and not _has_exact(about.known, truth_seed is not None):
            continue
        of_method = method not in (PRIOR, EXACT) and "method" in study.vary
        if seed != first and not of_method and truth_seed is None:
            continue  # nothing of it depends on the seed
        problem = {
            **_problem_definition(sections, case, model, streams, folder),
            "engine": engine,
            "truth_seed": truth_seed,
            "data": None if data is None else str(data.absolute()),
        }
        definition = {
            "problem": problem,
            "method": _method_definition(
                sections, method, measures=seed == first and about.series is None
            ),
            "method_seed": method_seed,
            "interval": study.interval,
            "budget": _budget_definition(sections, method),
            **({} if about.series is None else {"by_place": True}),
        }
        shown = engine if len(study.engines) > 1 else ""
        numbered = len(rows) + 1
        rows.append(Row(numbered, case, model, streams, method, shown, seed, definition))
    return rows


def _has_exact(known: str | None, drawn_truth: bool) -> bool:
    """Whether the problem has an exact answer, also where its truth is drawn."""
    if known is None or not drawn_truth or known not in KNOWN_PROBLEMS:
        return known is not None
    return has_exact_answer(KNOWN_PROBLEMS[known])


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
    name = str(about.experiment)
    file = None if name in shipped_experiments() else Path(existing_path(name, (folder,)))
    return {
        "experiment": name if file is None else str(file.absolute()),
        "text": file.read_text("utf-8") if file is not None and file.is_file() else "",
        "streams": list((sections.streams or {})[streams]) if streams else about.streams,
        "settings": settings,
        "truth_settings": dotted_keys(about.truth_settings),
        "fixed": about.fixed or "truth",
    }


def _budget_definition(sections: StudyFileSection, method: str) -> dict[str, Any]:
    own = sections.methods[method].model_runs if method in sections.methods else None
    keys = ("model_runs", "gradient", "jacobian", "hessian_vector", "seconds")
    budget = {key: getattr(sections.budget, key) for key in keys}
    return budget if own is None else budget | {"model_runs": own}


def _method_definition(sections: StudyFileSection, method: str, measures: bool) -> dict[str, Any]:
    """What the method does; the first prior row of a problem also measures its evaluations."""
    if method == PRIOR:
        return {"name": method, "measures": measures}
    if method == EXACT:
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
