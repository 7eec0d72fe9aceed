"""The tables and sentences of a whole run."""

import numpy as np
import pytest
from attrs import evolve
from findings import codes

from ccdas_framework import Parameter
from ccdas_framework.core.control import Control
from ccdas_framework.diagnostics import TargetChange, diagnose
from ccdas_framework.posterior import Posterior

from .linear import COUNTS, X_B, Linear


def solved(scale=None, seed=1):
    linear = Linear(scale)
    return linear.solved(linear.draw(np.random.default_rng(seed)))


def control():
    return Control.of({"m": [Parameter(name, "1", 1.0, 0.5) for name in "abcd"]})


def test_every_column_has_the_length_of_its_dimension():
    fits, posterior = solved()
    change = TargetChange(
        "npp", ["x", "y", "z"], "PgC yr-1", np.ones(3), np.ones(3), np.ones((3, 4))
    )
    tables = diagnose(fits, posterior, X_B, control(), [change]).tables
    lengths = {"term": 4, "stream": 2, "place": 8, "control": 4, "target": 3}
    for name, length in lengths.items():
        for column, values in tables[name].items():
            assert np.shape(values)[-1] == length, column
    assert tables["control"]["control_shift"].shape == (2, 4)
    assert tables["target"]["target_shift"].shape == (2, 3)
    assert tables["direction"]["component"].shape == (len(tables["direction"]["eigenvalue"]), 4)


def test_shifts_of_the_parameters_and_what_no_stream_explains_add_up():
    fits, posterior = solved()
    table = diagnose(fits, posterior, X_B, control()).tables["control"]
    total = table["control_shift"].sum(axis=0) + table["control_rest"]
    np.testing.assert_allclose(total, posterior.x - X_B, atol=1e-12)
    np.testing.assert_allclose(table["shift"], (posterior.x - X_B) / posterior.prior_sd)


def test_a_parameter_far_from_its_prior_is_marked():
    fits, posterior = solved()
    far = X_B + np.array([3.5, 0.0, -3.5, 2.5]) * posterior.prior_sd
    table = diagnose(fits, evolve(posterior, x=far), X_B).tables["control"]
    assert table["far"].tolist() == [1, 0, 1, 0]


def test_without_a_posterior_only_what_needs_none_is_told():
    fits, _ = solved({"a": 3.0})
    actual = diagnose(fits, None, X_B)
    assert set(actual.tables) == {"term", "stream", "place"}
    assert actual.tables["term"]["term"] == list(COUNTS)
    assert np.isnan(actual.tables["term"]["expected"]).all()
    assert np.isfinite(actual.tables["stream"]["error_sd_estimated"]).all()
    assert np.isnan(actual.tables["stream"]["degrees_of_freedom"]).all()
    assert codes(actual.warnings) == [("large-misfits", "streams.a")]
    assert actual.missing[0].startswith("There is no posterior")


def test_with_a_flat_prior_every_parameter_takes_one_degree_of_freedom():
    linear = Linear()
    rows = np.concatenate(list(linear.whitened.values()))
    hessian = rows.T @ rows
    fits, _ = linear.solved(linear.draw(np.random.default_rng(2)))
    shift = np.linalg.solve(hessian, sum(f.sensitivity.T @ f.innovation for f in fits))
    fits = [evolve(fit, residual=fit.innovation - fit.sensitivity @ shift) for fit in fits]
    posterior = Posterior(
        x=X_B + shift, covariance=np.linalg.inv(hessian), prior_covariance=np.diag([np.inf] * 4),
        eigenvalues=np.linalg.eigvalsh(hessian)[::-1],
    )  # fmt: skip
    tables = diagnose(fits, posterior, X_B).tables
    term = dict(zip(tables["term"]["term"], tables["term"]["expected"], strict=True))
    assert term["total"] == sum(COUNTS.values()) - 4
    assert term["a"] + term["b"] == pytest.approx(term["total"], rel=1e-10)
    assert sum(tables["stream"]["degrees_of_freedom"]) == pytest.approx(4.0, rel=1e-10)
    assert tables["direction"]["eigenvalue"] == pytest.approx(posterior.eigenvalues)


def test_places_that_contradict_their_errors_are_named():
    fits, posterior = solved()
    wrong = np.where(fits[0].place == "place 1", 5.0, 1.0)
    fits = [evolve(fits[0], residual=fits[0].residual * wrong), fits[1]]
    warnings = diagnose(fits, posterior, X_B).warnings
    (warning,) = [w for w in warnings if w.where == "streams.a"]
    assert warning.code in ("errors-differ-by-place", "errors-too-small")
    if warning.code == "errors-differ-by-place":
        assert "1 of 4 places (place 1 " in warning.message


def test_residuals_that_follow_each_other_are_warned_of():
    fits, posterior = solved()
    season = np.sin(2.0 * np.pi * np.arange(60) / 60)
    fits = [evolve(fits[0], residual=1.4 * season), fits[1]]
    warnings = codes(diagnose(fits, posterior, X_B).warnings)
    assert [w for w in warnings if w[0] == "correlated-residuals"] == [
        ("correlated-residuals", "streams.a")
    ]
    few = fits[0].take(np.isin(np.arange(60), [0, 4, 8, 12, 16, 20]))  # five pairs of one place
    warnings = codes(diagnose([few], posterior, X_B).warnings)
    assert "correlated-residuals" not in dict(warnings)


def test_the_same_run_is_diagnosed_alike():
    one, two = (diagnose(*solved({"b": 2.0}), X_B) for _ in range(2))
    assert one.warnings == two.warnings
    np.testing.assert_array_equal(
        one.tables["place"]["place_ratio"], two.tables["place"]["place_ratio"]
    )


def test_residuals_that_vanish_are_told_without_a_ratio():
    fits, posterior = solved()
    none = [evolve(fit, residual=np.zeros(len(fit))) for fit in fits]
    warnings = diagnose(none, evolve(posterior, x=X_B), X_B).warnings
    assert codes(warnings) == [
        ("prior-too-wide", "prior"),
        ("errors-too-large", "streams.a"),
        ("errors-too-large", "streams.b"),
    ]
    assert all("more than 1000 times " in w.message for w in warnings)
