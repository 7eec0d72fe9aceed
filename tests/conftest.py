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


@pytest.fixture
def ccdas(monkeypatch, capsys):
    """Call the command line in this process: (exit code, standard output, standard error)."""
    import sys
    import warnings

    from ccdas_framework.cli import main

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["ccdas", *map(str, arguments)])
        monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)  # main replaces it
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return ended.value.code or 0, said.out, said.err

    return call
