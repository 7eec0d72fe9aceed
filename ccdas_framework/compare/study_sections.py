"""Sections of a study file: every key with its default, test and documentation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from attrs import frozen

from ..config import Section, keys
from ..config.sections import BudgetSection

VARIED = ("method", "truth")  # what a seed of the study varies
SEEDS = {"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 1}
BY_SEED = {"type": "array", "items": {"type": "string", "enum": list(VARIED)}, "minItems": 1}


@frozen(kw_only=True)
class StudySection(Section):
    """[study]: title, seeds and engines."""

    title: str | None = keys.text("heading of the page", otherwise="name of the file")
    comment: str = keys.text("remarks for readers of the results", default="")
    seeds: tuple[int, ...] = keys.matching(
        "seeds, each of which repeats every row", "a list of whole numbers", SEEDS, default=(1,)
    )
    vary: tuple[str, ...] = keys.matching(
        "what a seed varies",
        f"a list of some of {', '.join(VARIED)}",
        BY_SEED,
        default=("method",),
    )
    engines: tuple[str, ...] = keys.texts("engines of derivatives", default=("auto",), least=1)
    interval: float = keys.number(
        "probability of the interval whose coverage is shown", above=0, most=0.999, default=0.9
    )


@frozen(kw_only=True)
class CaseSection(Section):
    """[cases.NAME]: one problem, an experiment or a known problem."""

    complete: ClassVar[bool] = False

    experiment: str | None = keys.text("installed experiment, or an experiment file")
    known: str | None = keys.text("known problem, in place of an experiment")
    streams: tuple[str, ...] | None = keys.texts("streams; by default those of the experiment")
    settings: Mapping[str, Any] = keys.mapping("dotted keys of the experiment with other values")
    fixed: str | None = keys.one_of(
        "values of the parameters that are not optimised in a twin: those of the truth, so that "
        "the model is perfect, or the declared ones, which are an error of the model",
        ("truth", "declared"),
        otherwise="truth",
    )
    truth_settings: Mapping[str, Any] = keys.mapping(
        "dotted keys of the experiment that makes the synthetic observations, where they come "
        "from another model than the one that is fitted"
    )
    series: str | None = keys.text(
        "name of the case in the figure of misfits by place, which several cases of other places "
        "may share; without it the case is not in the figure"
    )


@frozen(kw_only=True)
class ModelSection(Section):
    """[models.NAME]: one process model."""

    complete: ClassVar[bool] = False

    name: str | None = keys.text("registered process model", otherwise="NAME")
    settings: Mapping[str, Any] = keys.mapping("dotted keys of the experiment with other values")


@frozen(kw_only=True)
class MethodSection(Section):
    """[methods.NAME]: one optimiser or sampler with its settings."""

    complete: ClassVar[bool] = False

    optimiser: str | None = keys.text("registered optimiser")
    sampler: str | None = keys.text("registered sampler, in place of an optimiser")
    start: str | None = keys.one_of(
        "point where a sampler starts", ("optimum", "prior"), otherwise="optimum"
    )
    settings: Mapping[str, Any] = keys.mapping("settings of the optimiser or sampler")
    model_runs: float | None = keys.number(
        "limit of the search in runs of the model, for a method that others are compared with",
        least=1,
        most=1e12,
        otherwise="budget.model_runs",
    )
    tune: Mapping[str, Any] = keys.mapping(
        "lists of values by setting, of which the combination of least cost is taken; the trials "
        "share a budget of their own, as large as that of the row"
    )


@frozen(kw_only=True)
class StudyFileSection(Section):
    """Contents of a study file."""

    study: StudySection = keys.section(StudySection, "title, seeds and engines")
    budget: BudgetSection = keys.section(BudgetSection, "limit of each search")
    cases: Mapping[str, CaseSection] = keys.sections(CaseSection, "problems by name")
    models: Mapping[str, ModelSection] = keys.sections(ModelSection, "process models by name")
    streams: Mapping[str, Any] = keys.by_name(
        "sets of streams by name", "lists of streams", keys.TEXTS, otherwise="those of the case"
    )
    methods: Mapping[str, MethodSection] = keys.sections(
        MethodSection, "optimisers and samplers by name"
    )
