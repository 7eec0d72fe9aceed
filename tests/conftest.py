"""Engines that tests run on."""

import pytest


def make_engine(name):
    if name == "jax":
        pytest.importorskip("jax", reason="the extra `jax` is not installed")
        from ccdas_framework.engines.jax_engine import JaxEngine

        return JaxEngine()
    from ccdas_framework.engines.autograd_engine import AutogradEngine

    return AutogradEngine()


@pytest.fixture(params=["autograd", "jax"], scope="session")
def engine(request):
    """Each engine in turn."""
    return make_engine(request.param)


@pytest.fixture(scope="session")
def autograd():
    """The engine that is always there."""
    return make_engine("autograd")
