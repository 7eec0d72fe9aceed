"""Whatever is broken is caught by the check that is named for it, and what is whole passes it."""

import pytest
from conformance import mutants, mutants_of_others

from ccdas_framework.testing import checks_for

MUTANTS = (*mutants.MUTANTS, *mutants_of_others.MUTANTS)


def check_of(component, name):
    return mutants.named(name, checks_for(component, engines=("autograd",)))


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: m.name)
def test_a_mutant_is_caught_by_the_check_named_for_it(mutant):
    with pytest.raises(AssertionError) as told:
        check_of(mutant.mutant, mutant.check)()
    assert mutant.says in str(told.value)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: m.name)
def test_its_original_passes_that_check(mutant):
    check_of(mutant.original, mutant.check)()


@pytest.mark.parametrize(
    "check",
    [
        pytest.param(check, id=f"{type(component).__name__}-{check!r}")
        for component in (mutants.Leafy(), mutants_of_others.PRIOR, mutants_of_others.Newton())
        for check in checks_for(component)
    ],
)
def test_the_originals_pass_everything(check):
    check()
