"""The public suite: named checks of one component."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from attrs import evolve

from ..core.errors import did_you_mean
from ..core.interfaces import Engine, ObservationOperator, Optimiser, Prior, ProcessModel
from .check import STAGES, Check
from .test_case import Case, case_for

Component = ProcessModel | ObservationOperator | Prior | Optimiser | Engine


def checks_for(
    component: Component,
    engines: Sequence[str] = ("autograd", "jax"),
    case: Case | Callable[[], Case] | None = None,
    expected: Mapping[str, str] | None = None,
) -> list[Check]:
    """Checks of a component, stage by stage.

        @pytest.mark.parametrize("check", checks_for(LaiVod(lag_days=2)), ids=repr)
        def test_conforms(check):
            check()

    Checks of one call share what they compute; nothing is computed before the first is called.

    Args:
        component: a process model, observation operator, prior, optimiser or engine, with its
            settings.
        engines: engines of the derivatives, "autograd" and "jax"; a check with one that is not
            installed raises `unittest.SkipTest`, which test runners count as skipped.
        case: test case of a model or an operator, or a function that makes it; by default the one
            of its method `conformance_case`, or a small one from the declarations: three cells,
            random values inside each valid_range.
        expected: name of a check that fails -> reason; by default the attribute
            `known_failures` of the component. If such a check passes, this is a failure.

    Raises:
        TypeError: the component has none of the five interfaces.
        ValueError: an expected failure without a reason, or of an unknown check.
    """

    @cache
    def tried_on() -> Case:
        given = case or getattr(component, "conformance_case", None)
        if given is None:
            return case_for(component)  # type: ignore[arg-type]
        return given if isinstance(given, Case) else given()

    checks = sorted(
        _checks(component, tried_on, tuple(engines)), key=lambda check: STAGES.index(check.stage)
    )
    if expected is None:
        # `known_failures` may name a check on an engine that is left out
        names = {repr(check) for check in _checks(component, tried_on, ("autograd", "jax"))}
        failures = dict(getattr(component, "known_failures", {}))
    else:
        names, failures = {repr(check) for check in checks}, dict(expected)
    for name, reason in failures.items():
        if name not in names:
            raise ValueError(
                f"a failure is expected of '{name}', which is no check of this component."
                f"{did_you_mean(name, names)}"
            )
        if not reason.strip():
            raise ValueError(f"'{name}' is expected to fail without a reason; say why.")
    return [evolve(check, expected=failures.get(check.name, "")) for check in checks]


def _checks(
    component: Any, tried_on: Callable[[], Case], engines: tuple[str, ...]
) -> Iterator[Check]:
    """The checks of the kind that a component is of."""
    if isinstance(component, ProcessModel):
        from .models import model_checks

        return model_checks(component, tried_on, engines)
    if isinstance(component, ObservationOperator):
        from .operators import operator_checks

        return operator_checks(component, tried_on, engines)
    if isinstance(component, Prior):
        from .priors import prior_checks

        return prior_checks(component, engines)
    if isinstance(component, Optimiser):
        from .optimisers import optimiser_checks

        return optimiser_checks(component, engines)
    if isinstance(component, Engine):
        from .engines import engine_checks

        return engine_checks(component, engines)
    raise TypeError(
        "checks_for takes an instance of a ProcessModel, ObservationOperator, Prior, Optimiser or "
        f"Engine, not {component!r}; a class is called with its settings first."
    )
