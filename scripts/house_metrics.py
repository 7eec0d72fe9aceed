"""Figures of the code's shape: size, import circles, names, sentences, tests.

    python scripts/house_metrics.py            # this checkout
    python scripts/house_metrics.py ROOT       # another checkout, of an older commit too
    python scripts/house_metrics.py --json

Standard library only. Each figure is printed with its rule, so that two commits are measured alike.
Only the path of a parameter needs the packages. It runs a small experiment with
ROOT/.venv/bin/python or the interpreter of --python, and is left out with --static.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import statistics
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

VAGUE = {
    "found", "told", "given", "asked", "kept", "known", "made", "seen", "said", "wanted", "here",
    "there", "own", "ats", "along", "every", "moved", "answer", "answers", "sent", "way", "whole",
    "rest",
}  # fmt: skip
LONG_FUNCTION = 60  # lines
LONG_CORE_FILE = 250  # lines
FRAMEWORK = "ccdas_framework"
TRACE = Path(__file__).with_name("parameter_trace.py")
WORDS = re.compile(r"[a-z]+|[A-Z][a-z]*|[A-Z]+(?![a-z])")
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("root", nargs="?", type=Path, default=Path(__file__).parents[1])
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument("--static", action="store_true", help="without the path of a parameter")
    parser.add_argument("--python", type=Path, help="interpreter that has the checkout's packages")
    arguments = parser.parse_args()
    root = arguments.root.resolve()
    figures = static_figures(root)
    if not arguments.static:
        python = arguments.python or root / ".venv" / "bin" / "python"
        figures["parameter path"] = parameter_path(root, python)
    print(json.dumps(figures, indent=2) if arguments.json else text(figures))


def static_figures(root: Path) -> dict[str, Any]:
    """Every figure that needs no installed package, by title."""
    packages = {folder.name: modules(folder) for folder in package_folders(root)}
    framework = packages[FRAMEWORK]
    return {
        "lines": lines(root / FRAMEWORK, framework),
        "import circles": circles(packages),
        "vague names": vague_names(packages),
        "semicolons": semicolons(root),
        "assertions on wording": wording(root),
        "ambiguous modules": ambiguous(root / FRAMEWORK, framework),
        "functions": functions(root / FRAMEWORK, framework),
    }


# -- files ----------------------------------------------------------------------------------


def package_folders(root: Path) -> list[Path]:
    """Folders of the Python packages: the framework and that of each plugin."""
    plugins = sorted((root / "plugins").glob("*/*/__init__.py"))
    names = [path.parent for path in plugins if path.parent.name.startswith("ccdas_")]
    return [root / FRAMEWORK, *names]


def modules(folder: Path) -> dict[Path, ast.Module]:
    """Parsed modules of a package, without the scaffolder's templates."""
    paths = sorted(p for p in folder.rglob("*.py") if "templates" not in p.parts)
    return {path: ast.parse(path.read_text(encoding="utf-8")) for path in paths}


