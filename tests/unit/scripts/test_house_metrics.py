"""The ruler measures what its rules say."""

import ast
import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def metrics():
    path = ROOT / "scripts" / "house_metrics.py"
    spec = importlib.util.spec_from_file_location("house_metrics", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def parsed(folder, **texts):
    files = {folder / f"{name}.py": text for name, text in texts.items()}
    return {path: ast.parse(text) for path, text in sorted(files.items())}


def test_a_circle_through_a_type_checking_block_is_one(metrics, tmp_path):
    a = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from .b import x"
    files = parsed(
        tmp_path / "package", a=a, b="from . import c", c="from .a import y", d="import a"
    )
    graph = metrics.import_graph(files)
    assert metrics.strong_components(graph) == [["a.py", "b.py", "c.py"]]


def test_an_import_inside_a_function_is_one(metrics, tmp_path):
    files = parsed(tmp_path, a="def f():\n    from .b import g", b="from .a import f")
    assert metrics.strong_components(metrics.import_graph(files)) == [["a.py", "b.py"]]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("told = 1", 1),
        ("def with_answers(): ...", 1),
        ("class EveryStream: ...", 1),
        ("for at in x: ...", 1),
        ("def f(at, known): ...", 1),
        ("class S:\n    at: int", 0),
        ("owner, everything, stop, unknown = x", 0),
        ("print(told)", 0),
    ],
)
def test_vague_names(metrics, tmp_path, text, count):
    names = list(metrics.bound_names(parsed(tmp_path, a=text)))
    assert sum(metrics.is_vague(*name) for name in names) == count


def test_semicolons_of_code_and_tables_are_left_out(metrics):
    page = "# Head; line\n\nOne; two. Three `a; b`?\n\n| a; b |\n\n```sh\nx; y\n```\nEnd.\n"
    assert metrics.sentences_and_semicolons(page) == (3, 1)


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("raises(E, match='x')", ["match="]),
        ("assert 'no such key' in str(e)", ["literal in text"]),
        ("assert f'no {x} key' not in text", ["literal in text"]),
        ("assert text.startswith('no key')", ["startswith or endswith"]),
        ("assert text == 'there is no key'", ["text == literal"]),
        ("assert units == 'gC m-2 d-1'", []),
        ("assert finding.code == 'unknown-key'", []),
        ("assert 'time.days' in places", []),
    ],
)
def test_assertions_on_wording(metrics, text, kinds):
    assert list(metrics.pinned(ast.parse(text))) == kinds


def test_this_checkout_can_be_measured(metrics):
    figures = metrics.static_figures(ROOT)
    assert all(figure["rule"] for figure in figures.values())
    assert metrics.text(figures)
