"""Paths of a configuration, made absolute so that they mean the same from any folder."""

from __future__ import annotations

import os
import tomllib
import typing
from collections.abc import Collection, Mapping
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, TypeVar

from attrs import evolve, frozen

from .evaluation_section import EvaluationSection
from .overrides import key_path
from .sections import (
    EngineSection,
    GridSection,
    ModelSection,
    OptimiserSection,
    SamplerSection,
    StreamSection,
)
from .target_tables import EACH_CELL, PlaceSection, TargetSection, TargetsSection

S = TypeVar("S", ModelSection, OptimiserSection, SamplerSection, EngineSection, StreamSection)
P = TypeVar("P", PlaceSection | None, TargetSection)


FILES = (
    "inputs.forcing", "streams.*.observations", "evaluation.*.observations",
    "evaluation.*.reference",
)  # fmt: skip
FOLDERS = ("inputs.folder", "inputs.data", "prior", "prior.run")
MASKS = ("grid.*.mask", "targets.*.mask")  # "FILE:REGION" or "NAME:REGION"
OR_NAMES = (  # keys of paths, names or other text: settings of components are any of them
    "targets.regions", "targets.masks.*.file", "inputs.settings.*", "model.*", "prior.*",
    "optimiser.*", "sampler.*", "engine.*", "streams.*.*",
)  # fmt: skip


def from_working_folder(key: str, value: Any) -> Any:
    """A value of the command line; absolute where it is a path that the working folder has.

    Where a key takes names as well, a path is a value with a suffix or a separator of folders.

    Args:
        key: dotted, quoted as in TOML.
        value: of the key, a table as well; one of a key that holds no path stays as it is.
    """
    try:
        return _from_working_folder(key_path(key), value)
    except tomllib.TOMLDecodeError:
        return value


def _from_working_folder(names: list[str], value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _from_working_folder([*names, name], inner) for name, inner in value.items()}
    if not isinstance(value, str) or not value:
        return value
    dotted = ".".join(name.replace(".", "-") for name in names)

    def is_one_of(patterns: tuple[str, ...]) -> bool:
        return any(
            len(names) == pattern.count(".") + 1 and fnmatchcase(dotted, pattern)
            for pattern in patterns
        )

    of_mask = is_one_of(MASKS)
    text, colon, region = value.rpartition(":") if of_mask and ":" in value else (value, "", "")
    path = Path(text)
    try:
        if is_one_of(FILES):
            is_path = path.is_file()
        elif is_one_of(FOLDERS):
            is_path = path.is_dir()
        else:
            no_name = bool(path.suffix) or "/" in text or os.sep in text or text.startswith(".")
            is_path = no_name and (of_mask or is_one_of(OR_NAMES)) and path.exists()
    except OSError:  # such as a text that is too long for a name
        return value
    return f"{path.resolve()}{colon}{region}" if is_path else value


@frozen
class AbsolutePaths:
    """Paths of files outside the input folder, absolute where the file exists.

    Args:
        inputs_folder: of the input files, whose paths stay relative.
        folders: searched for relative paths, in this order.
    """

    inputs_folder: Path | None
    folders: tuple[Path, ...]

    def of(self, name: str | None, default: str | None = None, *, file: bool = True) -> str | None:
        """Absolute path of a name, or of a default name where a file of it exists."""
        sought = default if name is None else name
        if sought is None:
            return None
        holds = Path.is_file if file else Path.exists
        folder = next((f for f in self.folders if holds(f / sought)), None)
        if folder is None or folder == self.inputs_folder:
            return name
        return str((folder / sought).resolve())

    def of_component(self, section: S, component: Any) -> S:
        """Section of a component with absolute paths; None where it could not be constructed."""
        keys = set() if component is None else path_settings(type(component))
        settings = {
            key: self.of(value, file=False) if key in keys and isinstance(value, str) else value
            for key, value in section.settings.items()
        }
        return evolve(section, settings=settings)

    def of_stream(self, name: str, stream: StreamSection, operator: Any) -> StreamSection:
        """Section of a stream with absolute paths."""
        observations = self.of(stream.observations, f"{name}.nc")
        return evolve(self.of_component(stream, operator), observations=observations)

    def of_evaluation(self, name: str, table: EvaluationSection) -> EvaluationSection:
        """Section of an evaluation with absolute paths."""
        if table.reference is not None:
            return evolve(table, reference=self.of(table.reference))
        return evolve(table, observations=self.of(table.observations, f"evaluation_{name}.nc"))

    def of_targets(self, targets: TargetsSection) -> TargetsSection:
        """Section of the targets with absolute paths; names of masks stay names."""
        names = set(targets.masks)
        masks = {
            name: mask if mask.file in names else evolve(mask, file=self.of(mask.file))
            for name, mask in targets.masks.items()
        }
        single = {name: self._of_place(target, names) for name, target in targets.single.items()}
        stays = targets.regions in {*names, EACH_CELL}
        regions = targets.regions if stays else self.of(targets.regions)
        return evolve(targets, masks=masks, regions=regions, single=single)

    def of_grid(self, grid: GridSection, masks: Collection[str]) -> GridSection:
        """Section of the grid with absolute paths; `masks` are names, which stay names."""
        select, exclude = (self._of_place(place, masks) for place in (grid.select, grid.exclude))
        return evolve(grid, select=select, exclude=exclude)

    def _of_place(self, place: P, masks: Collection[str]) -> P:
        """A place with the absolute path of its mask."""
        if place is None or place.mask is None or place.mask in masks:
            return place
        return evolve(place, mask=self._of_mask(place.mask))

    def _of_mask(self, mask: str) -> str | None:
        """A mask and a region of it, "FILE:REGION", with an absolute path of the file."""
        path, colon, region = mask.rpartition(":")
        return f"{self.of(path)}{colon}{region}" if path else self.of(mask)


def path_settings(cls: type) -> set[str]:
    """Settings of a component whose declared type has `Path` in it."""
    try:
        hints = typing.get_type_hints(cls)
    except NameError:
        return set()
    return {name for name, hint in hints.items() if hint is Path or Path in typing.get_args(hint)}


def existing_path(name: str, folders: tuple[Path, ...], *, file: bool = False) -> Path:
    """Path in the first folder that has the name, else the name as a path; `file`: of a file."""
    paths = [folder / name for folder in folders]
    return next((p for p in paths if (p.is_file() if file else p.exists())), Path(name))
