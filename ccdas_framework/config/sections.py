"""Sections of an experiment file: every key with its default, test and documentation."""

from __future__ import annotations

from collections.abc import Mapping
from math import inf
from typing import Any, ClassVar

from attrs import frozen

from ..core.budget import Budget, default_weights
from ..core.errors import Findings
from ..core.transforms import TRANSFORMS
from ..execution import EXECUTORS
from ..posterior import METHODS
from ..problem.robust_errors import ROBUST_ERRORS
from .evaluation_section import EvaluationSection
from .keys import (
    NUMBER,
    PAIR,
    TEXT,
    TEXTS,
    by_name,
    date,
    flag,
    integer,
    mapping,
    matching,
    number,
    one_of,
    path,
    remaining,
    section,
    sections,
    text,
    texts,
)
from .reader import read_section
from .section import Section, to_dict
from .target_tables import PlaceSection, TargetsSection
from .values import is_interval, is_pair, is_size

MOST_SPIN_UP = 10_000  # years
POSTERIOR_METHODS = (*METHODS, "sampler", "ensemble", "none")
TWIN_VARIANTS = (
    "sites", "sites+prior", "joint", "joint+prior", "sites+prior+noise", "joint+prior+noise",
)  # fmt: skip


@frozen(kw_only=True)
class ExperimentSection(Section):
    """Name, title and seed of an experiment."""

    name: str = text("short name of the experiment", default="experiment")
    title: str = text("heading of the report", default="")
    seed: int = integer("seed of starting points, draws and perturbed starts", default=1)
    comment: str = text("remarks for readers of the results", default="")
    preset: str | None = text(
        "name of settings and priors that components publish; a key of the file wins over them",
        otherwise="none",
    )
    starts: int = integer("starting points to optimise from", least=1, most=10_000, default=1)


@frozen(kw_only=True)
class InputsSection(Section):
    """Source of the input files: a recipe or a folder."""

    settings: Mapping[str, Any] = mapping("table of settings of the recipe")
    recipe: str | None = text(
        "recipe that makes the input files", expected="the name of a recipe", otherwise="none"
    )
    folder: str | None = path(
        "folder of existing input files, instead of a recipe", kind="a folder"
    )
    forcing: str | None = path("forcing file", otherwise='"forcing.nc"')
    data: str | None = path("folder of published data that recipes read", kind="a folder")


@frozen(kw_only=True)
class GridSection(Section):
    """Cells of the grid that are used."""

    cells: int | None = integer(
        "number of cells to use, spread evenly over the selected ones",
        least=1,
        most=10_000_000,
        otherwise="all",
    )
    select: PlaceSection | None = section(
        PlaceSection,
        "cells to use, or their label; without any of these keys all cells",
        shorthand="label",
        optional=True,
    )
    exclude: PlaceSection | None = section(
        PlaceSection, "cells to leave out, or their label", shorthand="label", optional=True
    )

    @property
    def whole(self) -> bool:
        """Whether all cells of the forcing file are used."""
        return (self.cells, self.select, self.exclude) == (None, None, None)


@frozen(kw_only=True)
class TimeSection(Section):
    """Assimilation window and spin-up."""

    start: Any = date("first day of the window", otherwise="the file's")
    days: int | None = integer(
        "length of the window", least=1, most=366_000, otherwise="to the file's end"
    )
    spin_up_years: int | None = integer(
        "repeats of the window's first year before it", most=MOST_SPIN_UP, otherwise="the model's"
    )
    lead_days: int | None = integer(
        "least number of days before the window, beside the spin-up",
        most=366_000,
        otherwise="as the streams need",
    )


@frozen(kw_only=True)
class ModelSection(Section):
    """The process model: its name and its settings."""

    name: str = text(
        "registered process model", default="bethy", expected="the name of a process model"
    )
    settings: Mapping[str, Any] = remaining("settings of the process model")


@frozen(kw_only=True)
class StreamSection(Section):
    """One stream of observations: operator, file and settings of the operator."""

    operator: str | None = text("registered observation operator", otherwise="NAME")
    observations: str | None = path("observation file", kind="a text", otherwise='"NAME.nc"')
    average: bool | None = flag(
        "whether several values of a place in the interval of the operator are averaged",
        otherwise="they are refused",
    )
    gross_error: float | None = number(
        "N of the gross check, which leaves out values farther than N sqrt(R + s^2) from the run "
        "at the prior mean",
        above=0,
        otherwise="no check",
    )
    gross_error_spread: float | None = number(
        "s of the gross check, in the unit of the stream", least=0, otherwise="0"
    )
    robust: str | None = one_of(
        "robust errors, which give less weight to large residuals",
        ("none", *ROBUST_ERRORS),
        otherwise="none",
    )
    robust_threshold: float | None = number(
        "threshold of `huber` (error sd)", least=0.01, most=100, otherwise="1.345"
    )
    robust_degrees_of_freedom: float | None = number(
        "degrees of freedom of `student_t`", least=0.1, most=1e6, otherwise="4"
    )
    shares: Mapping[str, str] | None = by_name(
        "parameters of another stream that the operator uses in place of its own, STREAM.PARAMETER",
        "texts",
        TEXT,
        otherwise="none",
    )
    settings: Mapping[str, Any] = remaining("settings of the observation operator")


