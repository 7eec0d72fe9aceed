"""Imports point inward, and the core knows neither carbon nor files."""

import ast
import graphlib
import inspect
import re
import sys
from collections import Counter
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

import ccdas_framework

ROOT = Path(__file__).parents[1] / "ccdas_framework"
PLUGINS = Path(__file__).parents[1] / "plugins"
METRICS = spec_from_file_location("house_metrics", ROOT.parent / "scripts" / "house_metrics.py")
house_metrics = module_from_spec(METRICS)
METRICS.loader.exec_module(house_metrics)

# from the lowest: a module may import its own folder and folders of lower layers only
LAYERS = (
    ("core", "grids"),
    ("problem",),
    ("registry", "engines", "priors", "optimisers", "posterior", "execution"),
    ("builtin_plugins",),
    ("installed",),
    ("io", "diagnostics", "testing", "scaffold"),
    ("outputs", "config"),
    ("targets", "report"),
    ("plots", "evaluation"),
    ("experiment",),
    ("compare", "products", "terminal"),
    ("cli",),
)
LOWER_FOLDERS = {
    folder: tuple(name for lower in LAYERS[:number] for name in lower)
    for number, layer in enumerate(LAYERS)
    for folder in layer
}
CORE_MAY_IMPORT = {"numpy", "attrs", "attr", "pluggy", *sys.stdlib_module_names}
DOMAIN_WORDS = r"gpp|npp|lai|pft|co2|vod|smos|carbon|soil|vegetation|fapar|biomass"
DOMAIN = re.compile(rf"(?<![a-z])({DOMAIN_WORDS})s?(?![a-z])")  # in lower case
FILE_CALLS = {"open", "read_text", "write_text", "read_bytes", "write_bytes"}
PUBLIC_MODULES = {
    "ccdas_framework.config", "ccdas_framework.config.keys", "ccdas_framework.grids",
    "ccdas_framework.plots", "ccdas_framework.testing",
}  # fmt: skip
CORE_MUST_NOT_IMPORT = {"concurrent.futures.thread", "logging", "csv", "tomllib", "json"}


def modules(folder):
    """Those of a folder; the templates of the scaffolder are packages of their own."""
    return sorted(p for p in folder.rglob("*.py") if "templates" not in p.parts)


def imports(path):
    """Absolute names of everything a module imports, also inside functions."""
    package = ["ccdas_framework", *path.relative_to(ROOT).parent.parts]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            if stem == "ccdas_framework":
                yield from (f"{stem}.{alias.name}" for alias in node.names)
            else:
                yield stem


@pytest.mark.parametrize("folder", LOWER_FOLDERS)
def test_imports_point_inward(folder):
    path = ROOT / folder
    files = modules(path) if path.is_dir() else [path.with_suffix(".py")]
    wrong = []
    for path in files:
        for name in imports(path):
            if not name.startswith("ccdas_framework"):
                continue
            target = name.split(".")[1] if "." in name else ""
            if target != folder and target not in LOWER_FOLDERS[folder]:
                wrong.append(f"{path.relative_to(ROOT)} imports {name}")
    assert not wrong, wrong


@pytest.mark.parametrize("folder", [n for n in LOWER_FOLDERS if (ROOT / n).is_dir()])
def test_no_module_of_a_folder_imports_another_in_a_circle(folder):
    """Imports under TYPE_CHECKING and inside functions count."""
    paths = [path for path in modules(ROOT / folder) if path.name != "__init__.py"]
    files = {module_name(path): path for path in paths}
    graph = {
        module: {name for name in imports(path) if name in files and name != module}
        for module, path in files.items()
    }
    graphlib.TopologicalSorter(graph).prepare()  # raises CycleError


def module_name(path):
    return ".".join(path.relative_to(ROOT.parent).with_suffix("").parts)


def test_every_part_of_the_framework_belongs_to_a_layer():
    parts = {
        path.stem for path in ROOT.iterdir()
        if path.suffix == ".py" or (path.is_dir() and (path / "__init__.py").exists())
    }  # fmt: skip
    assert parts - {"__init__"} == set(LOWER_FOLDERS)


def test_the_core_imports_only_numpy_attrs_and_pluggy():
    wrong = [
        f"{path.name} imports {name}"
        for path in modules(ROOT / "core")
        for name in imports(path)
        if not name.startswith("ccdas_framework")
        and (name.split(".")[0] not in CORE_MAY_IMPORT or name in CORE_MUST_NOT_IMPORT)
        and (path.name, name) != ("ensemble.py", "xarray")  # `to_xarray` alone, where it is called
    ]
    assert not wrong, wrong


