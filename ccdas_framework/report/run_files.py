"""The files of a run folder as plain values; a file that is not there is an empty part."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen

from ..core.errors import InvalidInput
from ..io.results import read_result

STANDS_IN = (  # what a reader must be told first
    "synthetic", "built from", "pseudo-observation", "stands in", "stand in", "stand for",
)  # fmt: skip
FLAGS = ("synthetic", "synthetic_observations")  # attributes 'yes', 'no', or either and why


@frozen(eq=False)
class RunFiles:
    """What one run left behind.

    Args:
        folder: of the run.
        result, fields, diagnostics: datasets of `result.nc`, `fields.nc` and `diagnostics.nc`,
            None where there is none.
        starts: dataset of `starts.nc`, None where there is none.
        sensitivity: group of `sensitivity.nc` -> its dataset, '' for its root.
        streams: group of `simulated.nc` -> its dataset.
        evaluation: group of `evaluation.nc` -> its dataset; observations, not assimilated.
        latitudes: likewise; sums by latitude beside references.
        targets: period -> dataset of `targets.nc`; '' is the window.
        notes: attributes of `simulated.nc` itself.
        experiment, provenance: as written.
    """

    folder: Path
    result: Any = None
    fields: Any = None
    diagnostics: Any = None
    starts: Any = None
    sensitivity: dict[str, Any] = field(factory=dict)
    streams: dict[str, Any] = field(factory=dict)
    evaluation: dict[str, Any] = field(factory=dict)
    latitudes: dict[str, Any] = field(factory=dict)
    targets: dict[str, Any] = field(factory=dict)
    notes: dict[str, Any] = field(factory=dict)
    experiment: dict[str, Any] = field(factory=dict)
    provenance: dict[str, Any] = field(factory=dict)

    def warnings(self) -> list[str]:
        """Sentences that say which observations are synthetic or stand in for others."""
        found = [text for values in (self.notes, self.experiment) for text in _told(values)]
        flagged = any(_flag(self.notes, name) == "yes" for name in FLAGS)
        if flagged and not any("synthetic" in text.lower() for text in found):
            found.append("synthetic observations")
        known = " ".join(found).lower()
        for name, data in (self.streams | self.evaluation).items():
            texts = _told(data.attrs)
            if _flag(data.attrs, "synthetic") == "yes" and "synthetic observations" not in known:
                texts = texts or ["synthetic observations"]
            found += [f"{name}: {text}" for text in texts if text.lower() not in known]
        return list(dict.fromkeys(found))


def read_run(folder: Path) -> RunFiles:
    """All files of a run, loaded and closed again.

    Raises:
        InvalidInput: the folder holds no results.
    """
    folder = Path(folder)
    if not (folder / "result.nc").is_file() and not (folder / "simulated.nc").is_file():
        raise InvalidInput(
            f"{folder} holds neither result.nc nor simulated.nc; expected the folder of a run. "
            "Give the folder that `ccdas run --out` named."
        )
    simulated, targets = groups(folder / "simulated.nc"), groups(folder / "targets.nc")
    evaluated = {n: d for n, d in groups(folder / "evaluation.nc").items() if n}
    return RunFiles(
        folder=folder,
        result=groups(folder / "result.nc").get(""),
        fields=groups(folder / "fields.nc").get(""),
        diagnostics=groups(folder / "diagnostics.nc").get(""),
        starts=groups(folder / "starts.nc").get(""),
        sensitivity=groups(folder / "sensitivity.nc"),
        streams={name: data for name, data in simulated.items() if name},
        evaluation={n: d for n, d in evaluated.items() if "observed" in d},
        latitudes={n: d for n, d in evaluated.items() if "reference_row" in d},
        targets=targets,
        notes=_attributes(simulated.get("")),
        experiment=_toml(folder / "experiment.toml"),
        provenance=_json(folder / "provenance.json"),
    )


def groups(path: Path) -> dict[str, Any]:
    """Every group of a netCDF file, '' for its root."""
    import netCDF4  # slow to import

    if not path.is_file():
        return {}
    found = {"": read_result(path)}
    with netCDF4.Dataset(path) as file:
        names = list(file.groups)
    return found | {name: read_result(path, name) for name in names}


def _attributes(dataset: Any) -> dict[str, Any]:
    return {} if dataset is None else dict(dataset.attrs)


def _flag(attributes: Mapping[str, Any], name: str) -> str:
    """'yes' or 'no', the first word of an attribute."""
    return str(attributes.get(name, "")).lower().replace(":", " ").partition(" ")[0]


def _told(values: Any) -> list[str]:
    """Every text among nested values that says what stands in for something else."""
    if isinstance(values, Mapping):
        return [text for value in values.values() for text in _told(value)]
    if isinstance(values, (list, tuple)):
        return [text for value in values for text in _told(value)]
    text = values.strip() if isinstance(values, str) else ""
    # a single word is a name, no sentence
    told = " " in text and any(word in text.lower() for word in STANDS_IN)
    return [re.sub(r"^(yes|no)[:;,]\s*", "", text)] if told else []


def _toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _json(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}
