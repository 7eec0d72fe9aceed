"""`ccdas check`: the conformance suite on an installed component."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from ..core.errors import Findings, InvalidExperiment, PluginError, UnknownComponent, did_you_mean
from ..registry.registry import KINDS, Registry
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
    """Try whether an installed component keeps to its interface; exit code 1 where it does not."""
    from ..installed import registry
    from ..testing import checks_for, counted, outcomes
    from ..testing.check import Check

    found, given = registry(), settings(set_)
    try:
        which = _kind(name, kind, found)
        made = _made(which, name, given)
    except PluginError as problem:
        _, belongs, told = str(problem).partition(" belongs to ")
        print("FAIL      loads           it is installed and can be imported")
        # of a broken plugin nobody can know of which kind it is
        print(f"          '{name}' belongs to {told}" if belongs else f"          {problem}")
        raise typer.Exit(1) from None
    loads = Check("it is installed and made with its settings", "loads", lambda: None)
    every = []
    for outcome in outcomes([loads, *checks_for(made)]):
        every.append(outcome)
        print(outcome.lines(), flush=True)
    package = found.origin[which, name]
    print(f"\n{KINDS[which]} '{name}' of {package}: {counted(every)}")
    if any(outcome.state == "FAIL" for outcome in every):
        raise typer.Exit(1)


def _kind(name: str, kind: str | None, found: Registry) -> str:
    """The hook that supplies the name.

    Raises:
        InvalidExperiment: an unknown kind, or a name that several kinds have.
        UnknownComponent: a name that nothing has.
        PluginError: it belongs to a plugin that failed to load.
    """
    if kind is not None:
        if kind not in WORDS:
            raise InvalidExperiment([
                f"'{kind}' is no kind of component.{did_you_mean(kind, WORDS)} "
                f"There are: {', '.join(WORDS)}."
            ])  # fmt: skip
        found.component(WORDS[kind], name)
        return WORDS[kind]
    kinds = [k for k in KINDS if name in found.components[k]]
    if len(kinds) == 1:
        return kinds[0]
    if kinds:
        words = [word for word, k in WORDS.items() if k in kinds]
        raise InvalidExperiment([
            f"several kinds have a component named '{name}': {', '.join(words)}. Say which, with "
            f"--kind {words[0]}."
        ])  # fmt: skip
    for k in KINDS:
        try:
            found.component(k, name)
        except UnknownComponent:
            continue
    known = sorted({n for names in found.components.values() for n in names})
    raise UnknownComponent(
        f"nothing installed is named '{name}'.{did_you_mean(name, known)} Installed: "
        f"{', '.join(known)}. `ccdas plugins` shows what is installed and what failed to load."
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
        raise InvalidExperiment([
            f"prior '{name}' cannot be made for a control vector with these settings: {error}."
        ]) from error  # fmt: skip
