"""Input for the checks of a model or operator: a small domain, forcing, fields, observations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from attrs import evolve, field, frozen

from ..core.domain import Domain, Forcing, Grid
from ..core.interfaces import ObservationOperator, ProcessModel
from ..core.observations import Observations
from ..core.parameters import Parameter
from ..core.variables import Variable
from .small_domains import dated_domain

FIRST_DAY = np.datetime64("2010-01-01")  # of the window
LEAD = 5  # d, at least
WINDOW = {"model": 31, "operator": 59}  # d, whole months
DAILY = (3, 17, 40)  # days of the window with a daily observation in each cell


@frozen(eq=False)
class Case:
    """Domain and inputs with which a component is tested.

    A component may supply its test case with a method `conformance_case()`.

    Args:
        forcing: of a few cells with one column or more; an operator uses its domain only.
        observations: for an operator; values and errors in the units of `observes`.
        fields: for an operator, name -> values of the required fields, (time, column).
    """

    forcing: Forcing
    observations: Observations | None = None
    fields: Mapping[str, np.ndarray] = field(factory=dict)


def case_for(
    component: ProcessModel | ObservationOperator,
    days: int | None = None,
    classes: Sequence[Any] = (),
    daily: Iterable[int] = DAILY,
) -> Case:
    """Test case made from the declarations of a component.

    Three cells of one, two and three columns; forcing, statics and fields are random within the
    middle of the valid_range of each required variable; optional variables are absent.

    Args:
        component: a model or an operator.
        days: length of the window (d); 31 for a model, 59 for an operator.
        classes: of the six columns, repeated where they are fewer; by default some that the
            parameters name.
        daily: days of the window with an observation in each cell, beside those of whole months.
    """
    generator = np.random.default_rng(41)
    if isinstance(component, ProcessModel):
        days = days or WINDOW["model"]
        domain = small_domain(component.parameters, days, LEAD, classes)
        required = [variable for variable in component.requires if not variable.optional]
        return Case(_with_likely(Forcing(domain, {}, {}), required, generator))
    lead = max(component.lead_days, LEAD)
    domain = small_domain(component.parameters, days or WINDOW["operator"], lead, classes)
    fields = {
        variable.name: likely(variable, (domain.days, domain.grid.columns), generator)
        for variable in (*component.requires, *component.requires_once)
        if not variable.optional
    }
    stations = labels_of(component.parameters, "station")
    observations = some_observations(domain, component.observes, stations, generator, daily)
    return Case(Forcing(domain, {}, {}), observations, fields)


def _with_likely(
    forcing: Forcing, variables: Iterable[Variable], generator: np.random.Generator
) -> Forcing:
    """The forcing with likely values of these variables where it has none."""
    domain = forcing.domain
    sizes = {"time": domain.days, "cell": domain.grid.cells, "column": domain.grid.columns}
    fields, static = dict(forcing.fields), dict(forcing.static)
    for variable in variables:
        values = likely(variable, tuple(sizes[name] for name in variable.dims), generator)
        (fields if "time" in variable.dims else static).setdefault(variable.name, values)
    return evolve(forcing, fields=fields, static=static)


def optional_variants(
    component: ProcessModel | ObservationOperator, case: Case
) -> tuple[Case, Case]:
    """The case without the variables that a component calls optional, and with all of them."""
    generator, forcing, domain = np.random.default_rng(43), case.forcing, case.forcing.domain
    variables = (*component.requires, *getattr(component, "requires_once", ()))
    optional = {variable.name: variable for variable in variables if variable.optional}

    def without(values: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in values.items() if name not in optional}

    bare = evolve(forcing, fields=without(forcing.fields), static=without(forcing.static))
    if isinstance(component, ProcessModel):
        complete = _with_likely(forcing, optional.values(), generator)
        return evolve(case, forcing=bare), evolve(case, forcing=complete)
    fields = dict(case.fields)
    for name in [name for name in optional if name not in fields]:
        shape = (domain.days, domain.grid.columns)
        fields[name] = likely(optional[name], shape, generator)
    return evolve(case, fields=without(case.fields)), evolve(case, fields=fields)


def small_domain(
    parameters: Sequence[Parameter], days: int, lead: int, classes: Sequence[Any] = ()
) -> Domain:
    """Three cells of one, two and three columns, of classes and regions that parameters name."""
    cells = np.array([0, 1, 1, 2, 2, 2])
    classes = tuple(classes) or labels_of(parameters, "class") or (1, 2, 3)
    chosen = np.linspace(0, len(classes) - 1, min(len(classes), len(cells))).round().astype(int)
    regions = labels_of(parameters, "region") or ("south", "north")
    grid = Grid(
        latitude=np.array([-20.0, 5.0, 45.0]),
        longitude=np.array([-60.0, 20.0, 110.0]),
        area=np.array([4.0e10, 5.0e10, 3.0e10]),  # m2
        region=np.array([regions[n % len(regions)] for n in range(3)]),
        half_width=np.full((3, 2), 1.0),
        column_cell=cells,
        column_fraction=np.array([0.9, 0.6, 0.4, 0.5, 0.2, 0.2]),
        column_class=np.array([classes[n] for n in np.resize(chosen, len(cells))]),
    )
    last = FIRST_DAY + days - 1
    return dated_domain(grid, str(FIRST_DAY), str(last), lead)


def some_observations(
    domain: Domain,
    observes: Variable,
    stations: Sequence[Any],
    generator: np.random.Generator,
    days: Iterable[int] = DAILY,
) -> Observations:
    """Daily values and a mean of each whole month for every cell, in no order of the cells."""
    window = domain.time[domain.lead :]
    months = np.unique(window.astype("datetime64[M]"))
    daily = window[[day for day in days if day < len(window)]]
    starts = np.concatenate([daily, months.astype("datetime64[D]")])
    ends = np.concatenate([daily, (months + 1).astype("datetime64[D]") - 1])
    cells = domain.grid.cells
    cell = np.concatenate([generator.permutation(cells) for _ in starts])
    names = [str(stations[c % len(stations)]) if stations else f"cell {c}" for c in range(cells)]
    values = likely(observes, (len(cell),), generator)
    return Observations(
        values=values,
        sd=np.maximum(0.1 * np.abs(values), 1e-3),
        start=np.repeat(starts, cells),
        end=np.repeat(ends, cells),
        latitude=domain.grid.latitude[cell],
        longitude=domain.grid.longitude[cell],
        altitude=np.full(len(cell), 10.0),
        label=np.array([names[c] for c in cell]),
    )


def likely(
    variable: Variable, shape: tuple[int, ...], generator: np.random.Generator
) -> np.ndarray:
    """Random values from the middle of a variable's range; 0.5 to 1.5 where it declares none."""
    lower, upper = variable.valid_range or (-np.inf, np.inf)
    if np.isfinite(lower) and np.isfinite(upper):
        first, last = lower + 0.3 * (upper - lower), lower + 0.7 * (upper - lower)
    elif np.isfinite(upper):
        first, last = upper - 1.5, upper - 0.5
    else:
        start = lower if np.isfinite(lower) else 0.0
        first, last = start + 0.5, start + 1.5
    return generator.uniform(first, last, shape)


def labels_of(parameters: Sequence[Parameter], index: str) -> tuple[Any, ...]:
    """Labels that the groups of parameters with this index name, each once, in order."""
    named = [
        label
        for parameter in parameters
        if parameter.index == index
        for group in parameter.groups
        for label in group
    ]
    return tuple(dict.fromkeys(named))
