"""Findings about names of classes, regions and places in the settings of components."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from ..config import Config
from ..config.reader import joined
from ..core.domain import Grid
from ..core.errors import Findings, did_you_mean
from ..core.interfaces import ObservationOperator, ProcessModel
from ..core.observations import Observations
from ..registry.named_settings import METADATA
from ..targets.region_masks import GLOBAL

Names = Mapping[str, tuple[Any, ...]]  # kind -> all names; none where they are not known
OWNERS = {
    "class": "no parameter of the model",
    "region": "no cell of the forcing file",
    "place": "no observation of the stream",
}


def name_findings(
    config: Config,
    model: ProcessModel,
    operators: Mapping[str, ObservationOperator],
    grid: Grid | None,
    observations: Mapping[str, Observations],
) -> Findings:
    """Findings "unknown-class", "unknown-region" and "unknown-place" about settings of components.

    Names in the default of a setting are not examined: they may be those of classes and stations
    that another process model or another file has.

    Args:
        grid: of the whole forcing file; None where it cannot be read.
        observations: by name of the stream, of those that are read.
    """
    findings = Findings()
    everywhere = _known_names(model, grid)
    for where, component, settings, record in (
        ("model", model, config.model.settings, None),
        *(
            (f"streams.{n}", o, config.streams[n].settings, observations.get(n))
            for n, o in operators.items()
        ),
    ):
        places = () if record is None else tuple(dict.fromkeys(record.label.astype(str).tolist()))
        known = {**everywhere, "place": places}
        cls: Any = type(component)
        for setting in attrs.fields(cls):
            kind = setting.metadata.get(METADATA)
            if kind and setting.alias in settings and known[kind]:
                value = getattr(component, setting.name)
                default = _names(setting.default)
                names = [name for name in _names(value) if name not in default]
                place = joined(where, setting.alias)
                findings.extend(_unknown(names, kind, known[kind], place))
    return findings


def _names(value: Any) -> tuple[Any, ...]:
    """Names of a setting that takes one or several."""
    return tuple(value) if isinstance(value, tuple | list) else (value,)


def _known_names(model: ProcessModel, grid: Grid | None) -> Names:
    """All classes of a model, and all regions of a grid."""
    of_class = [p.groups for p in model.parameters if p.index == "class"]
    classes = sorted({name for groups in of_class for group in groups for name in group})
    regions: dict[str, None] = {}
    if grid is not None:
        regions = dict.fromkeys([*grid.region[grid.area > 0.0].astype(str).tolist(), GLOBAL])
    return {"class": tuple(classes), "region": tuple(regions)}


def _unknown(names: Any, kind: str, known: tuple[Any, ...], place: str) -> Findings:
    """A finding for each name that is none of `known`."""
    findings = Findings()
    for name in dict.fromkeys(names):
        if name not in known:
            near = did_you_mean(name, known) if isinstance(name, str) else ""
            findings.add(
                f"unknown-{kind}",
                place,
                f"'{place}' names the {kind} {name!r}, which {OWNERS[kind]} has.{near} Names: "
                f"{', '.join(map(str, known))}.",
            )
    return findings
