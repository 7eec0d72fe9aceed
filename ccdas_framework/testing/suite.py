"""The public suite: named checks of one component, and their results as lines."""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Literal
from unittest import SkipTest

from attrs import evolve, frozen

from ..core.errors import did_you_mean
from ..core.interfaces import (
    Engine,
    ObservationOperator,
    Optimiser,
    Prior,
    ProcessModel,
    Sampler,
)
from .check import STAGES, Check, ExpectedFailure
from .engines import engine_checks
from .models import model_checks
from .operators import operator_checks
from .optimisers import optimiser_checks
from .priors import prior_checks
from .samplers import sampler_checks
from .test_case import Case, case_for

Component = ProcessModel | ObservationOperator | Prior | Optimiser | Sampler | Engine


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

    Checks of one call share results; nothing is computed before the first check runs.

    Args:
        component: a process model, observation operator, prior, optimiser, sampler or engine, with
            its settings.
        engines: engines of the derivatives, "autograd", "jax" and "differences"; a model that no
            engine traces has other checks in their place. A check with one that is not installed
            raises `unittest.SkipTest`, which test runners count as skipped.
        case: test case of a model or an operator, or a function that makes it; by default the one
            of its method `conformance_case`, or a small one from the declarations: three cells,
            random values inside each valid_range.
        expected: name of a check that fails -> reason; by default the attribute
            `known_failures` of the component. If such a check passes, this is a failure.

    Raises:
        TypeError: the component has none of the six interfaces.
        ValueError: an expected failure without a reason, or of an unknown check.
    """

    @cache
    def component_case() -> Case:
        source = case or getattr(component, "conformance_case", None)
        if source is None:
            return case_for(component)  # type: ignore[arg-type]
        return source if isinstance(source, Case) else source()

    checks = list(_checks(component, component_case, tuple(engines)))
    checks.sort(key=lambda check: STAGES.index(check.stage))
    if expected is None:
        # `known_failures` may name a check on an engine that is left out
        names = {repr(check) for check in _checks(component, component_case, ("autograd", "jax"))}
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


def _checks(component: Any, case: Callable[[], Case], engines: tuple[str, ...]) -> Iterator[Check]:
    """The checks of the kind that a component is of."""
    if isinstance(component, ProcessModel):
        return model_checks(component, case, engines)
    if isinstance(component, ObservationOperator):
        return operator_checks(component, case, engines)
    if isinstance(component, Prior):
        return prior_checks(component, engines)
    if isinstance(component, Optimiser):
        return optimiser_checks(component, engines)
    if isinstance(component, Sampler):
        return sampler_checks(component, engines)
    if isinstance(component, Engine):
        return engine_checks(component, engines)
    raise TypeError(
        "checks_for takes an instance of a ProcessModel, ObservationOperator, Prior, Optimiser, "
        f"Sampler or Engine, not {component!r}; call a class with its settings first."
    )


# -- results --------------------------------------------------------------------------------------

State = Literal["PASS", "FAIL", "expected", "skipped"]
_WIDTH = max(len(stage) for stage in STAGES)


@frozen(eq=False)
class Outcome:
    """Result of one check.

    Args:
        check: the check.
        state: "expected" is an expected failure.
        message: of the failure; reason of an expected failure or a skip; "" for a pass.
    """

    check: Check
    state: State
    message: str = ""

    @property
    def told(self) -> str:
        """Deprecated name of `message`."""
        warnings.warn(
            "Outcome.told is deprecated; use Outcome.message instead.",
            DeprecationWarning,
            stacklevel=2,
        )
        return self.message

    def lines(self) -> str:
        """State, stage and name in one line, the message below it."""
        head = f"{self.state:8}  {self.check.stage:{_WIDTH}}  {self.check.name}"
        return "\n".join([head, *(f"          {line}" for line in self.message.splitlines())])


def outcomes(checks: Iterable[Check]) -> Iterator[Outcome]:
    """Result of each check after its run; a repeated message is 'as above'."""
    messages: set[str] = set()
    for check in checks:
        outcome = _outcome(check)
        if outcome.state == "FAIL" and outcome.message in messages:
            outcome = Outcome(check, "FAIL", "as above")
        messages.add(outcome.message)
        yield outcome


def _outcome(check: Check) -> Outcome:
    try:
        check()
    except ExpectedFailure as reason:
        return Outcome(check, "expected", str(reason))
    except SkipTest as reason:
        return Outcome(check, "skipped", str(reason))
    except AssertionError as failure:
        return Outcome(check, "FAIL", str(failure))
    return Outcome(check, "PASS")


def counted(results: Iterable[Outcome]) -> str:
    """'31 passed, 1 failed as expected, 2 skipped, 0 failed'."""
    states: Counter[str] = Counter(outcome.state for outcome in results)
    words = (("PASS", "passed"), ("expected", "failed as expected"), ("skipped", "skipped"))
    parts = [f"{states[s]} {word}" for s, word in words if states[s] or s == "PASS"]
    return ", ".join([*parts, f"{states['FAIL']} failed"])
