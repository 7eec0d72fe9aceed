"""Settings of a command that continues a run, where the run keeps its own."""

from __future__ import annotations

import tomllib
import warnings
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from attrs import evolve

from ..config.overrides import dotted_keys
from ..config.paths import existing_path
from ..core.errors import CcdasError, CcdasWarning, Findings
from .input_files import absolute_inputs
from .resume import MAY_CHANGE
from .stated_configuration import StatedConfiguration, stated_configuration

DERIVED = ("posterior.method", "time.lead_days", "compute.blocks")  # where a file leaves them out
MOST = 12  # keys in a message
NOTHING = "no value"


def warn_of_ignored_settings(
    folder: Path, arguments: Mapping[str, Any], used: Collection[str]
) -> None:
    """Warn of settings that differ from those of the run in a folder, and are not used.

    Args:
        arguments: of `load_experiment`.
        used: keys that change the run.
    """
    message = _message(folder, arguments, used)
    if message:
        warning = CcdasWarning(message, code="ignored-settings", where=str(folder))
        warnings.warn(warning, stacklevel=2)


def _message(folder: Path, arguments: Mapping[str, Any], used: Collection[str]) -> str:
    try:
        differing = differing_settings(folder, arguments)
    except CcdasError as error:  # the run needs nothing of this experiment
        return (
            f"the run in {folder} continues with its own configuration. The experiment of this "
            f"command cannot be compared with it: {error}"
        )
    ignored = {key: values for key, values in differing.items() if key not in used}
    if not ignored:
        return ""
    shown = [f"{key} ({before} in the run, {now} now)" for key, (before, now) in ignored.items()]
    more = f" and {len(shown) - MOST} others" if len(shown) > MOST else ""
    changeable = [key for key in ignored if key in MAY_CHANGE]
    advice = f" `--set` changes {', '.join(changeable)}." if changeable else ""
    return (
        f"the run in {folder} keeps its own configuration. It ignores other values of this "
        f"command or its experiment file: {', '.join(shown[:MOST])}{more}.{advice} To use the "
        "others, begin a new run in another folder."
    )


def differing_settings(folder: Path, arguments: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    """Keys that arguments give another value than the run in a folder has: key -> both values.

    No input file is read.

    Args:
        arguments: of `load_experiment`.

    Raises:
        CcdasError: no such experiment, or an invalid one.
    """
    findings = Findings()
    given = {"observations": None, "model": None, "engine": "auto", "settings": {},
             "optimiser": None, "seed": None, **arguments}  # fmt: skip
    data = given.pop("data", None)
    stated = stated_configuration(**given, findings=findings)
    findings.raise_if_any()
    text = (folder / "experiment.toml").read_text(encoding="utf-8")
    before, now = tomllib.loads(text), _with_absolute_folders(stated, data)
    return dict(_differences(before, now, stated))


def _with_absolute_folders(stated: StatedConfiguration, data: Any) -> dict[str, Any]:
    """Table of the stated configuration, with absolute folders as a run writes them."""
    config, folder = stated.config, stated.file.folder
    config = evolve(config, inputs=absolute_inputs(config.inputs, folder, data))
    if config.prior.run is not None:
        earlier = existing_path(config.prior.run, (folder,)).resolve()
        config = evolve(config, prior=evolve(config.prior, run=str(earlier)))
    return config.to_dict()


def _differences(
    before: Mapping[str, Any], now: Mapping[str, Any], stated: StatedConfiguration
) -> Iterator[tuple[str, tuple[str, str]]]:
    streams, earlier_streams = now.get("streams", {}), before.get("streams", {})
    if set(streams) != set(earlier_streams):
        yield "streams", (", ".join(earlier_streams), ", ".join(streams))
    common = set(streams) & set(earlier_streams)
    first, second = (
        dotted_keys({**table, "streams": {name: table["streams"][name] for name in common}})
        for table in ({"streams": {}, **before}, {"streams": {}, **now})
    )
    in_file = dotted_keys(stated.table)
    data = now.get("inputs", {}).get("data")
    folders = [stated.file.folder, Path.cwd(), *([Path(data)] if data else [])]
    for key in dict.fromkeys((*second, *first)):
        old, new = first.get(key), second.get(key)
        if old == new or old == {} or new == {} or (key not in first and key not in in_file):
            continue
        if key not in in_file and (key in DERIVED or _is_absolute(old)):
            continue
        if (key == "engine.name" and new == "auto") or _same_path(old, new, folders):
            continue
        yield key, (_text(old), _text(new))


def _is_absolute(value: Any) -> bool:
    return isinstance(value, str) and Path(value).is_absolute()


def _same_path(old: Any, new: Any, folders: Collection[Path]) -> bool:
    """Whether a relative path, as a file has it, is the absolute one that a run wrote."""
    if not (_is_absolute(old) and isinstance(new, str)):
        return False
    return any((folder / new).resolve() == Path(old) for folder in folders)


def _text(value: Any) -> str:
    return NOTHING if value is None else repr(value)
