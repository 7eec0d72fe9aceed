"""Entry points of packages that are not installed."""

import sys
import warnings
from importlib.metadata import Distribution, EntryPoint
from types import ModuleType

import pytest

from ccdas_framework.registry.loading import load_registry

MISSING = "no_such_module_of_ccdas"


class Package(Distribution):
    """An installed package with a name, a version and requirements."""

    def __init__(self, name, version, requires=()):
        lines = [f"Name: {name}", f"Version: {version}", *(f"Requires-Dist: {r}" for r in requires)]
        self.text = "\n".join(["Metadata-Version: 2.1", *lines, "", ""])

    def read_text(self, filename):
        return self.text if filename == "METADATA" else None

    def locate_file(self, path):
        return path


@pytest.fixture
def entry_point(monkeypatch):
    """Entry point of a package whose module has these attributes."""

    def entry(name, package="ccdas-obs-rain", version="0.3.0", requires=(), **attributes):
        module = ModuleType(f"fake_{package}_{name}".replace("-", "_"))
        vars(module).update(attributes)
        monkeypatch.setitem(sys.modules, module.__name__, module)
        point = EntryPoint(name, module.__name__, "ccdas_framework")
        return point._for(Package(package, version, requires))

    return entry


@pytest.fixture
def broken_entry_point():
    """Entry point of a package whose module cannot be imported."""

    def entry(name, package="broken"):
        point = EntryPoint(name, MISSING, "ccdas_framework")
        return point._for(Package(package, "1.0"))

    return entry


@pytest.fixture
def load():
    """Load a registry and return it with (code, where) of each warning."""

    def loaded(*entries, built_in=()):
        with warnings.catch_warnings(record=True) as warned:
            warnings.simplefilter("always")
            registry = load_registry(built_in, entries=list(entries))
        return registry, [(w.message.code, w.message.where) for w in warned]

    return loaded
