"""The kinds of package that can be begun, each with the template it is made from."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from attrs import frozen


@frozen
class Kind:
    """What a package supplies, and the template it begins with.

    Args:
        hook: by which its component is registered.
        prefix: of the names of its packages, `obs` in `ccdas-obs-vod`.
        sample: name of the component of the template, which the new name replaces.
        use: how it is asked for on the command line; `{name}` stands for its name.
    """

    hook: str
    prefix: str
    sample: str
    use: str

    @property
    def template(self) -> Path:
        """Folder of the template: a package that works."""
        folder = self.hook.removesuffix("s")
        return Path(str(files("ccdas_framework.scaffold") / "templates" / folder))


DEMO = "ccdas run demo"
SMALL = "--set grid.cells=12 --set time.days=60"
FEWEST = "--set grid.cells=3 --set time.days=31"
KINDS: Mapping[str, Kind] = {
    "process-model": Kind(
        "process_models", "models", "light_use", f"{DEMO} --model {{name}} --obs vod {SMALL}"
    ),
    "observation-operator": Kind(
        "observation_operators", "obs", "lai_vod", f"{DEMO} --obs co2,sm,vod,{{name}} {SMALL}"
    ),
    "prior": Kind(
        "priors", "priors", "kindred", f"{DEMO} --obs co2,sm,vod --set prior.name={{name}} {SMALL}"
    ),
    "optimiser": Kind(
        "optimisers", "optimisers", "two_point", f"{DEMO} --optimiser {{name}} --obs sm {SMALL}"
    ),
    "engine": Kind(
        "engines", "engines", "five_point", f"{DEMO} --engine {{name}} --obs sm {FEWEST}"
    ),
}
