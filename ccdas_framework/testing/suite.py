"""The public suite: named checks of one component."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache

from ..core.interfaces import ObservationOperator, ProcessModel
from .case import Case, case_for
from .check import Check
from .models import model_checks
from .operators import operator_checks


def checks_for(
    component: ProcessModel | ObservationOperator,
    engines: Sequence[str] = ("autograd", "jax"),
    case: Case | Callable[[], Case] | None = None,
) -> list[Check]:
    """What has to be true of a process model or an observation operator.

        @pytest.mark.parametrize("check", checks_for(LaiVod(lag_days=2)), ids=repr)
        def test_conforms(check):
            check()

    Checks of one call share what they compute; nothing is computed before the first is called.

    Args:
        component: with its settings.
        engines: to differentiate with, of "autograd" and "jax"; a check on one that is not
            installed raises `unittest.SkipTest`, which test runners count as skipped.
        case: what to try it on, or a function that makes it; by default a small one made from
            the declarations: three cells, random values inside each valid_range.

    Raises:
        TypeError: the component is neither a model nor an operator.
    """

    @cache
    def tried_on() -> Case:
        if case is None:
            return case_for(component)
        return case if isinstance(case, Case) else case()

    if isinstance(component, ProcessModel):
        return list(model_checks(component, tried_on, tuple(engines)))
    if isinstance(component, ObservationOperator):
        return list(operator_checks(component, tried_on, tuple(engines)))
    raise TypeError(
        f"checks_for takes an instance of a ProcessModel or an ObservationOperator, not "
        f"{component!r}; a class is called with its settings first."
    )