@frozen(kw_only=True)
class ParameterSection(Section):
    """Changes to one element of a parameter, or to all of a parameter."""

    active: bool | None = flag("whether the parameter is optimised", otherwise="as declared")
    mean: float | None = number("prior mean, in the unit of the parameter", otherwise="as declared")
    sd: float | None = number(
        "prior standard deviation, in the unit of the parameter", above=0, otherwise="as declared"
    )
    transform: str | None = one_of(
        "transform to the control vector", tuple(TRANSFORMS), otherwise="as declared"
    )
    bounds: tuple[float, float] | None = matching(
        "lower and upper limit",
        "a lower and an upper bound",
        PAIR,
        otherwise="as declared",
        test=is_interval,
    )


@frozen(kw_only=True)
class PriorSection(Section):
    """The prior: its name and its settings, or an earlier run."""

    name: str = text("registered prior", default="gaussian", expected="the name of a prior")
    run: str | None = path(
        "folder of an earlier run whose posterior is the prior", kind="the folder of an earlier run"
    )
    settings: Mapping[str, Any] = remaining("settings of the prior")


@frozen(kw_only=True)
class OptimiserSection(Section):
    """The optimiser: its name and its settings."""

    name: str = text(
        "registered optimiser", default="gauss_newton", expected="the name of an optimiser"
    )
    settings: Mapping[str, Any] = remaining("settings of the optimiser")


@frozen(kw_only=True)
class SamplerSection(Section):
    """The sampler: its name, where it starts, and its settings."""

    name: str | None = text("registered sampler", expected="the name of a sampler", required=True)
    start: str = one_of("point where the sampler starts", ("optimum", "prior"), default="optimum")
    settings: Mapping[str, Any] = remaining("settings of the sampler")


@frozen(kw_only=True)
class BudgetSection(Section):
    """Limit of the search from each starting point, in runs of the model."""

    model_runs: float | None = number(
        "evaluations of the search, in runs of the model", least=1, most=1e12, otherwise="no limit"
    )
    gradient: float = number(
        "runs of the model that a gradient counts for", above=0, most=1e6, default=4.0
    )
    jacobian: float | None = number(
        "runs of the model that a Jacobian counts for", above=0, most=1e6,
        otherwise="one more than the number of parameters",
    )  # fmt: skip
    hessian_vector: float = number(
        "runs of the model that a product of the Hessian with a vector counts for",
        above=0,
        most=1e6,
        default=8.0,
    )
    seconds: float | None = number(
        "length of the search (s), which depends on the load of the machine",
        above=0,
        most=1e9,
        otherwise="no limit",
    )

    def weights(self, parameters: int) -> dict[str, float]:
        """Kind of an evaluation -> runs of the model that it counts for.

        Args:
            parameters: number of elements of the control vector.
        """
        weights = default_weights(parameters)
        weights |= {"gradient": self.gradient, "hessian_vector": self.hessian_vector}
        return weights if self.jacobian is None else weights | {"jacobian": self.jacobian}

    def budget(self, parameters: int) -> Budget:
        """A budget of which nothing is spent."""
        runs = inf if self.model_runs is None else self.model_runs
        seconds = inf if self.seconds is None else self.seconds
        return Budget(runs, self.weights(parameters), seconds)


@frozen(kw_only=True)
class EngineSection(Section):
    """The engine of derivatives: its name and its settings."""

    name: str = text("registered engine", default="auto", expected="the name of an engine")
    settings: Mapping[str, Any] = remaining("settings of the engine")


@frozen(kw_only=True)
class PosteriorSection(Section):
    """Posterior uncertainty."""

    renamed: ClassVar[Mapping[str, str]] = {"hessian": "method"}

    method: str = one_of("method of the posterior", POSTERIOR_METHODS, default="gauss_newton")
    rank: int = integer("leading directions that `lanczos` keeps", least=1, most=10_000, default=50)
    largest_distance: float = number(
        "largest distance from the minimum with a posterior (posterior sd)",
        above=0,
        most=1e3,
        default=1.0,
    )
    draws: int = integer(
        "parameter sets drawn from the posterior for `draws.nc`", most=100_000, default=0
    )


@frozen(kw_only=True)
class TruthSection(Section):
    """Truth of synthetic observations."""

    seed: int = integer("seed of truth and noise", default=1)
    spread: float = number(
        "distance of the truth from the declared mean of each parameter (prior sd)",
        least=0,
        most=10,
        default=0.5,
    )
    noise: bool = flag("whether noise as assumed by each stream is added", default=True)
    mean: Mapping[str, float] | None = by_name(
        "centre of the truth by parameter, in its unit", "numbers", NUMBER, otherwise="as declared"
    )
    bounds: Mapping[str, tuple[float, float]] | None = by_name(
        "lower and upper limit of the truth by parameter, in its unit", "pairs of numbers", PAIR,
        otherwise="those of the parameter", test=is_pair,
    )  # fmt: skip


