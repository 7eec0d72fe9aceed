"""The recipes by name, and the settings each understands."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from inspect import Parameter, signature
from pathlib import Path
from typing import Any

from ..core.errors import InvalidInput, did_you_mean

_RECIPES = {
    "demo": "two years of climatological weather on a 10 x 7.5 degree grid; synthetic observations",
    "coarse_global": "the same grid with real CO2, tower soil moisture, VOD from biomass and LAI",
    "ten_sites": "ten flux towers 2010-2012 with their own weather and soil moisture",
    "twin_ten_sites": "ten sites 2010-2015 with generated weather, for an identical twin",
}


def recipes() -> dict[str, str]:
    """The recipes by name, each with a line that says what it makes."""
    return dict(_RECIPES)


def prepare(
    recipe: str,
    out: Path,
    data: Path | None,
    settings: Mapping[str, Any],
    seed: int | None = None,
) -> None:
    """Write the input files of a recipe.

    `forcing.nc`, one `<stream>.nc` for each observation stream, and where the recipe has them
    `co2_background.nc`, `evaluation_gpp.nc` and `evaluation_nep.nc`. The same settings give the
    same files.

    Args:
        recipe: a name that `recipes` gives.
        out: folder to write to; made where it does not exist.
        data: folder of published data; recipes that need none ignore it.
        settings: keyword arguments of the recipe.
        seed: of its random numbers, where it draws any and `settings` gives none.

    Raises:
        InvalidInput: an unknown recipe or setting, or a file that is not in the data folder.
    """
    if recipe not in _RECIPES:
        raise InvalidInput(
            f"No recipe named '{recipe}'.{did_you_mean(recipe, _RECIPES)} "
            f"There are: {', '.join(_RECIPES)}."
        )
    make = import_module(f".{recipe}", __package__).prepare
    known = [
        name for name, p in signature(make).parameters.items() if p.kind is Parameter.KEYWORD_ONLY
    ]
    for name in settings:
        if name not in known:
            raise InvalidInput(
                f"Recipe '{recipe}' has no setting '{name}'.{did_you_mean(name, known)} "
                f"It has: {', '.join(known)}."
            )
    if seed is not None and "seed" in known:
        settings = {"seed": seed, **settings}
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    make(out, None if data is None else Path(data), **settings)
