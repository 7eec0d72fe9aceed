"""Experiments that installed packages supply by name."""

from __future__ import annotations

from pathlib import Path

from ..core.errors import UnknownComponent, did_you_mean
from ..installed import registry


def shipped_experiments() -> dict[str, Path]:
    """TOML files of the experiments of the installed packages by name."""
    return dict(registry().experiments)


def experiment_file(name_or_path: str | Path) -> Path:
    """TOML file of an experiment of an installed package, or of a path.

    Raises:
        UnknownComponent: neither a file nor an installed name.
        PluginError: several packages have an experiment of this name.
    """
    path, name = Path(name_or_path), str(name_or_path)
    if path.suffix != ".toml":
        registry().require_one("experiments", name)
        if name in shipped_experiments():
            return shipped_experiments()[name]
    if path.is_file():
        return path
    installed = shipped_experiments()
    remedy = (
        f"{did_you_mean(name, installed)} Installed: {', '.join(installed)}."
        if installed
        else " No installed package has experiments; name a TOML file, or install ccdas-recipes."
    )
    message = f"no experiment '{name}': neither a TOML file nor an installed name.{remedy}"
    raise UnknownComponent(message, code="unknown-experiment", where=name)
