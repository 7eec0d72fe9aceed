"""The files of a run folder as plain values; a file that is not there is an empty part."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import field, frozen

from ..core.errors import InvalidInput

STANDS_IN = ("synthetic", "built from", "pseudo-observation")  # what a reader must be told first


@frozen(eq=False)
class RunFiles:
    """What one run left behind.

    Args:
        folder: of the run.
        result, fields: datasets of `result.nc` and `fields.nc`, None where there is none.
        streams: group of `simulated.nc` -> its dataset.
        targets: period -> dataset of `targets.nc`; '' is the window.
        notes: attributes of `simulated.nc` itself.
        experiment, provenance: as written.
    """

    folder: Path
    result: Any = None
    fields: Any = None
    streams: dict[str, Any] = field(factory=dict)
    targets: dict[str, Any] = field(factory=dict)
    notes: dict[str, Any] = field(factory=dict)
    experiment: dict[str, Any] = field(factory=dict)
    provenance: dict[str, Any] = field(factory=dict)

    def warnings(self) -> list[str]:
        """Sentences that say which observations are synthetic or stand in for others."""
        found: list[str] = []
        sources = [("", self.notes), ("", self.experiment), ("", _attributes(self.result))]
        sources += [(name, dict(data.attrs)) for name, data in self.streams.items()]
        for stream, values in sources:
            for text in _texts(values):
                sentence = f"{stream}: {text}" if stream else text
                if any(word in text.lower() for word in STANDS_IN) and sentence not in found:
                    found.append(sentence)
        return found


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
    simulated, targets = _groups(folder / "simulated.nc"), _groups(folder / "targets.nc")
    return RunFiles(
        folder=folder,
        result=_groups(folder / "result.nc").get(""),
        fields=_groups(folder / "fields.nc").get(""),
        streams={name: data for name, data in simulated.items() if name},
        targets=targets,
        notes=_attributes(simulated.get("")),
        experiment=_toml(folder / "experiment.toml"),
        provenance=_json(folder / "provenance.json"),
    )


def _groups(path: Path) -> dict[str, Any]:
    """Every group of a netCDF file, '' for its root."""
    import netCDF4  # slow to import
    import xarray as xr

    if not path.is_file():
        return {}
    with netCDF4.Dataset(path) as file:
        names = list(file.groups)
    # units such as 'd' are no durations here
    found = {"": xr.load_dataset(path, decode_timedelta=False)}
    return found | {n: xr.load_dataset(path, group=n, decode_timedelta=False) for n in names}


def _attributes(dataset: Any) -> dict[str, Any]:
    return {} if dataset is None else dict(dataset.attrs)


def _texts(values: Any) -> Iterator[str]:
    """Every text among nested values; names of files and streams are too short to be sentences."""
    if isinstance(values, Mapping):
        for value in values.values():
            yield from _texts(value)
    elif isinstance(values, (list, tuple)):
        for value in values:
            yield from _texts(value)
    elif isinstance(values, str) and " " in values.strip():
        yield values.strip()


def _toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _json(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}
