"""Kinds of new packages and their templates."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from attrs import frozen


@frozen
class Kind:
    """Kind of the component of a package, and its template.

    Args:
        hook: that registers the component.
        prefix: of package names, `obs` in `ccdas-obs-vod`.
        sample: name of the component of the template, which the new name replaces.
        use: command line with the component; `{name}` stands for its name.
    """

    hook: str
    prefix: str
    sample: str
    use: str

    @property
    def template(self) -> Path:
        """Folder of the template, a complete package."""
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
    "sampler": Kind(
        "samplers",
        "samplers",
        "random_walk",
        f"{DEMO} --set posterior.method=sampler --set sampler.name={{name}} --obs sm {FEWEST}",
    ),
    "engine": Kind(
        "engines", "engines", "five_point", f"{DEMO} --engine {{name}} --obs sm {FEWEST}"
    ),
}
