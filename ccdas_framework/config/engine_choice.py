"""The engine that a configuration names, or that `auto` stands for."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from attrs import fields, frozen, has

from ..core.errors import CcdasError, Finding
from ..core.interfaces import ProcessModel
from ..installed import registry
from ..problem.own_derivatives import needs_differences
from ..registry.published_packages import PACKAGE_OF

_NONE: Mapping[str, Any] = MappingProxyType({})


@frozen
class EngineChoice:
    """The engine of a run.

    Args:
        name: registered name.
        text: why `auto` stands for it, and why for no faster one; empty for an engine by name.
    """

    name: str
    text: str = ""


def engine_name(name: str, notes: list[Finding], model: ProcessModel | None = None) -> str:
    """Name of the engine without settings; see `engine_choice`."""
    return engine_choice(name, notes, model).name


def engine_choice(
    name: str,
    notes: list[Finding],
    model: ProcessModel | None = None,
    settings: Mapping[str, Any] = _NONE,
) -> EngineChoice:
    """The engine of a name. "auto" is the engine of highest `auto_rank` that starts here.

    For a model that needs differences it is "differences".

    Args:
        name: in the configuration.
        notes: receives a remark where a faster engine is installed and cannot start, or on
            differences.
        model: M, or None where it cannot be constructed.
        settings: of the configuration; an engine is tried with those that it has.
    """
    if name != "auto":
        return EngineChoice(name)
    if model is not None and needs_differences(model):
        message = (
            "The engine is differences, because the model is not differentiable: a Jacobian and a "
            "gradient take two runs of the model for each parameter, and one more."
        )
        notes.append(Finding("not-differentiable", "engine.name", message))
        return EngineChoice("differences", message)
    chosen, broken, reasons = "autograd", {}, {}
    for candidate in _by_rank():
        try:
            engine = _tried(registry().component("engines", candidate), settings)
        except CcdasError as error:
            broken[candidate] = error
            reasons[candidate] = str(error)
            continue
        try:
            engine.require_gain()
        except CcdasError as error:
            reasons[candidate] = str(error)
            continue
        chosen = candidate
        break
    if broken:
        causes = " ".join(dict.fromkeys(map(str, broken.values())))
        message = (
            f"The engine is {chosen}, which is slower than {' and '.join(broken)}: {causes} "
            f"--engine {chosen} chooses it without this note."
        )
        code = list(broken.values())[-1].code
        notes.append(Finding(code, "engine.name", message))
    return EngineChoice(chosen, _described(chosen, reasons))


def _tried(engine: Any, settings: Mapping[str, Any]) -> Any:
    """An engine with those of the settings that it has, without them where a value is wrong."""
    known = {f.alias for f in fields(engine) if f.init} if has(engine) else set()
    try:
        return engine(**{key: value for key, value in settings.items() if key in known})
    except (TypeError, ValueError):  # the configuration states the value
        return engine()


def _by_rank() -> list[str]:
    """Names of the installed engines that `auto` may stand for, highest rank first."""
    installed = registry().components["engines"]
    ranks = {name: getattr(cls, "auto_rank", None) for name, cls in installed.items()}
    ranked = {name: rank for name, rank in ranks.items() if rank is not None}
    return sorted(ranked, key=lambda name: -ranked[name])


def _described(chosen: str, reasons: dict[str, str]) -> str:
    """The choice in a line."""
    installed = registry().components["engines"]
    causes = dict(reasons)
    for (kind, name), package in PACKAGE_OF.items():
        if kind == "engines" and name not in installed:
            causes[name] = f"the package {package} is not installed"
    others = "".join(f"; not {name}: {cause.rstrip('.')}" for name, cause in causes.items())
    return f"engine {chosen}, the fastest that starts here{others}"
