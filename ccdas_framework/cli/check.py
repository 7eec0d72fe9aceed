"""`ccdas check`: the conformance suite on an installed component."""

from __future__ import annotations

from contextlib import suppress
from typing import Annotated, Any

import typer

from ..core.errors import InvalidInput, PluginError, UnknownComponent, did_you_mean
from ..registry.plugin_registry import KINDS, Registry
from .display import display, show
from .options import settings

NAME = Annotated[str, typer.Argument(help="Name of the component in configurations.")]
KIND = Annotated[
    str | None,
    typer.Option(
        "--kind",
        help="process-model, observation-operator, prior, optimiser, sampler or engine; needed "
        "where several kinds have a component of this name.",
    ),
]
SET = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="A setting of the component; repeatable."),
]
ENGINE = Annotated[
    str | None,
    typer.Option(
        "--engine",
        help="Engine of the derivatives: autograd, jax or differences; by default the first two.",
    ),
]
WORDS = {words.replace(" ", "-"): kind for kind, words in KINDS.items()}


def check(name: NAME, kind: KIND = None, engine: ENGINE = None, set_: SET = None) -> None:
    """Check whether an installed component conforms to its interface; exit code 1 if not."""
    from ..installed import registry
    from ..testing import checks_for, counted, outcomes
    from ..testing.check import Check

    installed, values = registry(), settings(set_)
    try:
        hook = _hook(name, kind, installed)
        component = _component(hook, name, values)
    except PluginError as error:
        print(f"FAIL      loads           it is installed and can be imported\n          {error}")
        raise typer.Exit(1) from None
    engines: dict[str, Any] = {}
    if engine is not None:
        engines["engines"] = (_engine(engine, name, component),)
    loads = Check("it is installed and made with its settings", "loads", lambda: None)
    results = []
    for outcome in outcomes([loads, *checks_for(component, **engines)]):
        results.append(outcome)
        if not display().as_json:
            print(outcome.lines(), flush=True)
    package = installed.origin[hook, name]
    show(
        f"\n{KINDS[hook]} '{name}' of {package}: {counted(results)}",
        lambda: {
            "component": name,
            "kind": KINDS[hook],
            "package": package,
            "checks": [
                {"name": o.check.name, "stage": o.check.stage, "engine": o.check.engine,
                 "state": o.state, "message": o.message}
                for o in results
            ],
        },
    )  # fmt: skip
    if any(outcome.state == "FAIL" for outcome in results):
        raise typer.Exit(1)


def _engine(engine: str, name: str, component: Any) -> str:
    """The name of an engine that the suite has and that can differentiate a component.

    Raises:
        InvalidInput: an unknown engine, or one that traces a model that is not differentiable.
    """
    from ..core.interfaces import ProcessModel
    from ..problem.own_derivatives import engine_findings
    from ..testing.derivatives import ENGINES, engine_named

    if engine not in ENGINES:
        raise InvalidInput(
            f"the suite has no engine '{engine}'.{did_you_mean(engine, ENGINES)} Engines: "
            f"{', '.join(ENGINES)}.",
            code="unknown-component",
            where="--engine",
        )
    if isinstance(component, ProcessModel):
        for finding in engine_findings(name, component, engine_named(engine), engine):
            raise InvalidInput(finding.message, code=finding.code, where="--engine")
    return engine


def require_kind(kind: str, kinds: Any, where: str) -> None:
    """Raise InvalidInput unless a kind of component exists."""
    if kind not in kinds:
        raise InvalidInput(
            f"'{kind}' is no kind of component.{did_you_mean(kind, kinds)} Kinds: "
            f"{', '.join(kinds)}.",
            code="unknown-kind",
            where=where,
        )


def _hook(name: str, kind: str | None, installed: Registry) -> str:
    """The hook that supplies a name.

    Raises:
        InvalidInput: an unknown kind, or a name that several kinds have.
        UnknownComponent: a name that no component has.
        PluginError: a plugin that failed to load has the name, or several plugins supply it.
    """
    if kind is not None:
        require_kind(kind, WORDS, "--kind")
        installed.component(WORDS[kind], name)
        return WORDS[kind]
    kinds = [word for word, hook in WORDS.items() if name in installed.components[hook]]
    if len(kinds) > 1:
        raise InvalidInput(
            f"several kinds have a component '{name}': {', '.join(kinds)}. Choose one with "
            f"--kind {kinds[0]}.",
            code="several-kinds",
            where="--kind",
        )
    if kinds:
        return WORDS[kinds[0]]
    for hook in KINDS:
        with suppress(UnknownComponent):
            installed.component(hook, name)
    names = sorted({n for components in installed.components.values() for n in components})
    raise UnknownComponent(
        f"no installed component is named '{name}'.{did_you_mean(name, names)} Installed: "
        f"{', '.join(names)}. `ccdas plugins` lists installed plugins and failures.",
        where=name,
    )


def _component(kind: str, name: str, values: dict[str, Any]) -> Any:
    """A component with these settings; a prior is that of the control vector of the suite.

    Raises:
        InvalidExperiment: settings that the component does not have.
    """
    from ..config.components import required_component
    from ..installed import registry
    from ..testing import small_control

    if kind != "priors":
        return required_component(kind, name, values, "--set")
    cls: Any = registry().component(kind, name)
    try:
        return cls.for_control(small_control(), **values)
    except (AttributeError, TypeError, ValueError) as error:
        raise InvalidInput(
            f"prior '{name}' cannot be made for a control vector with these settings: {error}.",
            code="wrong-setting",
            where=f"prior '{name}'",
        ) from error
