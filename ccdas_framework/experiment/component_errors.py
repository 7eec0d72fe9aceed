"""Errors of components: the component of a plugin that raised an exception, and its lines."""

from __future__ import annotations

from types import FrameType

from ..problem.component_package import (
    lines_of_package,
    package_of,
    place_in_package,
    shortened,
    top,
)
from ..registry.plugin_registry import INTERFACES, KINDS, package_label

ATTRIBUTE = "_ccdas_fault"  # of an exception from another process, whose traceback stays there


def component_error(error: BaseException) -> str | None:
    """The component of a plugin that raised an exception, with its lines of the traceback.

    Returns:
        None where the exception comes from the framework or from none of its components.
    """
    if hasattr(error, ATTRIBUTE):
        return str(getattr(error, ATTRIBUTE))
    innermost, step = None, error.__traceback__
    while step is not None:
        component = _component(step.tb_frame)
        if component is not None and top(component.__module__) != top(__name__):
            innermost = component, step  # an optimiser calls the model
        step = step.tb_next
    if innermost is None:
        return None
    cls, trace = innermost
    method = trace.tb_frame.f_code.co_name
    return (
        f"{_who(cls)} failed in `{method}`{place_in_package(cls, trace)}: "
        f"{shortened(f'{type(error).__name__}: {error}')}\nIt is a fault of the package, or of "
        "input that it did not refuse. These lines help its author:\n"
        f"{lines_of_package(cls, error, trace)}"
    )


def attach_component_error(error: BaseException) -> None:
    """Attach the text of `component_error` to an exception, for another process."""
    message = component_error(error)
    if message is not None:
        setattr(error, ATTRIBUTE, message)


def _component(frame: FrameType) -> type | None:
    """Class of the component whose method a frame runs."""
    for name in ("self", "cls"):
        instance = frame.f_locals.get(name)
        cls = instance if isinstance(instance, type) else type(instance)
        if any(issubclass(cls, interface) for interface in INTERFACES.values()):
            return cls
    return None


def _who(cls: type) -> str:
    """Name and package of a component: 'observation operator 'vod' of ccdas-obs-vod 0.1.0'."""
    from ..installed import registry

    components = registry()
    for plugin in components.plugins:
        for kind, names in plugin.components.items():
            for name in names:
                if kind in KINDS and components.components[kind].get(name) is cls:
                    package = package_label(plugin.distribution, plugin.version)
                    return f"{KINDS[kind]} '{name}' of {package}"
    return f"{cls.__name__} of {package_of(cls)}"
