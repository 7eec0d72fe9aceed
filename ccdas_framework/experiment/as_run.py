"""The configuration as run: complete, and with paths that mean the same from any folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .components import path_settings
from .targets import mask_tables


def record_folders(config: dict[str, Any], folder: Path, data: Path | None) -> None:
    """Make the folders absolute that a configuration names, and record that of published data.

    Args:
        config: changed in place.
        folder: of the file the configuration was read from; looked in before the working folder.
        data: that recipes read.
    """
    inputs, prior = config["inputs"], config["prior"]
    if "folder" in inputs:
        inputs["folder"] = str((folder / inputs["folder"]).resolve())
    if data is not None:
        inputs["data"] = str(data)
    if isinstance(prior.get("run"), str):
        prior["run"] = str(existing(prior["run"], folder))


def record_files(
    config: dict[str, Any],
    parts: Mapping[str, Any],
    inputs_folder: Path | None,
    folders: tuple[Path, ...],
) -> None:
    """Make the files absolute that a configuration names, except those among the input files.

    Args:
        config: changed in place.
        parts: components by kind, and "operators" by stream; None where one could not be made.
        inputs_folder: of the input files, which a recipe makes again.
        folders: where relative paths were looked for, in this order.
    """

    def record(table: dict[str, Any], key: str, default: str | None = None) -> None:
        name = table.get(key, default)
        if not isinstance(name, str):
            return
        found = next((f for f in folders if (f / name).exists()), None)
        if found is not None and found != inputs_folder:
            table[key] = str((found / name).resolve())

    record(config["inputs"], "forcing", "forcing.nc")
    for stream, table in config["streams"].items():
        record(table, "observations", f"{stream}.nc")
    for name, table in config["evaluation"].items():
        kind = "reference" if "reference" in table else "observations"
        record(table, kind, f"evaluation_{name}.nc")
    masks = config["targets"].get("masks", {})
    for table, key in mask_tables(config["targets"]):
        name = table.get(key)
        if isinstance(name, str) and name not in masks:
            path, colon, region = name.rpartition(":") if key == "mask" else (name, "", "")
            of_file = {"path": path or region}
            record(of_file, "path")
            table[key] = of_file["path"] + (colon + region if path else "")
    tables = [(config[section], parts[section]) for section in ("model", "optimiser", "engine")]
    tables += [(config["streams"][name], made) for name, made in parts["operators"].items()]
    for table, made in tables:
        for key in () if made is None else path_settings(type(made)) & set(table):
            record(table, key)


def existing(name: str, folder: Path) -> Path:
    """An absolute path: next to the configuration, else in the working folder."""
    beside = folder / name
    return (beside if beside.exists() else Path(name)).resolve()
