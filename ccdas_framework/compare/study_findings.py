"""Mistakes in a study file that can be found without building an experiment."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

from ..config.components import component, registered_class
from ..config.paths import existing_path
from ..core.errors import Findings, did_you_mean
from ..experiment.experiment_file import shipped_experiments
from ..testing import KNOWN_PROBLEMS, has_truths
from .study_sections import CaseSection, MethodSection, StudyFileSection

PRIOR, EXACT = "prior", "exact"  # methods that every study has
NAME = re.compile(r"[A-Za-z0-9_.+]+([A-Za-z0-9_.+-]*[A-Za-z0-9_.+])?")  # of a part of a file name


def study_findings(sections: StudyFileSection, path: Path) -> Findings:
    """Findings about the tables of a study file.

    Args:
        sections: its keys.
        path: of the file, whose folder is that of its experiments.
    """
    findings, source = Findings(), path.name
    for table in ("cases", "methods"):
        if not getattr(sections, table):
            findings.add("missing-key", table, f"{source} has no table [{table}.NAME].")
    for table in ("cases", "models", "streams", "methods"):
        for name in getattr(sections, table) or ():
            if not NAME.fullmatch(name):
                message = (
                    f"[{table}.{name}] in {source}: the name is part of the names of files; use "
                    "letters, digits and any of _ . + - inside it."
                )
                findings.add("wrong-name", f"{table}.{name}", message)
    for key in ("seeds", "engines"):
        _repeated(key, getattr(sections.study, key), source, findings)
    for engine in sections.study.engines:
        if engine != "auto":
            registered_class("engines", engine, "study.engines", f"{source}, [study]", findings)
    for name, case in sections.cases.items():
        _case_findings(name, case, sections, path, findings)
    for name, method in sections.methods.items():
        _method_findings(name, method, source, findings)
    return findings


def name_findings(names: Sequence[str]) -> Findings:
    """A finding for each file name that two rows would share, also where case does not count."""
    findings = Findings()
    for name, count in Counter(name.lower() for name in names).items():
        if count > 1:
            message = (
                f"{count} rows of the study have the file name '{name}'; rename a case, model, set "
                "of streams or method, so that the names joined by '-' differ."
            )
            findings.add("repeated-name", name, message)
    return findings


def _repeated(key: str, values: Sequence[Any], source: str, findings: Findings) -> None:
    if twice := [str(value) for value, count in Counter(values).items() if count > 1]:
        message = f"'{key}' of [study] in {source} has {', '.join(twice)} more than once."
        findings.add("repeated-value", f"study.{key}", message)


def _case_findings(
    name: str, case: CaseSection, sections: StudyFileSection, path: Path, findings: Findings
) -> None:
    where = f"cases.{name}"
    if (case.experiment is None) == (case.known is None):
        message = f"[{where}] in {path.name} needs either 'experiment' or 'known'."
        findings.add("missing-key", where, message)
    if case.known is not None:
        _known_findings(where, case, sections, path.name, findings)
    elif case.fixed is not None and case.truth_settings:
        message = (
            f"'fixed' in [{where}] has no effect beside 'truth_settings', whose truth has the "
            "parameters of another experiment; remove it."
        )
        findings.add("unused-key", f"{where}.fixed", message)
    if case.experiment is not None:
        file = existing_path(case.experiment, (path.parent,))
        if case.experiment not in shipped_experiments() and not file.is_file():
            message = (
                f"'experiment' of [{where}] is '{case.experiment}', which is neither a file nor "
                f"installed. Installed: {', '.join(shipped_experiments())}."
            )
            findings.add("unknown-experiment", f"{where}.experiment", message)


def _known_findings(
    where: str, case: CaseSection, sections: StudyFileSection, source: str, findings: Findings
) -> None:
    name = str(case.known)
    if name not in KNOWN_PROBLEMS:
        message = (
            f"no known problem '{name}'.{did_you_mean(name, KNOWN_PROBLEMS)} "
            f"Known problems: {', '.join(KNOWN_PROBLEMS)}."
        )
        findings.add("unknown-problem", f"{where}.known", message)
    elif "truth" in sections.study.vary and not has_truths(KNOWN_PROBLEMS[name]):
        message = (
            f"the errors of the known problem '{name}' in [{where}] are robust, so that no seed "
            'can draw them; leave "truth" out of study.vary.'
        )
        findings.add("no-truth", f"{where}.known", message)
    for key in ("streams", "settings", "truth_settings", "fixed", "series"):
        if getattr(case, key):
            message = f"'{key}' in [{where}] has no effect on a known problem; remove it."
            findings.add("unused-key", f"{where}.{key}", message)
    for table in ("models", "streams"):
        if getattr(sections, table) and not findings.at(table):
            message = (
                f"[{table}] of {source} has no effect on the known problem of [{where}]; "
                "put it into a study of its own."
            )
            findings.add("unused-key", table, message)


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
    chosen, place = method.optimiser or method.sampler or "", f"{source}, [{where}]"
    if registered_class(f"{kind}s", chosen, f"{where}.{kind}", place, findings) is None:
        return
    lists = dict(method.tune)
    for setting, values in method.tune.items():
        if not (isinstance(values, (list, tuple)) and values):
            message = f"'{setting}' in [{where}.tune] is {values!r}; expected a list of values."
            findings.add("wrong-value", f"{where}.tune.{setting}", message)
            del lists[setting]
    tried = [("settings", dict(method.settings))]
    tried += [("tune", chosen_values) for chosen_values in combinations(lists)]
    for table, settings in tried:
        wrong = Findings()
        component(f"{kind}s", chosen, settings, f"{where}.{table}", source, (), wrong)
        findings.extend(finding for finding in wrong if finding not in findings)


def combinations(lists: Mapping[str, Sequence[Any]]) -> list[dict[str, Any]]:
    """Each combination of one value of each list, by name; one without any where there is none."""
    return [dict(zip(lists, values, strict=True)) for values in product(*lists.values())]
