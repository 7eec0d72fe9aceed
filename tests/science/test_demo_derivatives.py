"""Derivatives of the demonstration, cut and whole; the engines agree with each other."""

import numpy as np
import pytest
from conftest import make_engine
from cuts import ALL, demo_cut, loaded


def both(build):
    """The same problem on both engines."""
    make_engine("jax")
    return build("autograd").build(), build("jax").build()


def point(problem):
    return np.random.default_rng(41).normal(0.0, 0.3, len(problem.control))


def check_engines_agree(first, second):
    """J to 1e-10 and its gradient to 1e-8, relative to the norm."""
    for name, stream in first.streams.items():  # made from the same truth by each engine
        np.testing.assert_allclose(second.streams[name].values, stream.values, rtol=1e-10)
    x = point(first)
    J, gradient = first.value_and_gradient(x)
    J_compiled, compiled = second.value_and_gradient(x)
    assert J_compiled == pytest.approx(J, rel=1e-10)
    np.testing.assert_allclose(compiled, gradient, rtol=1e-8, atol=1e-8 * np.abs(gradient).max())
    assert np.linalg.norm(compiled - gradient) <= 1e-8 * np.linalg.norm(gradient)


def test_the_engines_agree_on_four_cells_and_a_month():
    check_engines_agree(*both(lambda e: demo_cut(ALL, e, grid__cells=4, time__days=30)))


@pytest.mark.science
def test_the_engines_agree_on_twenty_cells_and_sixty_days():
    cut = {"grid.cells": 20, "time.days": 60, "compute.blocks": 1, "compute.workers": 1}
    check_engines_agree(*both(lambda engine: loaded(ALL, engine, cut)))


# -- the whole demonstration ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def demo():
    """All cells and both years, as `ccdas run` takes them."""
    make_engine("jax")
    return loaded(ALL, "jax", {}).build()


@pytest.fixture(scope="module")
def whole(demo):
    """A point, J there and its gradient."""
    x = point(demo)
    return x, *demo.value_and_gradient(x)


@pytest.mark.science
def test_the_gradient_of_the_demo_agrees_with_central_differences(demo, whole):
    x, _, gradient = whole
    generator = np.random.default_rng(42)
    for v in generator.normal(size=(3, len(x))):
        v = v / np.linalg.norm(v)
        errors = [
            abs((demo.cost(x + h * v) - demo.cost(x - h * v)) / (2.0 * h) - gradient @ v)
            for h in (1e-3, 1e-4)
        ]
        assert min(errors) <= 1e-5 * abs(gradient @ v)


@pytest.mark.science
def test_the_taylor_remainder_of_the_demo_falls_with_the_square_of_the_step(demo, whole):
    x, J, gradient = whole
    v = np.random.default_rng(43).normal(size=len(x))
    v, steps = v / np.linalg.norm(v), np.array([1e-1, 1e-2, 1e-3])
    remainder = [abs(demo.cost(x + h * v) - J - h * gradient @ v) for h in steps]
    slopes = np.diff(np.log(remainder)) / np.diff(np.log(steps))
    np.testing.assert_allclose(slopes, 2.0, atol=0.1)  # third-order terms bend the first decade


@pytest.mark.science
def test_dot_products_of_tangent_and_adjoint_of_the_demo_agree(demo, whole):
    """<K v, R^-1 (H - y)> by the tangent of one stream after another equals gradient . v."""
    x, _, gradient = whole
    K = demo.jacobian(x)
    v = np.random.default_rng(44).normal(size=len(x))
    forward = demo.whitened(K @ v) @ demo.residuals(x)
    assert (x @ v - forward) == pytest.approx(gradient @ v, rel=1e-8)
