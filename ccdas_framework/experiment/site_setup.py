"""A new experiment from files of flux towers and a table of sites."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
from attrs import evolve, frozen

from ..core.errors import Findings, InvalidInput
from ..installed import registry
from ..io.toml_text import toml_text
from ..registry.reader_types import ProductReader
from .data_imports import ImportedFile, import_files, reader_classes
from .experiment_file import experiment_file
from .input_validation import declared_stream

FORCING = "forcing"
INPUTS = "inputs"  # folder of the input files in that of an experiment
GROUND = {"sites", "with_ground"}  # settings of the readers that give complete forcing
ABSENT = "missing-variable"  # code of a file that lacks the quantity of a stream


@frozen(eq=False)
class SiteSetup:
    """Files of a new experiment.

    Args:
        experiment: its TOML file.
        imports: its forcing and observations.
        notes: sentences on files that lack a stream.
    """

    experiment: Path
    imports: tuple[ImportedFile, ...]
    notes: tuple[str, ...] = ()


def set_up_sites(
    towers: Sequence[Path], sites: Path, model: str, streams: Sequence[str], out: Path
) -> SiteSetup:
    """Write an experiment, its forcing and its observations from product files of towers.

    Nothing is left in `out` where a file cannot be used.

    Args:
        towers: product files, of one kind.
        sites: table with a row for each tower, or a BADM file.
        model: name of the process model.
        streams: observations to assimilate, such as "flux".
        out: folder to write; it does not exist or is empty.

    Raises:
        UnknownComponent: no such model.
        InvalidExperiment: an unknown stream, or a folder that holds files.
        InvalidInput: files that cannot be used, or a table that lacks values.
    """
    registry().component("process_models", model)
    out = out.resolve()  # "." has a name then
    kind, reader = _reader_of(towers)
    _setup_findings(reader, kind, sites, streams, out).raise_if_any()
    out.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.name}-") as temporary:
        inputs = Path(temporary) / out.name / INPUTS
        inputs.mkdir(parents=True)
        with_ground: dict[str, Any] = {"sites": str(sites.resolve()), "with_ground": True}
        imports = [import_files(kind, towers, FORCING, inputs / "forcing.nc", with_ground)]
        notes: list[str] = []
        for stream in streams:
            files = _files_with(kind, towers, stream, sites, inputs, notes)
            settings = {"sites": str(sites.resolve())}
            imports.append(import_files(kind, files, stream, inputs / f"{stream}.nc", settings))
        shutil.copy(sites, inputs.parent / sites.name)
        text = experiment_text(out.name, model, imports)
        (inputs.parent / "experiment.toml").write_text(text, encoding="utf-8")
        out.mkdir(exist_ok=True)  # it is empty, and may be the folder of the shell
        for part in sorted(inputs.parent.iterdir()):
            part.rename(out / part.name)
    moved = tuple(evolve(each, path=out / INPUTS / each.path.name) for each in imports)
    return SiteSetup(out / "experiment.toml", moved, tuple(notes))


def copy_example(name: str, out: Path) -> Path:
    """Copy the file of an installed experiment into a folder, and return its path.

    Raises:
        UnknownComponent: no installed experiment of this name.
        InvalidExperiment: the folder has a file of this name, or is a file.
    """
    source, findings = experiment_file(name), Findings()
    target = out / source.name
    if out.exists() and not out.is_dir():
        findings.add("wrong-option", "--out", f"{out} is no folder. Choose another with --out.")
    elif target.exists():
        findings.add(
            "file-exists", "--out", f"{target} exists already. Choose another folder with --out."
        )
    findings.raise_if_any()
    out.mkdir(parents=True, exist_ok=True)
    shutil.copy(source, target)
    return target


def _reader_of(towers: Sequence[Path]) -> tuple[str, type[ProductReader]]:
    """Kind and class of the reader that gives complete forcing from all files."""
    readers = {
        name: cls
        for name, cls in reader_classes().items()
        if FORCING in cls.gives and {f.alias for f in attrs.fields(cls)} >= GROUND  # type: ignore[arg-type]
    }
    if not readers:
        raise InvalidInput(
            "no installed reader makes forcing of towers. Install one: pip install ccdas-readers.",
            code="missing-package",
            where="--towers",
        )
    kinds = []
    for path in towers:
        if not path.is_file():
            raise InvalidInput(
                f"There is no file {path}. Give the product file of each tower.",
                code="missing-file",
                where=path.name,
            )
        kinds.append(next((name for name, cls in readers.items() if cls.recognise(path)), ""))
        if not kinds[-1] or kinds[-1] != kinds[0]:
            titles = ", ".join(f"'{name}' ({cls.title})" for name, cls in readers.items())
            raise InvalidInput(
                f"{path} is not of a kind that gives weather with soil and vegetation: {titles}; "
                "all files are of one kind. `ccdas data import` reads other kinds.",
                code="other-kind",
                where=path.name,
            )
    return kinds[0], readers[kinds[0]]


def _setup_findings(
    reader: type[ProductReader], kind: str, sites: Path, streams: Sequence[str], out: Path
) -> Findings:
    """Findings about the arguments of `set_up_sites`."""
    findings = Findings()
    given = [stream for stream in reader.gives if stream != FORCING]
    for stream in [stream for stream in streams if stream not in given]:
        findings.add(
            "unknown-stream",
            "--obs",
            f"files of kind '{kind}' give no stream '{stream}'. They give {', '.join(given)}. Make "
            "files of other products with `ccdas data import`, and add their table [streams.NAME] "
            "to the experiment.",
        )
    if not streams:
        findings.add("no-streams", "--obs", f"name streams with --obs, from {', '.join(given)}.")
    if not sites.is_file():
        findings.add(
            "missing-file",
            "--sites",
            f"There is no table of sites {sites}. Give a CSV file with the columns id, latitude, "
            "longitude, elevation, igbp, utc_offset and texture, or a BADM file.",
        )
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        findings.add(
            "folder-not-empty", "--out", f"{out} exists and is no empty folder. Choose another."
        )
    return findings


def _files_with(
    kind: str, towers: Sequence[Path], stream: str, sites: Path, scratch: Path, notes: list[str]
) -> list[Path]:
    """Files that have the quantity of a stream; the others are named in a note.

    Raises:
        InvalidInput: no file has it, or one cannot be used.
    """
    files, error = [], None
    trial = scratch / "trial.nc"
    for path in towers:
        try:
            import_files(kind, [path], stream, trial, {"sites": str(sites.resolve())})
        except InvalidInput as problem:
            if problem.code != ABSENT:
                raise
            error = problem
            notes.append(f"{path.name} has no values for stream {stream}, which leaves it out.")
        else:
            files.append(path)
            trial.unlink()
    if not files and error is not None:
        raise error
    return files


def experiment_text(name: str, model: str, imports: Sequence[ImportedFile]) -> str:
    """The commented TOML of an experiment on imported files.

    Args:
        imports: the forcing first, then the observations.
    """
    forcing, *observed = imports
    days = forcing.data.dataset["time"].values.astype("datetime64[D]")
    places = ", ".join(str(label) for label in forcing.data.dataset["label"].values)
    parts = [
        f"# {name}: made by `ccdas init`. `ccdas config` prints all keys with their defaults.",
        "# Relative paths are searched in the folder of the inputs and next to this file.",
        toml_text({"experiment": {"name": name, "title": f"Towers {places}"}}),
        f"# {forcing.data.product}; made with the sites in the table beside this file",
        toml_text({"inputs": {"folder": INPUTS}}),
        "# The days that the weather of all towers covers. A model repeats the first year before",
        "# them `spin_up_years` times.",
        toml_text({"time": {"start": str(days[0]), "days": len(days), "spin_up_years": 2}}),
        f"# Settings of the model are keys of this table: `ccdas data check --model {model}` and",
        "# the README of its package describe its input and its settings.",
        toml_text({"model": {"name": model}}),
    ]
    for each in observed:
        _, keys = declared_stream(each.path)
        counts = "; ".join(f"{s.name} {s.kept} kept" for s in each.data.series)
        parts += [f"# {each.data.product}: {counts}", _stream_table(each.stream, keys)]
    parts += [
        "# Fluxes of each tower are means per area, as the area of its cell is nominal.",
        toml_text({"targets": {"regions": "cells", "statistic": "mean"}}),
        "# The search ends at a minimum or after so many iterations.",
        toml_text({"optimiser": {"name": "gauss_newton", "iterations": 40}}),
    ]
    return "\n".join(part.strip() + ("\n" if part.startswith("[") else "") for part in parts)


def _stream_table(stream: str, keys: Mapping[str, Any]) -> str:
    """The table of a stream without a key that only repeats its name."""
    table = {key: value for key, value in keys.items() if (key, value) != ("operator", stream)}
    return toml_text({"streams": {stream: table}}) or f"[streams.{stream}]"
