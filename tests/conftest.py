"""Engines that tests run on."""

import sys
import warnings

import pytest
from findings import codes

from ccdas_framework.cli import main
from ccdas_framework.core.errors import CcdasError


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
    """Call the command line in this process: (exit code, standard output, standard error).

    `ccdas.findings` holds (code, place) of each finding of the error that ended the last call.
    """

    def call(*arguments):
        monkeypatch.setattr(sys, "argv", ["ccdas", *map(str, arguments)])
        monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)  # main replaces it
        with pytest.raises(SystemExit) as end:
            main()
        error = end.value.__context__
        call.findings = codes(error) if isinstance(error, CcdasError) else []
        output = capsys.readouterr()
        return end.value.code or 0, output.out, output.err

    return call
