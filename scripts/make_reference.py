"""Make docs/reference/*.md from the docstrings of all that a package may import.

python scripts/make_reference.py            # write the pages
python scripts/make_reference.py --check    # only say whether they are up to date
"""

import argparse
import inspect
import re
import sys
from pathlib import Path

import attrs

import ccdas_framework
from ccdas_framework import grids, testing
from ccdas_framework.registry import hookspecs

FOLDER = Path(__file__).parents[1] / "docs" / "reference"
MADE = "Made by `python scripts/make_reference.py` from the code; do not edit.\n"
INTERFACES = ("ProcessModel", "ObservationOperator", "Prior", "Optimiser", "Engine")
RECORDS = (
    "Variable", "Parameter", "Observations", "Stream", "Grid", "Domain", "Forcing", "Covariance",
    "Diagonal", "Dense", "Places", "ObservationRecord", "Prepared", "MinimisationRecord",
)  # fmt: skip
OBJECTS = {
    "hookimpl": "Marks a function of a module as one that implements a [hook](hooks.md).",
    "EARTH_RADIUS": "Mean radius of the Earth (m), 6.371e6; Moritz (2000), J. Geod. 74, 128-133.",
    "INTERFACE_VERSION": "Version of the interface: the first two numbers of `__version__`.",
}  # fmt: skip
ELSEWHERE = ("Args", "Attributes", "Returns", "Raises", "Source", "Keyword Args")


def pages():
    """Text of each page by name."""
    rest = [n for n in ccdas_framework.__all__ if n not in INTERFACES + RECORDS]
    functions = [n for n in rest if inspect.isfunction(getattr(ccdas_framework, n))]
    others = [n for n in rest if n not in functions]
    from_core = "from ccdas_framework import NAME"
    made = {
        "interfaces": page(
            "The five nouns", f"What a package supplies; `{from_core}`.", ccdas_framework,
            INTERFACES,
        ),
        "records": page(
            "Records", f"What travels between components; `{from_core}`.", ccdas_framework, RECORDS
        ),
        "functions": page(
            "Functions and errors", f"Helpers of components; `{from_core}`.", ccdas_framework,
            [*functions, *others],
        ),
        "hooks": page(
            "Hooks", "Functions of a package's module, marked with `@hookimpl`.", hookspecs,
            [n for n, v in vars(hookspecs).items() if is_hook(v)],
        ),
        "grids": page(
            "Grids",
            "Latitude-longitude grids as plain arrays; `from ccdas_framework.grids import NAME`.",
            grids, grids.__all__,
        ),
        "testing": page(
            "Conformance", "`from ccdas_framework.testing import NAME`.", testing, testing.__all__
        ),
    }  # fmt: skip
    listed = "\n".join(
        f"- [{text.splitlines()[0].lstrip('# ')}]({name}.md)" for name, text in made.items()
    )
    head = (
        "# Reference\n\n"
        + MADE
        + "\nAll that a package may import, and the hooks it may implement.\n"
    )
    return {"index": f"{head}\n{listed}\n", **made}


def is_hook(value):
    """Whether it is a specification of a hook."""
    return inspect.isfunction(value) and value.__module__ == hookspecs.__name__


def page(title, intro, module, names):
    """A page with an entry for each name."""
    entries = [entry(name, getattr(module, name)) for name in names]
    text = "\n".join([f"# {title}\n", MADE, f"{intro}\n", *entries])
    return re.sub(r"\n{3,}", "\n\n", text)


def entry(name, value):
    """Heading, signature, docstring and public members of one name."""
    if inspect.isclass(value):
        return of_class(name, value)
    if inspect.isfunction(value):
        return f"## `{name}`\n\n{signature(name, value)}{told(inspect.getdoc(value))}"
    return f"## `{name}`\n\n{OBJECTS.get(name) or f'`{value!r}`'}\n"


def of_class(name, cls):
    parts = [f"## `{name}`\n"]
    if attrs.has(cls):
        fields = [f for f in attrs.fields(cls) if f.init]
        written = ", ".join(
            f.alias if f.default is attrs.NOTHING else f"{f.alias}={default(f.default)}"
            for f in fields
        )
        parts.append(f"```text\n{name}({written})\n```\n")
    parts.append(told(inspect.getdoc(cls)))
    for member, value in vars(cls).items():
        function = value.__func__ if isinstance(value, (classmethod, staticmethod)) else value
        if member.startswith("_") or not (
            inspect.isfunction(function) or isinstance(function, property)
        ):
            continue
        text = inspect.getdoc(function.fget if isinstance(function, property) else function)
        if text is None:
            continue
        parts.append(f"### `{name}.{member}`\n")
        if not isinstance(function, property):
            parts.append(signature(member, function))
        parts.append(told(text))
    return "\n".join(parts)


def signature(name, function):
    """`name(arguments)` without annotations, as a call would be written."""
    written = []
    star = False
    for p in inspect.signature(function).parameters.values():
        if p.kind is p.KEYWORD_ONLY and not star:
            written.append("*")
            star = True
        text = {p.VAR_POSITIONAL: f"*{p.name}", p.VAR_KEYWORD: f"**{p.name}"}.get(p.kind, p.name)
        star = star or p.kind is p.VAR_POSITIONAL
        written.append(text if p.default is p.empty else f"{text}={default(p.default)}")
    inside = ", ".join(w for w in written if w not in ("self", "cls"))
    return f"```text\n{name}({inside})\n```\n\n"


def default(value):
    """A default as it is written in code."""
    if isinstance(value, attrs.Factory):
        return f"{getattr(value.factory, '__name__', 'made')}()"
    return re.sub(r" at 0x[0-9a-f]+", "", repr(value))


def told(text):
    """A docstring as Markdown: sections as lists, equations and examples as blocks."""
    out, section = [], ""
    for line in (text or "").splitlines():
        named = re.match(r"^([A-Z][a-z]+(?: Args)?):(.*)$", line)
        if named and named[1] in ELSEWHERE:
            section = named[1]
            out += [
                "",
                f"**{'Arguments' if section == 'Args' else section}.**{named[2]}",
                *([] if section == "Source" else [""]),
            ]
        elif section in ("Args", "Attributes", "Raises", "Keyword Args") and line.strip():
            item = re.match(r"^    (\S[^:]*): (.*)$", line)
            out.append(f"- `{item[1]}`: {item[2]}" if item else f"  {line.strip()}")
        elif section and line.strip():
            out.append(line.strip())
        else:
            out.append(line)
            section = section if line.strip() else ""
    return "\n".join(out).strip() + "\n"


def main():
    """Write the pages, or say which are out of date."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args().check
    FOLDER.mkdir(exist_ok=True)
    late = []
    for name, text in pages().items():
        path = FOLDER / f"{name}.md"
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            late.append(path.name)
            if not check:
                path.write_text(text, encoding="utf-8")
    print(f"{'out of date' if check else 'written'}: {', '.join(late) or 'none'}")
    sys.exit(1 if check and late else 0)


if __name__ == "__main__":
    main()