def length(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def lines(folder: Path, framework: dict[Path, ast.Module]) -> dict[str, Any]:
    """Lines of Python of the framework."""
    counted = {p: length(p) for p in framework if p.relative_to(folder).parts[0] != "inputs"}
    by_folder: Counter[str] = Counter()
    for path in framework:
        parts = path.relative_to(folder).parts
        by_folder[f"{parts[0]}/" if len(parts) > 1 else "(top)"] += length(path)
    core = {p: n for p, n in counted.items() if p.relative_to(folder).parts[0] == "core"}
    sizes = [n for path, n in counted.items() if path.name != "__init__.py"]

    def largest(files: dict[Path, int]) -> str:
        path = max(files, key=lambda p: files[p])
        return f"{path.relative_to(folder).as_posix()} ({files[path]})"

    return {
        "rule": "lines of .py files, comments and blank lines included, of the framework without "
        "scaffold/templates; 'framework' and the files below it also without inputs/ (recipes); "
        "the median is that of files other than __init__.py",
        "framework": sum(counted.values()),
        "core": sum(core.values()),
        f"core files over {LONG_CORE_FILE}": sum(n > LONG_CORE_FILE for n in core.values()),
        "largest file": largest(counted),
        "largest core file": largest(core),
        "median file": statistics.median(sizes),
        "files": len(counted),
        "by folder": dict(sorted(by_folder.items())),
    }


# -- imports --------------------------------------------------------------------------------


def circles(packages: dict[str, dict[Path, ast.Module]]) -> dict[str, Any]:
    """Groups of files that import each other, by package."""
    groups = {name: strong_components(import_graph(files)) for name, files in packages.items()}
    return {
        "rule": "groups of files of one package of which each imports each other one, directly or "
        "through the group; imports under TYPE_CHECKING and inside functions count",
        "groups": sum(len(g) for g in groups.values()),
        "files in them": sum(len(files) for g in groups.values() for files in g),
        **{name: [" ".join(files) for files in group] for name, group in groups.items() if group},
    }


def import_graph(files: dict[Path, ast.Module]) -> dict[str, set[str]]:
    """For each file of a package, the files of the package that it imports."""
    folder = min(files, key=lambda p: len(p.parts)).parent
    modules_by_name = {dotted(path, folder): path.relative_to(folder).as_posix() for path in files}
    graph: dict[str, set[str]] = {}
    for path, tree in files.items():
        name = path.relative_to(folder).as_posix()
        targets = {
            modules_by_name.get(module) for module in imported(path, tree, folder, modules_by_name)
        }
        graph[name] = {target for target in targets if target not in (None, name)}  # type: ignore
    return graph


def dotted(path: Path, folder: Path) -> str:
    parts = [folder.name, *path.relative_to(folder).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path: Path, tree: ast.Module, folder: Path, names: dict[str, str]) -> Iterator[str]:
    """Dotted modules that a module imports, relative imports resolved."""
    package = [folder.name, *path.relative_to(folder).parent.parts]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                inside = f"{stem}.{alias.name}"
                yield inside if inside in names else stem


def strong_components(graph: dict[str, set[str]]) -> list[list[str]]:
    """Groups of two nodes and more that reach each other."""
    reach = {node: reachable(node, graph) for node in graph}
    groups = {
        tuple(sorted(other for other in reach[node] if node in reach[other])) for node in graph
    }
    return sorted((list(g) for g in groups if len(g) > 1), key=lambda g: (-len(g), g))


def reachable(start: str, graph: dict[str, set[str]]) -> set[str]:
    nodes, stack = set(), list(graph[start])
    while stack:
        node = stack.pop()
        if node not in nodes:
            nodes.add(node)
            stack += graph[node]
    return nodes


# -- names ----------------------------------------------------------------------------------


def vague_names(packages: dict[str, dict[Path, ast.Module]]) -> dict[str, Any]:
    """Share of vague words among the names that a package binds."""
    by_package = {name: Counter(bound_names(files)) for name, files in packages.items()}
    share = {}
    for name, names in by_package.items():
        vague = sum(n for identifier, n in names.items() if is_vague(*identifier))
        share[name] = f"{100 * vague / names.total():.2f} % ({vague} of {names.total()})"
    words = Counter(
        word
        for (identifier, role), n in by_package[FRAMEWORK].items()
        if is_vague(identifier, role)
        for word in sorted(vague_words(identifier, role))
        for _ in range(n)
    )
    framework = by_package[FRAMEWORK]
    return {
        "rule": "of all names bound by def, class, an argument or an assignment (loops and 'with' "
        "too; each binding counts once), those of which a part between underscores or capitals is "
        f"one of: {' '.join(sorted(VAGUE))}; 'at' counts as a whole name, outside arguments and "
        "annotated fields",
        "share (%)": round(
            100 * sum(n for k, n in framework.items() if is_vague(*k)) / framework.total(), 2
        ),
        **share,
        "most frequent in the framework": " ".join(f"{w}:{n}" for w, n in words.most_common(12)),
    }


def bound_names(files: dict[Path, ast.Module]) -> Iterator[tuple[str, str]]:
    """(name, role) of every binding; the role is def, argument, field or variable."""
    for tree in files.values():
        fields = {
            id(statement.target)
            for node in ast.walk(tree)
            if isinstance(node, ast.ClassDef)
            for statement in node.body
            if isinstance(statement, ast.AnnAssign)
        }
        for node in ast.walk(tree):
            if isinstance(node, DEFINITIONS):
                yield node.name, "def"
            elif isinstance(node, ast.arg):
                yield node.arg, "argument"
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id, "field" if id(node) in fields else "variable"


def vague_words(identifier: str, role: str) -> set[str]:
    words = {word.lower() for word in WORDS.findall(identifier)} & VAGUE
    if identifier.strip("_") == "at" and role not in ("argument", "field"):
        words.add("at")
    return words


def is_vague(identifier: str, role: str) -> bool:
    return bool(vague_words(identifier, role))


def ambiguous(folder: Path, framework: dict[Path, ast.Module]) -> dict[str, Any]:
    """Module and folder names that occur in two folders of the framework."""
    places: dict[str, list[str]] = defaultdict(list)
    for path in framework:
        place = path.relative_to(folder)
        if place.parts[0] == "cli" and len(place.parts) > 1:
            continue
        if path.name == "__init__.py":
            place = place.parent
        if place.name:
            places[place.stem.lstrip("_")].append(place.as_posix())
    twice = {name: p for name, p in sorted(places.items()) if len(p) > 1}
    return {
        "rule": "names of modules and folders that occur twice in the framework, apart from cli/X "
        "and __init__.py",
        "names": len(twice),
        **{name: " ".join(p) for name, p in twice.items()},
    }


# -- functions ------------------------------------------------------------------------------


def functions(folder: Path, framework: dict[Path, ast.Module]) -> dict[str, Any]:
    """Lengths of functions, imports inside them, and collected problems in signatures."""
    sizes, inner, collecting = {}, 0, 0
    for path, tree in framework.items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            name = f"{path.relative_to(folder).as_posix()}:{node.name}"
            sizes[name] = (node.end_lineno or node.lineno) - node.lineno + 1
            inner += sum(isinstance(s, ast.Import | ast.ImportFrom) for s in ast.walk(node))
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            collecting += any(
                a.arg == "problems" and a.annotation and "str" in ast.unparse(a.annotation)
                for a in arguments
            )
    long = {name: n for name, n in sorted(sizes.items(), key=lambda s: -s[1]) if n > LONG_FUNCTION}
    ordered = sorted(sizes.values())
    return {
        "rule": f"functions of the framework by lines with decorators left out; long: over "
        f"{LONG_FUNCTION}; signatures with an argument problems: list[str]; import statements "
        "inside functions",
        "functions": len(sizes),
        "lines of the 95th percentile": ordered[int(0.95 * len(ordered))],
        f"over {LONG_FUNCTION} lines": len(long),
        "longest": [f"{name} ({n})" for name, n in long.items()],
        "signatures with problems: list[str]": collecting,
        "imports inside functions": inner,
    }


# -- sentences ------------------------------------------------------------------------------


def semicolons(root: Path) -> dict[str, Any]:
    """Semicolons for 100 sentences of the documentation."""
    pages = [root / "README.md", *(root / "docs").rglob("*.md"), *(root / "plugins").rglob("*.md")]
    pages += [path for path in sorted(root.glob("*.md")) if path.name != "README.md"]
    counts = {
        page.relative_to(root).as_posix(): sentences_and_semicolons(page.read_text("utf-8"))
        for page in pages
        if ".venv" not in page.parts
    }
    sentences = sum(s for s, _ in counts.values())
    marks = sum(m for _, m in counts.values())
    worst = sorted(counts.items(), key=lambda c: -c[1][1])[:10]
    return {
        "rule": "semicolons for 100 sentences of the .md files of the top folder, docs/ and "
        "plugins/, without code, mathematics, headings and tables; a sentence ends with . ! or ? "
        "before white space",
        "per 100 sentences": round(100 * marks / sentences, 1),
        "semicolons": marks,
        "sentences": sentences,
        "most": [f"{page}: {m} in {s}" for page, (s, m) in worst if m],
    }


def sentences_and_semicolons(markdown: str) -> tuple[int, int]:
    prose = re.sub(r"^```.*?^```", "", markdown, flags=re.MULTILINE | re.DOTALL)
    prose = "\n".join(s for s in prose.splitlines() if not s.startswith(("|", "#")))
    prose = re.sub(r"`[^`]*`|\$[^$]*\$", "x", prose)
    return len(re.findall(r"[.!?](?=[\s)*_\"”]|$)", prose)), prose.count(";")


# -- tests ----------------------------------------------------------------------------------


def wording(root: Path) -> dict[str, Any]:
    """Assertions of the tests that pin a wording."""
    tests = sorted(p for p in (root / "tests").rglob("*.py"))
    tests += sorted(p for p in (root / "plugins").glob("*/tests/**/*.py"))
    kinds: Counter[str] = Counter()
    by_file: Counter[str] = Counter()
    cases = 0
    for path in tests:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for kind in pinned(tree):
            kinds[kind] += 1
            by_file[path.relative_to(root).as_posix()] += 1
        functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
        cases += sum(f.name.startswith("test") and any(pinned(f)) for f in functions)
    return {
        "rule": "in tests/ and plugins/*/tests: match= of a call, and in assert "
        "statements a literal of several words that is tested with in, not in, startswith or "
        "endswith, or a literal of four words and more that is tested with ==",
        "assertions": kinds.total(),
        "tests with one": cases,
        **dict(kinds),
        "most": [f"{path}: {n}" for path, n in by_file.most_common(10)],
    }


def pinned(tree: ast.AST) -> Iterator[str]:
    """Kind of each assertion on wording."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            if any(keyword.arg == "match" for keyword in node.keywords):
                yield "match="
        elif isinstance(node, ast.Assert):
            yield from filter(None, map(pinned_by, ast.walk(node.test)))


def pinned_by(node: ast.AST) -> str | None:
    if isinstance(node, ast.Compare):
        if isinstance(node.ops[0], ast.In | ast.NotIn) and words(node.left) > 1:
            return "literal in text"
        if isinstance(node.ops[0], ast.Eq) and max(map(words, [node.left, *node.comparators])) > 3:
            return "text == literal"
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        starts = node.func.attr in ("startswith", "endswith")
        if starts and node.args and words(node.args[0]) > 1:
            return "startswith or endswith"
    return None


def words(node: ast.AST) -> int:
    """Words of a text literal, 0 for anything else."""
    if isinstance(node, ast.JoinedStr):
        return sum(words(part) for part in node.values)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return len(node.value.split())
    return 0


# -- path of a parameter --------------------------------------------------------------------


def parameter_path(root: Path, python: Path) -> dict[str, Any]:
    """Files that a parameter of the configuration passes on its way to the cost."""
    rule = (
        "files with a function that holds the name or the value of bethy.V_m[4] when it returns, "
        "as a variable or result, or up to two levels deep in a mapping, sequence, array or attrs "
        "object, while a small demo whose TOML sets its prior mean is loaded, built and its cost "
        "evaluated once"
    )
    if not python.exists():
        return {"rule": rule, "files": f"not measured: there is no {python} (give --python)"}
    run = subprocess.run(
        [str(python), str(TRACE), str(root)], capture_output=True, text=True, cwd=root
    )
    if run.returncode:
        return {"rule": rule, "files": f"not measured: {run.stderr.strip().splitlines()[-1]}"}
    files = json.loads(run.stdout.splitlines()[-1])
    framework = [f for f in files if f.startswith(FRAMEWORK)]
    packages = [f for f in files if not f.startswith(FRAMEWORK)]
    return {
        "rule": rule,
        "files": len(files),
        "of the framework": len(framework),
        "of plugins": len(packages),
        "framework files": framework,
        "plugin files": packages,
    }


# -- output ---------------------------------------------------------------------------------


def text(figures: dict[str, Any]) -> str:
    """Tables for the terminal, each under its rule."""
    blocks = []
    for title, table in figures.items():
        rows = [title.upper(), f"  rule: {table['rule']}"]
        for name, value in table.items():
            if name == "rule":
                continue
            if isinstance(value, dict):
                rows.append(f"  {name}")
                rows += [f"    {key:<34}{n}" for key, n in value.items()]
            elif isinstance(value, list):
                rows.append(f"  {name}")
                rows += [f"    {line}" for line in value]
            else:
                rows.append(f"  {name:<36}{value}")
        blocks.append("\n".join(rows))
    return "\n\n".join(blocks)


if __name__ == "__main__":
    sys.exit(main())
