"""Names of the recipes and the experiments of this package."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from attrs import frozen

from ccdas_framework import RecipeOutput

PACKAGED = Path(__file__).parent / "experiments"
# The build copies the files of `examples` into `experiments`. A link to a checkout, as `pip install
# -e` makes, has them in `examples` only, so that each experiment is one file.
CHECKOUT = Path(__file__).parents[3] / "examples"
EXPERIMENTS = ("demo", "coarse_global", "conus_smap", "ten_sites", "towers_149", "twin_ten_sites")


@frozen
class Recipe:
    """A recipe of this package; its module is imported when it is called or inspected."""

    name: str

    @property
    def __wrapped__(self) -> Callable[..., RecipeOutput]:  # read by `inspect.signature`
        prepare: Callable[..., RecipeOutput] = import_module(f".{self.name}", __package__).prepare
        return prepare

    def __call__(self, out: Path, data: Path | None, **settings: Any) -> RecipeOutput:
        """Write the input files, as `prepare` of the module does."""
        return self.__wrapped__(out, data, **settings)


RECIPES: Mapping[str, Recipe] = {name: Recipe(name) for name in EXPERIMENTS}


def experiment_files() -> dict[str, Path]:
    """TOML file of each experiment by name."""
    folders = (PACKAGED, CHECKOUT)
    candidates = {name: [folder / f"{name}.toml" for folder in folders] for name in EXPERIMENTS}
    return {
        name: next((path for path in paths if path.is_file()), paths[0])
        for name, paths in candidates.items()
    }
