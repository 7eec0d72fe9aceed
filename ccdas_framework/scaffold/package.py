"""A new package: the files of a template with new names."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from ..core.errors import InvalidInput
from .kinds import Kind
from .words import name_findings, package_names

EXCLUDED = ("__pycache__", ".pytest_cache", ".ruff_cache", ".mypy_cache")


def new_package(kind: Kind, name: str, out: Path, taken: Mapping[str, str]) -> Path:
    """Write the package of a component into a new folder.

    Args:
        out: parent of the new folder; made if need be.
        taken: installed names of this kind -> their packages.

    Returns:
        The folder of the package. After an error there is none.

    Raises:
        InvalidExperiment: the name cannot be used, or the folder exists.
        InvalidInput: the folder is not writable.
    """
    findings = name_findings(kind, name, taken)
    names = package_names(kind, name)
    folder = Path(out) / names["entry"]
    if not len(findings) and find_spec(names["module"]) is not None:
        findings.add(
            "taken-name",
            name,
            f"an installed package has the name '{names['module']}' but supplies no {name} (see "
            "`ccdas plugins`). Choose another name, or uninstall it.",
        )
    if not len(findings) and folder.exists():
        findings.add(
            "existing-folder",
            str(folder),
            f"the folder {folder} exists. Choose another name or another --out, or remove the "
            "folder.",
        )
    if Path(out).exists() and not Path(out).is_dir():
        message = f"--out {out} is a file; expected a folder to make the package in."
        findings.add("no-folder", "--out", message)
    findings.raise_if_any()
    try:
        Path(out).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out, prefix=".ccdas-new-") as unfinished:
            temporary = Path(unfinished) / folder.name
            _write(kind, name, temporary)
            temporary.rename(folder)
    except OSError as error:
        raise InvalidInput(
            f"--out {out} cannot be written: {error.strerror or error}. Choose a writable folder.",
            code="not-writable",
            where="--out",
        ) from error
    return folder


def rendered(text: str, kind: Kind, name: str) -> str:
    """A text of the template with the names of the component in place of the sample."""
    sample, names = package_names(kind, kind.sample), package_names(kind, name)
    for key in ("module", "distribution", "entry", "name", "class"):  # the longer ones first
        text = text.replace(sample[key], f"\0{key}\0")
    for key, value in names.items():
        text = text.replace(f"\0{key}\0", value)
    return text


def _write(kind: Kind, name: str, folder: Path) -> None:
    for path in sorted(kind.template.rglob("*")):
        inside = path.relative_to(kind.template)
        if path.is_dir() or any(part in EXCLUDED for part in inside.parts):
            continue
        target = folder / rendered(str(inside), kind, name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(rendered(path.read_text(encoding="utf-8"), kind, name), encoding="utf-8")
        shutil.copymode(path, target)
