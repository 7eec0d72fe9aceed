"""`ccdas new`: a new package from a template."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

KIND = Annotated[
    str,
    typer.Argument(
        help="process-model, observation-operator, prior, optimiser, sampler or engine."
    ),
]
NAME = Annotated[str, typer.Argument(help="Name of the component in configurations: lai_vod.")]
OUT = Annotated[Path, typer.Option("--out", help="Folder that receives the package folder.")]


def new(kind: KIND, name: NAME, out: OUT = Path(".")) -> None:
    """Write a package with a new component from a template whose tests pass."""
    from ..installed import registry
    from ..scaffold import KINDS, new_package, package_names
    from .check import require_kind

    require_kind(kind, KINDS, "KIND")
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
