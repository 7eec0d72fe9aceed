"""Whatever is broken is caught by the check that is named for it, and what is whole passes it."""

from functools import cache

import pytest
from conformance import mutants, mutants_of_others, mutants_of_samplers

from ccdas_framework.testing import Case, CheckFailure, checks_for

MUTANTS = (*mutants.MUTANTS, *mutants_of_others.MUTANTS, *mutants_of_samplers.MUTANTS)


@cache
def checks_of_the_walk():
    """Checks that share their samplings."""
    return checks_for(mutants_of_samplers.WALK, engines=("autograd",))


def check_of(component, name):
    if component is mutants_of_samplers.WALK:
        return mutants.named(name, checks_of_the_walk())
    return mutants.named(name, checks_for(component, engines=("autograd",)))


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda m: m.name)
def test_a_mutant_is_caught_by_the_check_named_for_it(mutant):
    with pytest.raises(CheckFailure) as failure:
        check_of(mutant.mutant, mutant.check)()
    findings = failure.value.findings
    assert any(
        f.code == mutant.code and mutant.where in f.where and mutant.factor in f.message
        for f in findings
    ), findings


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


@pytest.mark.science
def test_the_published_hard_minimum_of_photosynthesis_is_found_in_the_model_that_ships(monkeypatch):
    """Light or enzymes limit assimilation, whichever is less: min(J_E, J_C) as it is published."""
    from ccdas_models_bethy.photosynthesis import leaf
    from conformance.registered import component, forcing_for

    def hard_minimum(x, y, curvature, xp, radicand_floor=0.0):
        return xp.minimum(x, y)

    monkeypatch.setattr(leaf, "smooth_minimum", hard_minimum)
    model = component("process_models", "bethy", {})
    case = Case(forcing_for(model, days=12, cells=2))
    check = mutants.named("derivatives do not jump", checks_for(model, case=case))
    with pytest.raises(CheckFailure) as failure:
        check()
    assert (failure.value.code, failure.value.where.split(":")[0]) == (
        "slope-jump", "`minimum` in test_mutants.py",
    )  # fmt: skip
