"""Input files of a recipe: the forcing, and observations of the streams that a run uses."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from attrs import frozen

from ..config import read_section
from ..config.recipes import recipe_section
from ..config.section import keys_of
from ..core.errors import CcdasError, CcdasWarning, Findings, InvalidInput, did_you_mean
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
    return list(keys_of(recipe_section(recipe)))


@frozen(eq=False)
class InputFolder:
    """A folder of input files. Its observations are written stream by stream on request.

    Args:
        data: folder of published data, or None.
        output: output of the recipe, with the functions that make its observations.
        added: streams that plugins add to the recipe.
    """

    recipe: str
    folder: Path
    data: Path | None
    output: RecipeOutput
    added: Mapping[str, MakeRecord]

    @property
    def streams(self) -> tuple[str, ...]:
        """Streams that have observations."""
        return tuple(dict.fromkeys((*self.output.streams, *self.added)))

    def write(self, stream: str, operator: ObservationOperator | None = None) -> None:
        """Write `<stream>.nc`.

        Args:
            operator: of the stream. It declares the observed quantity and its error for a
                stream without observations.

        Raises:
            InvalidInput: there are no observations, or they cannot be made.
        """
        record = self._record(stream, operator)
        subject = f"the function that makes stream '{stream}' for recipe '{self.recipe}' returns"
        where = f"streams.{stream}"
        if not isinstance(record, ObservationRecord):
            message = f"{subject} {type(record).__name__}; expected an ObservationRecord."
            raise InvalidInput(message, code="wrong-record", where=where)
        dates = record.observations.start, record.observations.end
        if any(np.isnat(days).any() for days in dates):
            message = f"{subject} observations without a first or last day; expected all dates."
            raise InvalidInput(message, code="missing-date", where=where)
        history = f"ccdas_framework, recipe {self.recipe}"
        write_observation_record(self.folder / f"{stream}.nc", record, history)

    def write_all(self) -> None:
        """Write `<stream>.nc` of all streams that have observations."""
        for stream in self.streams:
            self.write(stream)

    def _record(self, stream: str, operator: ObservationOperator | None) -> ObservationRecord:
        if stream in self.output.streams:
            if stream in self.added:
                self._warn_of_unused(stream)
            return self.output.streams[stream]()
        if stream in self.added:
            label = f"the observations of stream '{stream}' for recipe '{self.recipe}'"
            with _plugin_errors(label, "failed-observations", f"streams.{stream}"):
                return self.added[stream](self.output.places, self.data)
        if operator is not None and self.output.answers_any and operator.scope == "cell":
            return self._empty_record(stream, operator)
        raise self._no_observations(stream, operator)

    def _warn_of_unused(self, stream: str) -> None:
        module = getattr(self.added[stream], "__module__", "a plugin")
        message = (
            f"recipe '{self.recipe}' has observations of stream '{stream}'. Those of {module} "
            "(hook recipe_observations) are not used. Their author has to give them another name."
        )
        warnings.warn(
            CcdasWarning(message, code="unused-observations", where=f"streams.{stream}"),
            stacklevel=4,
        )

    def _empty_record(self, stream: str, operator: ObservationOperator) -> ObservationRecord:
        """Monthly observations of every cell, whose values a known truth gives later."""
        observed, sd = operator.observes, operator.unknown_sd
        return ObservationRecord(
            self.output.places.monthly(float("nan") if sd is None else sd),
            units=observed.units,
            title=f"Monthly {observed.long_name or observed.name} asked for in every cell",
            source=f"recipe {self.recipe}; stream '{stream}' has no observations there",
            synthetic=DESIGN,
            long_name=observed.long_name or observed.name,
        )

    def _no_observations(self, stream: str, operator: ObservationOperator | None) -> InvalidInput:
        why = ""
        if self.output.answers_any and operator is not None and operator.scope != "cell":
            why = " Its operator sums over all cells and needs the places of its observations."
        return InvalidInput(
            f"there are no observations of stream '{stream}' for recipe '{self.recipe}'."
            f"{did_you_mean(stream, self.streams)}{why} There are: {', '.join(self.streams)}. "
            f'Give a file with [streams.{stream}] observations = "FILE.nc", or install a plugin '
            "that adds the stream to the recipe (hook recipe_observations).",
            code="no-observations",
            where=f"streams.{stream}",
        )


@contextmanager
def _plugin_errors(label: str, code: str, where: str) -> Iterator[None]:
    """Errors of a function of a plugin, which may raise anything, as InvalidInput."""
    try:
        yield
    except CcdasError:
        raise
    except Exception as error:
        # an attrs validator gives its message as the first of several arguments
        reason = error.args[0] if isinstance(error, TypeError) and error.args else error
        message = f"{label} could not be made: {type(error).__name__}: {reason}"
        raise InvalidInput(message, code=code, where=where) from error


def begin(
    recipe: str,
    out: Path,
    data: Path | None,
    settings: Mapping[str, Any],
    recipes: Mapping[str, Recipe] | None = None,
    added: Mapping[str, MakeRecord] | None = None,
) -> InputFolder:
    """Write the input files of a recipe, apart from its observations.

    They are `forcing.nc` and, depending on the recipe, files of prescribed fluxes and of
    evaluations. The same settings give the same files.

    Args:
        recipe: a name of `recipes`.
        out: folder of the files; it is created.
        data: folder of published data; recipes that need none ignore it.
        settings: keyword arguments of the recipe.
        recipes: recipes by name; by default those of the installed packages.
        added: streams that plugins add to this recipe.

    Raises:
        InvalidExperiment: unknown settings, or settings with wrong values.
        InvalidInput: an unknown recipe, a missing file of published data, or a recipe that fails.
    """
    recipes = registry().recipes if recipes is None else recipes
    if recipe not in recipes:
        raise InvalidInput(
            f"No recipe named '{recipe}'.{did_you_mean(recipe, recipes)} "
            f"There are: {', '.join(recipes) or 'none'}.",
            code="unknown-recipe",
            where="inputs.recipe",
        )
    make, findings, label = recipes[recipe], Findings(), f"recipe '{recipe}'"
    read_section(recipe_section(make), settings, "inputs.settings", label, findings)
    findings.raise_if_any()
    out.mkdir(parents=True, exist_ok=True)
    with _plugin_errors(label, "failed-recipe", label):
        output = make(out, data, **settings)
    if not isinstance(output, RecipeOutput):
        message = f"{label} returns {type(output).__name__}; expected a RecipeOutput."
        raise InvalidInput(message, code="wrong-recipe-output", where=label)
    if not (out / "forcing.nc").is_file():
        message = f"{label} wrote no file forcing.nc to {out}."
        raise InvalidInput(message, code="missing-forcing", where=label)
    return InputFolder(recipe, out, data, output, added or {})
