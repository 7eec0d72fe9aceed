"""A design file, expanded to single designs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from attrs import frozen

from ..config import read_section
from ..config.overrides import dotted_keys
from ..config.paths import existing_path
from ..core.errors import Findings, UnknownComponent
from ..experiment.experiment_file import read_toml
from .design_sections import DesignFileSection, GreedySection, PlaceSection
from .design_tables import OBSERVED, Design, greedy_of, places_of, single_designs


@frozen(eq=False)
class DesignFile:
    """Contents of a design file.

    Args:
        experiment: shipped name, or path.
        at: folder of the run at whose optimum the Jacobians are taken; None for the prior mean.
        baseline: streams of the experiment that every design adds to, key `given`.
        title: of the results.
        settings: dotted key -> value, over those of the experiment.
        places: name -> list of places.
        designs: single ones, in the order of the file.
        greedy: choices by name.
        raw: table of the file.
        source: name of the file.
    """

    experiment: str
    at: Path | None
    baseline: tuple[str, ...]
    title: str
    settings: Mapping[str, Any]
    places: Mapping[str, tuple[PlaceSection, ...]]
    designs: tuple[Design, ...]
    greedy: Mapping[str, GreedySection]
    raw: Mapping[str, Any]
    source: str

    @property
    def streams(self) -> tuple[str, ...]:
        """Streams of the problem, those of the baseline first."""
        return tuple(dict.fromkeys([*self.baseline, *(d.stream for d in self.designs)]))

    @property
    def unread(self) -> tuple[str, ...]:
        """Streams whose observation files are not needed."""
        read = {*self.baseline, *(d.stream for d in self.designs if d.places == OBSERVED)}
        return tuple(name for name in self.streams if name not in read)

    def candidates(self, choice: GreedySection) -> list[Design]:
        """Designs that a greedy choice takes its candidates from."""
        return [design for design in self.designs if design.table in choice.designs]


def read_design(path: str | Path, findings: Findings) -> DesignFile:
    """Contents of a design file, and a finding for each mistake.

    Raises:
        UnknownComponent: the file does not exist.
        InvalidExperiment: the file is no TOML.
    """
    path = Path(path)
    if not path.is_file():
        raise UnknownComponent(
            f"no design file '{path}'; expected a TOML file with a table [designs.NAME], such as "
            "examples/design_demo.toml.",
            code="missing-file",
            where=path.name,
        )
    source = path.name
    raw = read_toml(path, source).table
    sections = read_section(DesignFileSection, raw, "", source, findings)
    places = {name: places_of(name, v, source, findings) for name, v in sections.places.items()}
    designs = [
        single
        for name, section in sections.designs.items()
        for single in single_designs(name, section, set(places), source, findings)
    ]
    if not sections.designs:
        message = f"{source} has no table [designs.NAME] with stream, places and error."
        findings.add("missing-key", "designs", message)
    greedy = {
        name: greedy_of(name, section, sections.designs, designs, source, findings)
        for name, section in sections.greedy.items()
    }
    study = sections.design
    return DesignFile(
        experiment=str(existing_path(study.experiment, (path.parent,))),
        at=_point(study.at, path.parent, source, findings),
        baseline=study.given,
        title=path.stem if study.title is None else study.title,
        settings=dotted_keys(sections.settings),
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
    path = existing_path(value, (folder,))
    if not (path / "result.nc").is_file():
        findings.add(
            "no-finished-run",
            "design.at",
            f"'at' of [design] in {source} is {value!r}, which is no finished run: "
            f'{path / "result.nc"} does not exist. Expected "prior" or the folder of a run.',
        )
    return path
