"""What `[evaluation]` asks for: tables checked, and their files read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...core.domain import Domain, Forcing
from ...core.errors import Findings, did_you_mean
from ...core.interfaces import ObservationOperator, ProcessModel
from ...core.observations import Observations
from ...core.variables import Variable
from ...io.observations import read_observations
from ...io.references import read_reference
from ..targets.statistics import CONVERSIONS, conversion
from .latitudes import ByLatitude, common_months
from .observed import AtPlaces, ThroughStream

Asked = AtPlaces | ThroughStream | ByLatitude
PathOf = Callable[[str], Path]

# what a table compares with -> its keys
KINDS: Mapping[str, tuple[str, ...]] = {
    "field": ("field", "observations"),
    "stream": ("stream", "observations"),
    "reference": ("reference", "field", "sign", "bands"),
}
WHAT = {
    "field": "observations of a field at their cells",
    "stream": "observations kept aside, through the operator of a stream",
    "reference": "sums by latitude that others found",
}
KEYS = tuple(dict.fromkeys(key for keys in KINDS.values() for key in keys))
BANDS = (-90.0, -30.0, 0.0, 30.0, 60.0, 90.0)  # degrees; tropics, and two of the north


def kind_of(table: Mapping[str, Any]) -> str:
    """What an evaluation compares with, a key of `KINDS`."""
    return next((kind for kind in ("reference", "stream") if kind in table), "field")


def without_wrong_keys(config: dict[str, Any], source: str, problems: list[str]) -> None:
    """Take out of `[evaluation]` what its tables do not have or cannot be, a sentence for each."""
    for name, table in config["evaluation"].items():
        kind, where = kind_of(table), f"evaluation.{name}"
        for key in list(table):
            value = table[key]
            if key not in KEYS:
                sentence = (
                    f"unknown key '{where}.{key}' in {source}.{did_you_mean(key, KEYS)} "
                    f"Keys: {', '.join(KEYS)}."
                )
            elif key not in KINDS[kind]:
                sentence = (
                    f"'{where}.{key}' in {source} does not go with '{kind}', which compares with "
                    f"{WHAT[kind]}. With it go: {', '.join(KINDS[kind])}."
                )
            elif key == "sign" and (isinstance(value, bool) or value not in (1, -1)):
                sentence = (
                    f"'{where}.sign' in {source} is {value!r}; 1 was expected, or -1 where the "
                    "reference counts the other direction as positive."
                )
            elif key == "bands" and not _are_bands(value):
                sentence = (
                    f"'{where}.bands' in {source} is {value!r}; edges of bands of latitude from "
                    "south to north were expected, such as [-90, -30, 30, 90]."
                )
            else:
                continue
            problems.append(sentence)
            del table[key]


def _are_bands(value: Any) -> bool:
    if not isinstance(value, (list, tuple)) or len(value) < 2:
        return False
    if any(isinstance(edge, bool) or not isinstance(edge, (int, float)) for edge in value):
        return False
    return bool(np.all(np.diff(value) > 0) and value[0] >= -90 and value[-1] <= 90)


def read_evaluation(
    config: Mapping[str, Any],
    model: ProcessModel | None,
    operators: Mapping[str, ObservationOperator],
    assimilated: Mapping[str, Observations],
    forcing: Forcing | None,
    path_of: PathOf,
    problems: list[Any],
) -> tuple[dict[str, Asked], tuple[str, ...]]:
    """What is asked for by name, and a sentence for each that this run cannot compare with.

    Args:
        config: complete, its tables checked.
        model: M; None where it could not be made.
        operators: H by stream.
        assimilated: observations by stream, as read.
        forcing: over lead and window; None where it could not be read.
        path_of: name of a file -> its path.
        problems: gets a sentence for each thing wrong.
    """
    found: dict[str, Asked] = {}
    notes: list[str] = []
    if model is None or forcing is None:
        return found, ()
    given = {variable.name: variable for variable in model.provides}
    for name, table in config["evaluation"].items():
        kind = kind_of(table)
        read: Asked | None = None
        variable = given.get(table.get("field", name))
        if kind == "stream":
            stream = table["stream"]
            if stream in operators:
                own = operators[stream], assimilated.get(stream)
                read = _stream(name, table, *own, path_of, problems)
            elif stream not in config["streams"]:  # else it could not be made, which is told
                notes.append(
                    f"[evaluation.{name}] is left out: it needs stream '{stream}', and this run "
                    f"has {', '.join(operators) or 'none'}."
                )
        elif variable is None:
            problems.append(
                f"[evaluation.{name}] asks for field '{table.get('field', name)}', which the model "
                f"does not give.{did_you_mean(table.get('field', name), given)}"
            )
        elif kind == "reference":
            read = _reference(name, table, config, variable, forcing.domain, path_of, problems)
        else:
            path = path_of(str(table.get("observations", f"evaluation_{name}.nc")))
            findings = Findings()
            seen = read_observations(path, variable, findings)
            problems.extend(findings)
            read = None if seen is None else AtPlaces(variable, seen, forcing.domain)
        if read is not None:
            found[name] = read
    return found, tuple(notes)


def _stream(
    name: str,
    table: Mapping[str, Any],
    operator: ObservationOperator,
    assimilated: Observations | None,
    path_of: PathOf,
    problems: list[Any],
) -> ThroughStream | None:
    """Observations kept aside of a stream that is in the run."""
    stream = table["stream"]
    path = path_of(str(table.get("observations", f"evaluation_{name}.nc")))
    if not path.is_file():
        problems.append(
            f"[evaluation.{name}] compares with observations kept aside of stream '{stream}', and "
            f"there is no file {path} of any. Keep some aside (held_out of a recipe), name a file "
            f"with 'evaluation.{name}.observations', or take the table out."
        )
        return None
    findings = Findings()
    seen = read_observations(path, operator.observes, findings)
    problems.extend(findings)
    if seen is None:
        return None
    if both := seen_twice(seen, assimilated):
        problems.append(
            f"[evaluation.{name}]: observations of {', '.join(both)} are in {path} and among those "
            f"that stream '{stream}' assimilates; what was assimilated is no test. Keep them in "
            "one of the two."
        )
        return None
    return ThroughStream(name, stream, operator, seen)


def seen_twice(aside: Observations, assimilated: Observations | None) -> list[str]:
    """Labels with an observation of the same days in both."""
    if assimilated is None:
        return []
    known = {_key(assimilated, n) for n in range(len(assimilated))}
    both = [str(aside.label[n]) for n in range(len(aside)) if _key(aside, n) in known]
    return list(dict.fromkeys(both))


def _key(observations: Observations, n: int) -> tuple[str, Any, Any]:
    return str(observations.label[n]), observations.start[n], observations.end[n]


def _reference(
    name: str,
    table: Mapping[str, Any],
    config: Mapping[str, Any],
    variable: Variable,
    domain: Domain,
    path_of: PathOf,
    problems: list[Any],
) -> ByLatitude | None:
    where = f"[evaluation.{name}]"
    total = conversion(variable).total
    if total is None:
        problems.append(
            f"{where} sums field '{variable.name}' by latitude, and a sum of '{variable.units}' "
            f"means nothing. Fields that can be summed are in {', '.join(CONVERSIONS)}."
        )
        return None
    path = path_of(str(table["reference"]))
    findings = Findings()
    reference = read_reference(path, total[1], findings)
    problems.extend(findings)
    if reference is None:
        return None
    if not len(common_months(domain, reference.months)[0]):
        days = domain.time[domain.window]
        problems.append(
            f"{where}: {path} has months from {reference.months[0]} to {reference.months[-1]}, and "
            f"the window is {days[0]} to {days[-1]}: they have no whole month in common. Give a "
            "reference of the period, or take the table out."
        )
        return None
    cells = config["grid"].get("cells")
    note = (
        f"this run has {domain.grid.cells} cells of its grid (grid.cells), and the references all "
        "of the globe: their sums cannot agree"
        if cells is not None
        else ""
    )
    bands = tuple(float(edge) for edge in table.get("bands", BANDS))
    return ByLatitude(variable, int(table.get("sign", 1)), bands, reference, domain, note)
