"""`ccdas new`: a new package from a template."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

KIND = Annotated[
    str,
    typer.Argument(help="process-model, observation-operator, prior, optimiser or engine."),
]
NAME = Annotated[
    str, typer.Argument(help="Of the component, as configurations will name it: lai_vod.")
]
OUT = Annotated[
    Path, typer.Option("--out", help="Folder in which the folder of the package is made.")
]


def new(kind: KIND, name: NAME, out: OUT = Path(".")) -> None:
    """Write a package that supplies a component of your own; its tests pass as it is written."""
    from ..core.errors import InvalidInput, did_you_mean
    from ..installed import registry
    from ..scaffold import KINDS, new_package, package_names

    if kind not in KINDS:
        raise InvalidInput(
            f"'{kind}' is no kind of component.{did_you_mean(kind, KINDS)} "
            f"There are: {', '.join(KINDS)}.",
            code="unknown-kind",
            where="KIND",
        )
    template, installed = KINDS[kind], registry()
    hook = template.hook
    taken = {each: installed.origin[hook, each] for each in installed.components[hook]}
    taken |= {each: "several packages" for h, each in installed.contested if h == hook}
    folder = new_package(template, name, out, taken)
    module = package_names(template, name)["module"]
    files = sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())
    print(f"{folder}: {', '.join(files)}")
    print(
        f"\nThe equation is in {folder / module / (name + '.py')}; it is a sample to replace.\n"
        f'Next:\n  pip install -e "{folder}[dev]"\n  python -m pytest {folder}\n'
        f"  ccdas check {name}\n  {template.use.format(name=name)}"
    )