def test_grids_imports_only_numpy():
    wrong = [
        f"{path.name} imports {name}"
        for path in modules(ROOT / "grids")
        for name in imports(path)
        if not name.startswith("ccdas_framework")
        and name.split(".")[0] not in ("numpy", *sys.stdlib_module_names)
    ]
    assert not wrong, wrong


def test_the_core_has_no_domain_word():
    wrong = [
        f"{path.name}:{number}: {line.strip()}"
        for path in modules(ROOT / "core")
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if DOMAIN.search(line.lower())
    ]
    assert not wrong, wrong


@pytest.mark.parametrize("text", ["gpp", "soil_moisture", "co2_ppm", "PFTs", "the soils", "LAI2"])
def test_domain_words_are_known_in_names_and_plurals(text):
    assert DOMAIN.search(text.lower())


@pytest.mark.parametrize("text", ["split", "soiled_", "plain", "laid", "avoid"])
def test_domain_words_are_no_parts_of_others(text):
    assert not DOMAIN.search(text.lower())


def told_or_opened(text):
    """Lines of a module that print, or read or write a file."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Call):
            called = node.func
            plain = isinstance(called, ast.Name) and called.id in ("print", "open")
            if plain or (isinstance(called, ast.Attribute) and called.attr in FILE_CALLS):
                yield node.lineno


@pytest.mark.parametrize("folder", ["core", "grids"])
def test_the_lowest_layer_neither_prints_nor_opens_files(folder):
    wrong = [
        f"{path.name}:{line}"
        for path in modules(ROOT / folder)
        for line in told_or_opened(path.read_text())
    ]
    assert not wrong, wrong


def test_every_way_to_a_file_is_seen():
    ways = ("open(p)", "p.open()", "p.read_text()", "p.write_text('')", "io.open(p)", "print()")
    assert all(list(told_or_opened(way)) == [1] for way in ways)


def test_models_and_operators_name_no_engine():
    wrong = [
        f"{path.relative_to(PLUGINS)} imports {name}"
        for path in modules(PLUGINS)
        # methods and engines are neither
        if not {"tests", "scripts", "methods", "engine_native"} & set(path.parts)
        for name in _plain_imports(path)
        if name.split(".")[0] in ("jax", "autograd")
    ]
    assert not wrong, wrong


def test_no_module_hides_a_public_function_of_its_name():
    """Importing `ccdas_framework.X` sets the attribute X of the package to the module."""
    public = {
        name
        for name in ccdas_framework.__all__
        if not inspect.ismodule(getattr(ccdas_framework, name))
    }
    files = {path.name.removesuffix(".py") for path in ROOT.iterdir()}
    assert not public & files


def test_plugins_import_public_names_only():
    wrong = [
        f"{path.relative_to(PLUGINS)} imports {name}"
        for path in modules(PLUGINS)
        if "tests" not in path.parts and "scripts" not in path.parts
        for name in _plain_imports(path)
        if name.startswith("ccdas_framework.") and name not in PUBLIC_MODULES
    ]
    assert not wrong, wrong


def test_plugins_import_public_names_of_other_plugins_only():
    packages = {path.parent.name for path in PLUGINS.glob("*/ccdas_*/__init__.py")}
    wrong = [
        f"{path.relative_to(PLUGINS)} imports {name}"
        for path in modules(PLUGINS)
        if "tests" not in path.parts and "scripts" not in path.parts
        for name in _plain_imports(path)
        if name.partition(".")[0] in packages
        and "." in name
        and name.partition(".")[0] not in path.parts
    ]
    assert not wrong, wrong


def _plain_imports(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield str(node.module)


# module names that may occur twice
SHARED_NAMES = {
    "engines", "optimisers", "priors",  # modules of `testing` bear the name of what they check
    "experiment",  # the class that gives its package the name
}  # fmt: skip


def test_a_module_name_stands_for_one_module():
    """Commands bear the names of what they run, so cli/ is left out."""
    names = Counter(
        path.parent.name if path.name == "__init__.py" else path.stem
        for path in modules(ROOT)
        if path.relative_to(ROOT).parts[0] != "cli"
    )
    assert {name for name, count in names.items() if count > 1} == SHARED_NAMES


MOST_VAGUE = 0.015  # share of the names that a package binds


@pytest.mark.parametrize("folder", house_metrics.package_folders(ROOT.parent), ids=lambda p: p.name)
def test_names_are_not_vague(folder):
    """`scripts/house_metrics.py` has the list of vague words and the rule."""
    names = list(house_metrics.bound_names(house_metrics.modules(folder)))
    vague = Counter(name for name, role in names if house_metrics.is_vague(name, role))
    assert vague.total() <= MOST_VAGUE * len(names), vague
