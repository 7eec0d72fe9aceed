"""Examples of the pages run: Python as it stands, tables as configuration, commands as calls."""

import inspect
import re
import shlex
import subprocess
import sys
import tomllib
from functools import partial
from pathlib import Path

import pytest
import typer

import ccdas_framework
from ccdas_framework import testing
from ccdas_framework.cli.app import app
from ccdas_framework.cli.plugin_commands import add_commands
from ccdas_framework.compare.design_file import read_design
from ccdas_framework.compare.study_file import read_study
from ccdas_framework.config import Config
from ccdas_framework.core.errors import Findings
from ccdas_framework.experiment import Experiment, load_experiment, shipped_experiments
from ccdas_framework.installed import registry
from ccdas_framework.registry.loading import plugin_modules
from ccdas_framework.scaffold import KINDS

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
TEMPLATE = KINDS["observation-operator"].template
SAMPLE = "lai_vod"  # of the template; what the tutorial is about
TOOLS = {"make", "pip", "python", "git", "cd", "export", "source", "mkdir"}  # not ours to try
SMALL = {"grid.cells": 3, "time.days": 31, "compute.blocks": 1, "compute.workers": 1}


def named(page):
    return str(page.relative_to(ROOT))


def blocks(page, *languages):
    """(title, code) of the fenced blocks of a page in these languages."""
    text = page.read_text(encoding="utf-8")
    found = re.findall(r"^```(\w*)([^\n]*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    for language, info, code in found:
        if language in languages:
            title = re.search(r'title="([^"]+)"', info)
            yield title[1] if title else "", code


def pages_with(*languages):
    return [page for page in PAGES if any(True for _ in blocks(page, *languages))]


# -- Python ---------------------------------------------------------------------------------------


@pytest.fixture
def small_runs(monkeypatch, tmp_path):
    """Experiments are loaded for real, as a small demonstration; running one is not done here."""

    def load(name_or_path="demo", *args, **kwargs):
        known = str(name_or_path) in shipped_experiments() or (ROOT / name_or_path).is_file()
        assert known, f"there is no experiment {name_or_path}"
        given = inspect.signature(load_experiment).bind(name_or_path, *args, **kwargs).arguments
        settings = {**given.pop("settings", {}), **SMALL}
        return load_experiment(**{**given, "name_or_path": "demo", "settings": settings})

    def run(self, *args, **kwargs):
        inspect.signature(Experiment.run).bind(self, *args, **kwargs)

    monkeypatch.setattr(ccdas_framework, "load_experiment", load)
    monkeypatch.setattr(Experiment, "run", run)
    monkeypatch.chdir(tmp_path)
    return {"load_experiment": load, "executor": None}


# what a page takes for granted, and pages whose examples need the results of a run
GIVEN = {"docs/engines.md": "run by test_docs"}
AFTER_A_RUN = ("runs/small", "result.diagnosis", "design_study(", "demo.nc")


@pytest.mark.parametrize("page", pages_with("python"), ids=named)
def test_python_on_a_page_runs_from_top_to_bottom(page, small_runs, monkeypatch):
    if named(page) in GIVEN:
        pytest.skip(GIVEN[named(page)])
    monkeypatch.syspath_prepend(str(TEMPLATE))
    names = dict(small_runs)
    for title, code in blocks(page, "python"):
        if not title and not any(mark in code for mark in AFTER_A_RUN):
            exec(compile(code, named(page), "exec"), names)  # the page's own code


@pytest.mark.science
def test_the_results_of_getting_started_are_read_as_the_page_says(tmp_path, monkeypatch):
    page = DOCS / "getting-started.md"
    monkeypatch.chdir(tmp_path)
    calls = [words for _, code in blocks(page, "sh") for words in calls_of(code)]
    first = next(
        words for words in calls if words[:2] == ["ccdas", "run"] and "runs/small" in words
    )
    done = subprocess.run([sys.executable, "-m", "ccdas_framework.cli", *first[1:]])
    assert done.returncode == 0
    names = {}
    for _, code in blocks(page, "python"):
        if "runs/small/" in code:
            exec(compile(code, named(page), "exec"), names)
    assert names["result"].attrs["status"]


def test_the_files_of_your_own_data_make_an_experiment(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = DOCS / "own-data.md"
    (write,) = [code for _, code in blocks(page, "python")]
    exec(compile(write, named(page), "exec"), {})
    (table,) = [code for title, code in blocks(page, "toml") if title == "towers.toml"]
    Path("towers.toml").write_text(table)
    experiment = load_experiment("towers.toml", engine="autograd")
    assert experiment.forcing.domain.grid.cells == 3
    assert len(experiment.observations["sm"]) == 72


@pytest.mark.science
def test_the_diagnosis_of_a_run_is_as_the_page_says(tmp_path, monkeypatch):
    def load(*args, **kwargs):
        return load_experiment(*args, **kwargs, settings=SMALL)

    monkeypatch.setattr(ccdas_framework, "load_experiment", load)
    monkeypatch.chdir(tmp_path)
    (code,) = [code for _, code in blocks(DOCS / "diagnostics.md", "python")]
    exec(compile(code, "diagnostics.md", "exec"), {})


@pytest.mark.science
def test_designs_are_compared_as_the_page_says(monkeypatch):
    from ccdas_framework.compare import design

    small = partial(design.design_study, settings={"grid.cells": 40, "time.days": 31})
    monkeypatch.setattr(design, "design_study", small)
    monkeypatch.chdir(ROOT)
    (code,) = [code for _, code in blocks(DOCS / "network-design.md", "python")]
    exec(compile(code, "network-design.md", "exec"), {})


def test_the_tutorial_shows_the_template_as_it_is():
    shown = dict(b for b in blocks(DOCS / "authors/tutorial.md", "python", "toml") if b[0])
    shown.pop("experiment.toml")
    assert set(shown) == {
        "pyproject.toml", f"ccdas_obs_{SAMPLE}/__init__.py", f"ccdas_obs_{SAMPLE}/{SAMPLE}.py",
        f"tests/test_{SAMPLE}.py",
    }  # fmt: skip
    for path, code in shown.items():
        assert code == (TEMPLATE / path).read_text(encoding="utf-8"), path


# -- configuration --------------------------------------------------------------------------------


@pytest.mark.parametrize("page", pages_with("toml"), ids=named)
def test_tables_on_a_page_are_a_configuration(page, tmp_path):
    for title, code in blocks(page, "toml"):
        if title == "pyproject.toml" or "[project" in code:
            continue
        table = tomllib.loads(code)
        if "designs" in table:
            (tmp_path / "design.toml").write_text(code, encoding="utf-8")
            findings = Findings()
            read_design(tmp_path / "design.toml", findings)
            assert not findings, code
            continue
        if "cases" in table:
            (tmp_path / "study.toml").write_text(code, encoding="utf-8")
            findings = Findings()
            read_study(tmp_path / "study.toml", findings)
            assert not findings, code
            continue
        if all("." in key for key in table):  # values of parameters by full name
            assert all(isinstance(value, float) for value in table.values())
            continue
        config = Config.from_dict(table, title or page.name)
        for stream, section in config.streams.items():
            kind = section.operator or stream
            if kind == SAMPLE:
                continue
            cls = registry().component("observation_operators", kind)
            assert set(section.settings) <= {f.alias for f in cls.__attrs_attrs__ if f.init}, code


# -- commands -------------------------------------------------------------------------------------


def calls_of(code):
    """The calls of a block of shell, each as words, without comments and redirections."""
    for line in code.replace("\\\n", " ").splitlines():
        words = shlex.split(line.split(" > ")[0], comments=True)
        if words:
            yield words


def all_calls():
    for page in pages_with("sh"):
        for _, code in blocks(page, "sh"):
            for words in calls_of(code):
                yield pytest.param(words, id=f"{named(page)}: {' '.join(words)[:60]}")


@pytest.mark.parametrize("words", list(all_calls()))
def test_a_command_on_a_page_can_be_given(words):
    if words[0] in TOOLS:
        return
    assert words[0] == "ccdas", f"{words[0]} is no command the pages should show"
    add_commands(plugin_modules())  # adds nothing where they have been added
    group = typer.main.get_command(app)
    rest = words[1:]
    command = group
    while hasattr(command, "commands"):
        assert rest and rest[0] in command.commands, f"no command {' '.join(words)}"
        command, rest = command.commands[rest[0]], rest[1:]
    if "--help" not in rest:
        command.make_context(words[1], list(rest))  # an unknown option ends in an exception


# -- reference ------------------------------------------------------------------------------------


def test_every_public_name_is_in_the_reference_and_has_a_docstring():
    pages = "\n".join(p.read_text(encoding="utf-8") for p in (DOCS / "reference").glob("*.md"))
    entries = re.findall(r"^::: (\S+)$", pages, re.MULTILINE)
    for module in (ccdas_framework, testing):
        for name in module.__all__:
            assert entries.count(f"{module.__name__}.{name}") == 1, name
            value = getattr(module, name)
            if inspect.isclass(value) or inspect.isfunction(value):
                assert len(inspect.getdoc(value) or "") > 5, f"{name} has no docstring"


@pytest.mark.parametrize(
    "name", ["ProcessModel", "ObservationOperator", "Prior", "Optimiser", "Engine"]
)
def test_every_member_of_an_interface_is_documented(name):
    interface = getattr(ccdas_framework, name)
    for key in {**interface.__annotations__, **vars(interface)}:
        if not key.startswith("_"):
            method = inspect.isfunction(vars(interface).get(key))
            text = inspect.getdoc(vars(interface)[key]) if method else inspect.getdoc(interface)
            assert text and (method or f"{key}: " in text), f"{name}.{key}"
