"""Names of a new package, derived from the name of its component."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping

from ..core.errors import Findings
from .kinds import Kind

MAX_LENGTH = 40  # characters of a name


def package_names(kind: Kind, name: str) -> dict[str, str]:
    """Folder and entry point, distribution, module and class of a component.

    `lai_vod` of kind observation operator: obs_lai_vod, ccdas-obs-lai-vod, ccdas_obs_lai_vod,
    LaiVod. A name that begins with the prefix does not get it twice.
    """
    entry = name if name.startswith(f"{kind.prefix}_") else f"{kind.prefix}_{name}"
    return {
        "name": name,
        "entry": entry,
        "distribution": f"ccdas-{entry.replace('_', '-')}",
        "module": f"ccdas_{entry}",
        "class": "".join(part.capitalize() for part in name.split("_")),
    }


def name_findings(kind: Kind, name: str, taken: Mapping[str, str]) -> Findings:
    """Reasons why a name cannot be used; `taken` has the package of each installed name."""
    findings = Findings()
    if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name):
        near = usable_name(name)
        hint = f" Did you mean '{near}'?" if near else ""
        findings.add(
            "wrong-name",
            name,
            f"'{name}' is no name for a component: expected lower-case letters and digits, words "
            f"separated by '_', a letter first, as in '{kind.sample}'.{hint}",
        )
    elif keyword.iskeyword(name):
        message = f"'{name}' is a keyword of Python; choose a name such as '{kind.sample}'."
        findings.add("wrong-name", name, message)
    elif len(name) > MAX_LENGTH:
        message = f"'{name}' is longer than {MAX_LENGTH} characters; choose a shorter name."
        findings.add("wrong-name", name, message)
    if name in taken:
        findings.add(
            "taken-name",
            name,
            f"{taken[name]} supplies '{name}', and two packages cannot share a name. Choose "
            f"another, such as {name}_2.",
        )
    return findings


def usable_name(name: str) -> str:
    """The nearest name that a component may have, '' where there is none."""
    near = re.sub(r"\W+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)).lower().strip("_")
    near = re.sub(r"_+", "_", near)
    usable = re.fullmatch(r"[a-z]\w*", near) and not keyword.iskeyword(near)
    return near if usable else ""