@frozen(kw_only=True)
class OutputSection(Section):
    """Contents of the result files."""

    fields: tuple[str, ...] = texts(
        "fields of the model in `fields.nc`",
        default=("gpp", "npp", "nep", "lai", "fapar", "soil_moisture"),
    )
    by_class: tuple[str, ...] = texts(
        "fields of the model that `fields.nc` has by class too, as `NAME_by_class`", default=()
    )


@frozen(kw_only=True)
class AddedValueSection(Section):
    """Comparison of sets of streams by `ccdas added-value`."""

    complete: ClassVar[bool] = False

    sets: tuple[tuple[str, ...], ...] | None = matching(
        "sets of streams to compare",
        'a list of lists of streams, [["co2"], ["co2", "sm"]]',
        {"type": "array", "minItems": 1, "items": TEXTS},
        otherwise="nested",
    )


@frozen(kw_only=True)
class TwinSection(Section):
    """Identical twins by `ccdas twin`."""

    complete: ClassVar[bool] = False

    perturbation: float = number(
        "perturbation of each parameter at the start, as a share of its value",
        above=0,
        most=10,
        default=0.1,
    )
    tolerance: float = number(
        "largest error of a recovered parameter (%)", above=0, most=100, default=0.1
    )
    variants: tuple[str, ...] = texts(
        "variants of the twin",
        default=TWIN_VARIANTS,
        expected="a list of names such as sites or joint+prior",
        least=1,
    )


@frozen(kw_only=True)
class ComputeSection(Section):
    """Division of the work."""

    blocks: int = integer(
        "number of blocks that the grid is divided into", least=1, most=100_000, default=1
    )
    workers: int = integer(
        "blocks, or starting points, computed at the same time", least=1, most=4096, default=1
    )
    executor: str = one_of("execution backend", EXECUTORS, default="threads")
    wait: float = number(
        "longest time without any worker of a cluster (minutes)",
        above=0,
        most=100_000,
        default=30.0,
    )
    memory: str | None = matching(
        "most memory of the run, which chooses the blocks where `compute.blocks` is not stated",
        'a size such as "4 GB", with MB, GB, TB, MiB, GiB or TiB,',
        TEXT,
        otherwise="no limit",
        test=is_size,
    )


@frozen(kw_only=True)
class Config(Section):
    """Configuration of an experiment."""

    experiment: ExperimentSection = section(ExperimentSection, "name, title and seed")
    inputs: InputsSection = section(InputsSection, "source of the input files")
    grid: GridSection = section(GridSection, "cells of the grid that are used")
    time: TimeSection = section(TimeSection, "assimilation window and spin-up")
    model: ModelSection = section(ModelSection, "process model and its settings")
    streams: Mapping[str, StreamSection] = sections(StreamSection, "one stream of observations")
    parameters: Mapping[str, ParameterSection] = sections(
        ParameterSection, "changes to a parameter or to one of its elements", item='"FULL.NAME"'
    )
    prior: PriorSection = section(
        PriorSection, "prior and its settings, or the folder of an earlier run", shorthand="run"
    )
    optimiser: OptimiserSection = section(OptimiserSection, "optimiser and its settings")
    sampler: SamplerSection | None = section(
        SamplerSection, "sampler and its settings", optional=True
    )
    budget: BudgetSection = section(BudgetSection, "limit of the search")
    engine: EngineSection = section(EngineSection, "engine of derivatives and its settings")
    posterior: PosteriorSection = section(PosteriorSection, "posterior uncertainty")
    truth: TruthSection | None = section(
        TruthSection, "truth of synthetic observations", optional=True
    )
    targets: TargetsSection = section(TargetsSection, "quantities reported with uncertainty")
    evaluation: Mapping[str, EvaluationSection] = sections(
        EvaluationSection, "comparison with data that are never assimilated"
    )
    output: OutputSection = section(OutputSection, "contents of the result files")
    added_value: AddedValueSection = section(AddedValueSection, "sets for `ccdas added-value`")
    twin: TwinSection = section(TwinSection, "identical twins of `ccdas twin`")
    compute: ComputeSection = section(ComputeSection, "division of the work")

    def to_dict(self) -> dict[str, Any]:
        """The configuration as it is written to experiment.toml."""
        return to_dict(self)

    @classmethod
    def from_dict(cls, table: Mapping[str, Any], source: str = "configuration") -> Config:
        """The configuration that a plain table holds.

        Raises:
            InvalidExperiment: unknown keys or wrong values.
        """
        findings = Findings()
        config = read_config(table, source, findings)
        findings.raise_if_any()
        return config


def read_config(table: Mapping[str, Any], source: str, findings: Findings) -> Config:
    """The configuration of a table; wrong keys keep their defaults and add findings."""
    return read_section(Config, table, "", source, findings)
