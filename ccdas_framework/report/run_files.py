"""The files of a run folder as plain values. An absent file is an empty part."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen

from ..core.errors import InvalidInput
from ..io.data_kind import MEASURED, SUBSTITUTE, SYNTHETIC, DataKind
from ..io.netcdf import place
from ..io.netcdf_lock import netcdf_lock
from ..outputs.run_folder import read_result

ANSWER = re.compile(r"^(yes|no)[:;,]\s*")  # before the reason in an attribute 'synthetic'
STANDS_IN = (  # words about data that were not measured, in files without `data_kind`
    "synthetic", "built from", "pseudo-observation", "stands in", "stand in", "stand for",
)  # fmt: skip
FLAGS = ("synthetic", "synthetic_observations")  # attributes 'yes', 'no', or either and why


@frozen(eq=False)
class RunFiles:
    """The files of one run.

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

    @property
    def title(self) -> str:
        """Title of the experiment, or its name, or that of the folder."""
        inner = self.experiment.get("experiment", {})
        for source in (self.experiment, inner if isinstance(inner, dict) else {}):
            for key in ("title", "name"):
                if isinstance(source.get(key), str):
                    return str(source[key])
        return self.folder.name

    @property
    def date(self) -> str:
        """Time of the run for people, '2026-12-01 02:03:04 UTC'; '' where it is not known."""
        text = str(self.provenance.get("date", ""))
        return text.replace("T", " ").replace("+00:00", " UTC")

    def warnings(self) -> list[str]:
        """Lines that say which data of the run are synthetic or substitutes.

        The attribute `data_kind` decides. Files without it are searched for texts that say so.
        """
        groups = {name: data.attrs for name, data in (self.streams | self.evaluation).items()}
        run, forcing = DataKind.of(self.notes), DataKind.of(self.notes, "forcing_")
        if run is None:
            return described_in_text(self.notes, self.experiment, groups)
        lines = ["synthetic observations"] if run.kind == SYNTHETIC else []
        for name, attributes in groups.items():
            kind = DataKind.of(attributes)
            if kind is not None and not (lines and kind.kind == SYNTHETIC):
                lines += [f"{name}: {text}" for text in _described(kind, attributes)]
        if forcing is not None:
            lines += [f"forcing: {text}" for text in _described(forcing, {})]
        return lines


def read_run(folder: Path) -> RunFiles:
    """All files of a run, loaded and closed again.

    Raises:
        InvalidInput: the folder holds no results, or a file that cannot be read.
    """
    folder = Path(folder)
    if not (folder / "result.nc").is_file() and not (folder / "simulated.nc").is_file():
        raise InvalidInput(
            f"{folder} holds neither result.nc nor simulated.nc; expected the folder of a run. "
            "Give the folder that `ccdas run --out` named.",
            code="not-a-run",
            where=str(folder),
        )
    simulated, evaluated = groups(folder / "simulated.nc"), groups(folder / "evaluation.nc")
    single = ("result", "fields", "diagnostics", "starts")
    return RunFiles(
        folder=folder,
        **{name: groups(folder / f"{name}.nc").get("") for name in single},
        sensitivity=groups(folder / "sensitivity.nc"),
        streams={name: data for name, data in simulated.items() if name},
        evaluation={n: d for n, d in evaluated.items() if "observed" in d},
        latitudes={n: d for n, d in evaluated.items() if "reference_row" in d},
        targets=groups(folder / "targets.nc"),
        notes=dict(simulated[""].attrs) if simulated else {},
        experiment=_parsed(folder / "experiment.toml", tomllib.loads),
        provenance=_parsed(folder / "provenance.json", json.loads),
    )


def groups(path: Path) -> dict[str, Any]:
    """Every group of a netCDF file, '' for its root."""
    import netCDF4  # slow to import

    if not path.is_file():
        return {}
    root = {"": read_result(path)}
    with netcdf_lock, netCDF4.Dataset(path) as file:
        names = list(file.groups)
    return root | {name: read_result(path, name) for name in names}


def _described(kind: DataKind, attributes: Mapping[str, Any]) -> list[str]:
    """A line about data that were not measured as they are used, with the reason of the file."""
    if kind.kind == MEASURED:
        return []
    product = kind.substitute_for or "another product"
    text = f"substitute for {product}" if kind.kind == SUBSTITUTE else "synthetic"
    reason = ANSWER.sub("", str(attributes.get("synthetic", "")))
    return [f"{text}; {reason}" if " " in reason else text]


def described_in_text(
    notes: Mapping[str, Any], experiment: Any, groups: Mapping[str, Mapping[str, Any]]
) -> list[str]:
    """Lines about synthetic and substituted data of a run without the attribute `data_kind`."""
    lines = [text for values in (notes, experiment) for text in _texts_about(values)]
    flagged = any(_flag(notes, name) == "yes" for name in FLAGS)
    if flagged and not any("synthetic" in text.lower() for text in lines):
        lines.append("synthetic observations")
    common = " ".join(lines).lower()
    for name, attributes in groups.items():
        texts = _texts_about(attributes)
        if _flag(attributes, "synthetic") == "yes" and "synthetic observations" not in common:
            texts = texts or ["synthetic observations"]
        lines += [f"{name}: {text}" for text in texts if text.lower() not in common]
    return list(dict.fromkeys(lines))


def _flag(attributes: Mapping[str, Any], name: str) -> str:
    """'yes' or 'no', the first word of an attribute."""
    return str(attributes.get(name, "")).lower().replace(":", " ").partition(" ")[0]


def _texts_about(values: Any) -> list[str]:
    """Texts among nested values that say what stands in for something else."""
    if isinstance(values, Mapping):
        return [text for value in values.values() for text in _texts_about(value)]
    if isinstance(values, (list, tuple)):
        return [text for value in values for text in _texts_about(value)]
    text = values.strip() if isinstance(values, str) else ""
    # a single word is a name and not a description
    matches = " " in text and any(words in text.lower() for words in STANDS_IN)
    return [ANSWER.sub("", text)] if matches else []


def _parsed(path: Path, parse: Callable[[str], Any]) -> dict[str, Any]:
    """Contents of a text file, none where it is absent or empty."""
    try:
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        return dict(parse(text)) if text else {}
    except ValueError as cause:  # of TOML, JSON and UTF-8
        raise InvalidInput(
            f"{path} could not be read ({cause}). Repeat the run that wrote it.",
            code="unreadable-file",
            where=place(path),
        ) from cause
