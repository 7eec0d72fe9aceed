"""A problem of some of its streams: the same numbers, and nothing of the model compiled again."""

import numpy as np
from attrs import evolve
from toy import toy_problem


def test_a_problem_of_some_streams_gives_what_the_whole_one_gives_for_them(engine):
    problem = toy_problem(engine, blocks=2)
    x = 0.1 * np.arange(len(problem.control))
    values, jacobians = problem.derivatives(x)
    chosen = problem.with_streams({"loss": problem.streams["loss"]}, {})
    alone_values, alone = chosen.derivatives(x)
    assert list(alone) == ["loss"]
    np.testing.assert_allclose(alone_values["loss"], values["loss"], rtol=1e-12)
    np.testing.assert_allclose(alone["loss"], jacobians["loss"], rtol=1e-10, atol=1e-12)
    assert len(chosen.control) == len(problem.control)
    cost, gradient = chosen.value_and_gradient(x)
    assert np.isfinite(cost)
    misfit = problem.streams["loss"].values - values["loss"]
    expected = x - alone["loss"].T @ (misfit / problem.streams["loss"].sd ** 2)
    np.testing.assert_allclose(gradient, expected, rtol=1e-9, atol=1e-11)


def test_the_derivatives_of_the_model_are_kept_where_no_other_field_is_needed(autograd):
    problem = toy_problem(autograd)
    x = np.zeros(len(problem.control))
    problem.derivatives(x)
    before = set(problem.compiled._made)
    chosen = problem.with_streams({"loss": problem.streams["loss"]}, {})
    of_the_model = {key for key in before if "fields by" in key}
    assert of_the_model and of_the_model <= set(chosen.compiled._made)
    assert not any("loss" in key for key in chosen.compiled._made)
    wider = chosen.with_streams(problem.streams, {})
    assert of_the_model <= set(wider.compiled._made)  # the fields of the first are still given


def test_two_sets_of_observations_of_one_operator_share_its_parameters(autograd):
    problem = toy_problem(autograd)
    x = 0.1 * np.arange(len(problem.control))
    water = problem.streams["water"]
    twice = problem.with_streams({"first": water, "second": evolve(water)}, {})
    values, jacobians = twice.derivatives(x)
    expected, of_water = problem.derivatives(x)
    for name in ("first", "second"):
        np.testing.assert_allclose(values[name], expected["water"], rtol=1e-12)
        np.testing.assert_allclose(jacobians[name], of_water["water"], rtol=1e-12, atol=1e-14)
    scale = problem.control.names.index("water.scale")
    assert np.all(jacobians["second"][:, scale] != 0.0)
