"""`ccdas check`: the conformance suite on an installed component."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from ..core.errors import Findings, InvalidInput, PluginError, UnknownComponent, did_you_mean
from ..registry.plugin_registry import KINDS, Registry
from .options import settings

NAME = Annotated[str, typer.Argument(help="Of the component, as configurations name it.")]
KIND = Annotated[
    str | None,
    typer.Option(
        "--kind",
        help="process-model, observation-operator, prior, optimiser or engine; where several kinds "
        "have a component of this name.",
    ),
]
SET = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="A setting of the component; repeatable."),
]
WORDS = {words.replace(" ", "-"): kind for kind, words in KINDS.items()}


def check(name: NAME, kind: KIND = None, set_: SET = None) -> None:
    """Check whether an installed component conforms to its interface; exit code 1 if not."""
    from ..installed import registry
    from ..testing import checks_for, counted, outcomes
    from ..testing.check import Check

    installed, values = registry(), settings(set_)
    try:
        hook = _hook(name, kind, installed)
        component = _made(hook, name, values)
    except PluginError as error:
        print(f"FAIL      loads           it is installed and can be imported\n          {error}")
        raise typer.Exit(1) from None
    loads = Check("it is installed and made with its settings", "loads", lambda: None)
    results = []
    for outcome in outcomes([loads, *checks_for(component)]):
        results.append(outcome)
        print(outcome.lines(), flush=True)
    package = installed.origin[hook, name]
    print(f"\n{KINDS[hook]} '{name}' of {package}: {counted(results)}")
    if any(outcome.state == "FAIL" for outcome in results):
        raise typer.Exit(1)


def _hook(name: str, kind: str | None, installed: Registry) -> str:
    """The hook that supplies the name.

    Raises:
        InvalidInput: an unknown kind, or a name that several kinds have.
        UnknownComponent: a name that nothing has.
        PluginError: it belongs to a plugin that failed to load, or several plugins supply it.
    """
    if kind is not None:
        if kind not in WORDS:
            raise InvalidInput(
                f"'{kind}' is no kind of component.{did_you_mean(kind, WORDS)} "
                f"There are: {', '.join(WORDS)}.",
                code="unknown-kind",
                where="--kind",
            )
        installed.component(WORDS[kind], name)
        return WORDS[kind]
    hooks = [hook for hook in KINDS if name in installed.components[hook]]
    if len(hooks) == 1:
        return hooks[0]
    if hooks:
        words = [word for word, hook in WORDS.items() if hook in hooks]
        raise InvalidInput(
            f"several kinds have a component named '{name}': {', '.join(words)}. Choose one with "
            f"--kind {words[0]}.",
            code="several-kinds",
            where="--kind",
        )
    for hook in KINDS:
        with suppress(UnknownComponent):
            installed.component(hook, name)
    names = sorted({n for components in installed.components.values() for n in components})
    raise UnknownComponent(
        f"nothing installed is named '{name}'.{did_you_mean(name, names)} Installed: "
        f"{', '.join(names)}. `ccdas plugins` lists installed plugins and failures.",
        where=name,
    )


def _made(kind: str, name: str, given: dict[str, Any]) -> Any:
    """An instance with these settings; a prior of the suite's small control vector.

    Raises:
        InvalidExperiment: settings that it does not take.
    """
    from ..config.components import component
    from ..installed import registry
    from ..testing import small_control

    if kind != "priors":
        findings = Findings()
        instance = component(kind, name, given, "", "--set", (Path.cwd(),), findings)
        findings.raise_if_any()
        return instance
    cls: Any = registry().component(kind, name)
    try:
        return cls.for_control(small_control(), **given)
    except (AttributeError, TypeError, ValueError) as error:
        raise InvalidInput(
            f"prior '{name}' cannot be made for a control vector with these settings: {error}.",
            code="wrong-setting",
            where=f"prior '{name}'",
        ) from error
