"""Paths of a configuration, made absolute so that they mean the same from any folder."""

from __future__ import annotations

import typing
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from .evaluation_section import EvaluationSection
from .sections import InputsSection, StreamSection
from .target_tables import TargetsSection


@frozen
class AbsolutePaths:
    """Paths of files outside the input folder, absolute where the file exists.

    Args:
        inputs_folder: of the input files, whose paths stay relative.
        folders: searched for relative paths, in this order.
    """

    inputs_folder: Path | None
    folders: tuple[Path, ...]

    def of(self, name: str | None, default: str | None = None) -> str | None:
        """Absolute path of a name, or of a default name where a file of it exists."""
        sought = default if name is None else name
        if sought is None:
            return None
        folder = next((f for f in self.folders if (f / sought).exists()), None)
        if folder is None or folder == self.inputs_folder:
            return name
        return str((folder / sought).resolve())

    def of_inputs(self, inputs: InputsSection) -> InputsSection:
        """Section of the input files with an absolute path of the forcing."""
        return evolve(inputs, forcing=self.of(inputs.forcing, "forcing.nc"))

    def of_settings(self, settings: Mapping[str, Any], component: Any) -> Mapping[str, Any]:
        """Settings of a component with absolute paths."""
        keys = set() if component is None else path_settings(type(component))
        return {
            key: self.of(value) if key in keys and isinstance(value, str) else value
            for key, value in settings.items()
        }

    def of_stream(self, name: str, stream: StreamSection, operator: Any) -> StreamSection:
        """Section of a stream with absolute paths."""
        return evolve(
            stream,
            observations=self.of(stream.observations, f"{name}.nc"),
            settings=self.of_settings(stream.settings, operator),
        )

    def of_evaluation(self, name: str, table: EvaluationSection) -> EvaluationSection:
        """Section of an evaluation with absolute paths."""
        if table.reference is not None:
            return evolve(table, reference=self.of(table.reference))
        path = self.of(table.observations, f"evaluation_{name}.nc")
        return evolve(table, observations=path)

    def of_targets(self, targets: TargetsSection) -> TargetsSection:
        """Section of the targets with absolute paths; names of masks stay names."""
        names = set(targets.masks)
        masks = {
            name: mask if mask.file in names else evolve(mask, file=self.of(mask.file))
            for name, mask in targets.masks.items()
        }
        single = {
            name: target if target.mask in names else evolve(target, mask=self.of_mask(target.mask))
            for name, target in targets.single.items()
        }
        regions = targets.regions if targets.regions in names else self.of(targets.regions)
        return evolve(targets, masks=masks, regions=regions, single=single)

    def of_mask(self, mask: str | None) -> str | None:
        """A mask and a region of it, "FILE:REGION", with an absolute path of the file."""
        if mask is None:
            return None
        path, colon, region = mask.rpartition(":")
        if not path:
            return self.of(mask)
        return f"{self.of(path)}{colon}{region}"


def path_settings(cls: type) -> set[str]:
    """Settings of a component whose declared type has `Path` in it."""
    try:
        hints = typing.get_type_hints(cls)
    except NameError:
        return set()
    return {name for name, hint in hints.items() if hint is Path or Path in typing.get_args(hint)}


def existing_path(name: str, folders: tuple[Path, ...]) -> Path:
    """Path of a file in the first folder that has it, else the name as a path."""
    return next((f / name for f in folders if (f / name).exists()), Path(name))


def absolute_path(name: str, folder: Path) -> Path:
    """Absolute path of a name next to the configuration, else in the working folder."""
    beside = folder / name
    return (beside if beside.exists() else Path(name)).resolve()
