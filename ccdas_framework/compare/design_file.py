"""A design file, checked and expanded to single designs."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from ..config import read_section
from ..core.errors import Finding, Findings, InvalidExperiment, UnknownComponent
from .design_sections import DesignFileSection
from .design_tables import OBSERVED, Design, Greedy, greedy_of, places_of, single_designs


@frozen(eq=False)
class DesignFile:
    """A design file, read.

    Args:
        experiment: shipped name, or path.
        at: folder of the run whose optimum the Jacobians are of; None for the prior mean.
        given: streams of the experiment that every design adds to, as they are.
        title: of the results.
        settings: dotted key -> value, over what the experiment says.
        places: name -> list of places.
        designs: single ones, in the order of the file.
        greedy: questions by name.
        raw: as read.
        source: name of the file.
    """

    experiment: str
    at: Path | None
    given: tuple[str, ...]
    title: str
    settings: Mapping[str, Any]
    places: Mapping[str, tuple[Mapping[str, Any], ...]]
    designs: tuple[Design, ...]
    greedy: Mapping[str, Greedy]
    raw: Mapping[str, Any]
    source: str

    @property
    def streams(self) -> tuple[str, ...]:
        """All that the problem must hold, those given first."""
        return tuple(dict.fromkeys([*self.given, *(d.stream for d in self.designs)]))

    @property
    def unread(self) -> tuple[str, ...]:
        """Streams whose own observations nothing asks for."""
        own = {*self.given, *(d.stream for d in self.designs if d.places == OBSERVED)}
        return tuple(name for name in self.streams if name not in own)


def read_design(path: str | Path, findings: Findings) -> DesignFile:
    """A design file without its mistakes, with a finding for each.

    Raises:
        UnknownComponent: no such file.
        InvalidExperiment: it is no TOML.
    """
    path = Path(path)
    if not path.is_file():
        raise UnknownComponent(
            f"no design file '{path}'. Give a TOML file with a table [designs.NAME]; an example is "
            "examples/design_demo.toml.",
            code="missing-file",
            where=path.name,
        )
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"{path} is not valid TOML: {error}."
        raise InvalidExperiment([Finding("invalid-toml", path.name, message)]) from None
    source = path.name
    sections = read_section(DesignFileSection, raw, "", source, findings)
    places = {name: places_of(name, v, source, findings) for name, v in sections.places.items()}
    designs = [
        single
        for name, section in sections.designs.items()
        for single in single_designs(name, section, set(places), source, findings)
    ]
    if not sections.designs:
        findings.add(
            "missing-key",
            "designs",
            f"{source} has no designs; add a table such as [designs.sites] with stream, places and "
            "error.",
        )
    grids = {d.table: sum(o.table == d.table for o in designs) for d in designs}
    greedy = {
        name: greedy_of(name, section, set(sections.designs), grids, source, findings)
        for name, section in sections.greedy.items()
    }
    study = sections.design
    return DesignFile(
        experiment=_beside(study.experiment, path.parent),
        at=_point(study.at, path.parent, source, findings),
        given=study.given,
        title=path.stem if study.title is None else study.title,
        settings=_dotted(sections.settings),
        places=places,
        designs=tuple(designs),
        greedy={name: g for name, g in greedy.items() if g is not None},
        raw=raw,
        source=source,
    )


def _point(value: str, folder: Path, source: str, findings: Findings) -> Path | None:
    """Folder of the run to linearise at; None for the prior mean."""
    if value == "prior":
        return None
    path = Path(_beside(str(value), folder))
    if not (path / "result.nc").is_file():
        findings.add(
            "no-finished-run",
            "design.at",
            f"'at' of [design] in {source} is {value!r}, which is no finished run: "
            f'{path / "result.nc"} does not exist. Give "prior" or the folder of a run.',
        )
    return path


def _beside(name: str, folder: Path) -> str:
    """A path next to the file where there is one, else as it was given."""
    return str(folder / name) if (folder / name).exists() else name


def _dotted(table: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """A nested table as dotted keys, quoted as in TOML."""
    out: dict[str, Any] = {}
    for key, value in table.items():
        quoted = key if re.fullmatch(r"[\w-]+", key) else f'"{key}"'
        if isinstance(value, Mapping) and value:
            out |= _dotted(value, f"{above}{quoted}.")
        else:
            out[above + quoted] = value
    return out
