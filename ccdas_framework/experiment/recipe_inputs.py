"""Input files from a recipe: its forcing, and the streams that a run asks for."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from attrs import frozen

from ..config import read_section
from ..config.recipes import recipe_section
from ..config.section import facts_of
from ..core.errors import CcdasError, Findings, InvalidInput, did_you_mean
from ..core.interfaces import ObservationOperator
from ..installed import registry
from ..io.observation_records import write_observation_record
from ..registry.recipe_types import MakeRecord, ObservationRecord, RecipeOutput

Recipe = Callable[..., RecipeOutput]
DESIGN = (
    "yes: places, times and errors only; values stand for no measurement and are made from a "
    "known truth"
)


def settings_of(recipe: Recipe) -> list[str]:
    """Names of the settings of a recipe."""
    return list(facts_of(recipe_section(recipe)))


@frozen(eq=False)
class InputFolder:
    """A folder of input files, of which the streams are made when asked for.

    Args:
        recipe: its name.
        folder: where the files are.
        data: folder of published data, or None.
        prepared: what the recipe has made and can make.
        added: streams that plugins add to the recipe.
    """

    recipe: str
    folder: Path
    data: Path | None
    prepared: RecipeOutput
    added: Mapping[str, MakeRecord]

    @property
    def streams(self) -> tuple[str, ...]:
        """Streams there are observations for."""
        return tuple(dict.fromkeys((*self.prepared.streams, *self.added)))

    def write(self, stream: str, operator: ObservationOperator | None = None) -> None:
        """Write `<stream>.nc`.

        Args:
            stream: its name.
            operator: of the stream, which tells what to ask for where nobody has observations.

        Raises:
            InvalidInput: there are none, or they cannot be made; a sentence.
        """
        made = self._record(stream, operator)
        if not isinstance(made, ObservationRecord):
            raise InvalidInput(
                f"the function that makes stream '{stream}' for recipe '{self.recipe}' gave "
                f"{type(made).__name__}; expected an ObservationRecord."
            )
        dates = made.observations.start, made.observations.end
        if any(np.isnat(days).any() for days in dates):
            raise InvalidInput(
                f"the function that makes stream '{stream}' for recipe '{self.recipe}' gave "
                "observations without a first or last day; expected a date for each."
            )
        history = f"ccdas_framework, recipe {self.recipe}"
        write_observation_record(self.folder / f"{stream}.nc", made, history)

    def _record(self, stream: str, operator: ObservationOperator | None) -> ObservationRecord:
        if stream in self.prepared.streams:
            if stream in self.added:
                whose = getattr(self.added[stream], "__module__", "a plugin")
                warnings.warn(
                    f"recipe '{self.recipe}' has observations of stream '{stream}' of its own, so "
                    f"that those of {whose} (hook recipe_observations) are not used. Their author "
                    "has to give them another name.",
                    stacklevel=3,
                )
            return self.prepared.streams[stream]()
        if stream in self.added:
            try:
                return self.added[stream](self.prepared.places, self.data)
            except CcdasError:
                raise
            except Exception as error:  # of a stranger's package
                said = error.args[0] if isinstance(error, TypeError) and error.args else error
                raise InvalidInput(
                    f"the observations of stream '{stream}' for recipe '{self.recipe}' could not "
                    f"be made: {type(error).__name__}: {said}"
                ) from error
        if operator is not None and self.prepared.answers_any and operator.scope == "cell":
            return self._design(stream, operator)
        raise InvalidInput(self._refusal(stream, operator))

    def _design(self, stream: str, operator: ObservationOperator) -> ObservationRecord:
        observed, sd = operator.observes, operator.unknown_sd
        return ObservationRecord(
            self.prepared.places.monthly(float("nan") if sd is None else sd),
            units=observed.units,
            title=f"Monthly {observed.long_name or observed.name} asked for in every cell",
            source=f"recipe {self.recipe}; stream '{stream}' has no observations there",
            synthetic=DESIGN,
            long_name=observed.long_name or observed.name,
        )

    def _refusal(self, stream: str, operator: ObservationOperator | None) -> str:
        """Why there are no observations of a stream, and what to do."""
        why = ""
        if self.prepared.answers_any and operator is not None and operator.scope != "cell":
            why = " Its operator sums over all cells, so that it must be told where it observes."
        return (
            f"there are no observations of stream '{stream}' for recipe '{self.recipe}'."
            f"{did_you_mean(stream, self.streams)}{why} There are: {', '.join(self.streams)}. "
            f'Give a file with [streams.{stream}] observations = "FILE.nc", or install a plugin '
            "that adds the stream to the recipe (hook recipe_observations)."
        )


def begin(
    recipe: str,
    out: Path,
    data: Path | None,
    settings: Mapping[str, Any],
    seed: int | None = None,
    recipes: Mapping[str, Recipe] | None = None,
    added: Mapping[str, MakeRecord] | None = None,
) -> InputFolder:
    """Write the input of a recipe apart from the observations; the same settings, the same files.

    `forcing.nc`, and where the recipe has them `co2_background.nc`, `evaluation_gpp.nc` and
    `evaluation_nep.nc`.

    Args:
        recipe: a name of `recipes`.
        out: folder to write to; made where it does not exist.
        data: folder of published data; recipes that need none ignore it.
        settings: keyword arguments of the recipe.
        seed: of its random numbers, where it draws any and `settings` gives none.
        recipes: recipes by name; by default those of the installed packages.
        added: streams that plugins add to this recipe.

    Raises:
        InvalidExperiment: unknown settings, or settings with wrong values.
        InvalidInput: an unknown recipe, a file that is not in the data folder, or a recipe that
            fails.
    """
    recipes = registry().recipes if recipes is None else recipes
    if recipe not in recipes:
        raise InvalidInput(
            f"No recipe named '{recipe}'.{did_you_mean(recipe, recipes)} "
            f"There are: {', '.join(recipes) or 'none'}.",
            code="unknown-recipe",
            where="inputs.recipe",
        )
    make, findings = recipes[recipe], Findings()
    read_section(recipe_section(make), settings, "inputs.settings", f"recipe '{recipe}'", findings)
    findings.raise_if_any()
    parameters = settings_of(make)
    if seed is not None and "seed" in parameters:
        settings = {"seed": seed, **settings}
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    data = None if data is None else Path(data)
    return InputFolder(recipe, out, data, _made(recipe, make, out, data, settings), added or {})


def _made(
    recipe: str, make: Recipe, out: Path, data: Path | None, settings: Mapping[str, Any]
) -> RecipeOutput:
    """What a recipe has made.

    Raises:
        InvalidInput: it failed, or has not done what a recipe does.
    """
    try:
        prepared = make(out, data, **settings)
    except CcdasError:
        raise
    except Exception as error:  # of a stranger's package
        raise InvalidInput(
            f"recipe '{recipe}' could not be made: {type(error).__name__}: {error}"
        ) from error
    if not isinstance(prepared, RecipeOutput):
        raise InvalidInput(
            f"recipe '{recipe}' gave {type(prepared).__name__}; expected a RecipeOutput."
        )
    if not (out / "forcing.nc").is_file():
        raise InvalidInput(f"recipe '{recipe}' wrote no file forcing.nc to {out}.")
    return prepared


def prepare(
    recipe: str,
    out: Path,
    data: Path | None,
    settings: Mapping[str, Any],
    seed: int | None = None,
    recipes: Mapping[str, Recipe] | None = None,
    added: Mapping[str, MakeRecord] | None = None,
    streams: Iterable[str] | None = None,
) -> None:
    """Write all input files of a recipe: what `begin` writes, and `<stream>.nc` of each stream.

    Args:
        streams: those to write; by default all there are.
    """
    made = begin(recipe, out, data, settings, seed, recipes, added)
    for stream in made.streams if streams is None else streams:
        made.write(stream)
