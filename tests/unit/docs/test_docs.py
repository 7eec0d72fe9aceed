"""Documentation says what the code does: nothing undocumented, no dead link, examples that run."""

import importlib
import importlib.util
import inspect
import re
import tomllib
from pathlib import Path

import attrs
import numpy as np
import pytest
import typer
from test_architecture import LAYERS
from toy import toy_forcing, toy_observations

from ccdas_framework.cli.app import app
from ccdas_framework.cli.plugin_commands import add_commands
from ccdas_framework.config.documentation import documented_keys
from ccdas_framework.engines.autograd_engine import AutogradEngine
from ccdas_framework.experiment import load_experiment, shipped_experiments
from ccdas_framework.installed import registry
from ccdas_framework.outputs import diagnostics_dataset as diagnostics
from ccdas_framework.outputs import result_datasets as datasets
from ccdas_framework.outputs import sensitivity_dataset as sensitivities
from ccdas_framework.registry import hookspecs
from ccdas_framework.registry.loading import plugin_modules
from ccdas_framework.registry.plugin_registry import KINDS

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
SHIPPED = {
    "ccdas-framework",
    "ccdas-methods",
    "ccdas-models-bethy",
    "ccdas-models-dalec",
    "ccdas-models-pmodel",
    "ccdas-obs-co2",
    "ccdas-obs-fapar",
    "ccdas-obs-flux",
    "ccdas-obs-sif",
    "ccdas-obs-sm",
    "ccdas-obs-vod",
    "ccdas-readers",
    "ccdas-recipes",
    "ccdas-transport",
}


MODULES = [
    path.as_posix()
    for folder in ("ccdas_framework", "plugins", "scripts", "tests", "benchmarks")
    for path in (ROOT / folder).rglob("*.py")
]


def text(page):
    return (DOCS / page).read_text(encoding="utf-8")


def section(page, heading):
    """What stands under a heading, to the next one of its level or above."""
    level = len(heading) - len(heading.lstrip("#"))
    parts = re.split(rf"^{re.escape(heading)}$", text(page), flags=re.MULTILINE)
    assert len(parts) == 2, f"{page} has no heading '{heading}'"
    return re.split(rf"^#{{1,{level}}} ", parts[1], flags=re.MULTILINE)[0]


def code_blocks(page_text):
    """(language, title, code) of every fenced block."""
    found = re.findall(r"^```(\w*)([^\n]*)\n(.*?)^```$", page_text, re.MULTILINE | re.DOTALL)
    for language, info, code in found:
        title = re.search(r'title="([^"]+)"', info)
        yield language, title[1] if title else "", code


def shipped_components():
    """Every component of the packages of this repository: kind, name, class."""
    found = registry()
    return [
        (kind, name, cls)
        for kind, components in found.components.items()
        for name, cls in components.items()
        if found.origin[kind, name] in SHIPPED
    ]


def documented(value):
    """A default as the tables write it."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, str):
        return f'`"{value}"`'
    if isinstance(value, tuple):
        inside = ", ".join(documented(v).strip("`") for v in value)
        return f"`[{inside}]`"
    return f"`{value}`"


def table_rows(markdown):
    """First two cells of each row of the tables, without backquotes around the first."""
    rows = {}
    for line in markdown.splitlines():
        cells = [cell.strip() for cell in line.split(" | ")]
        if line.startswith("| `") and len(cells) > 1:
            rows[cells[0].lstrip("| ").strip("`")] = cells[1]
    return rows


# -- configuration --------------------------------------------------------------------------


def key_rows():
    """Rows of the table of keys: key or section, default, meaning."""
    for line in section("configuration.md", "## Sections").splitlines():
        if line.startswith(("| `", "| **", "| other")):
            key, default, meaning = (cell.strip() for cell in line.strip("|").split("|"))
            yield key.strip("`*"), default.strip("`"), meaning


def test_the_table_of_keys_has_the_sections_keys_and_defaults_of_the_classes():
    expected = []
    for documented_section in documented_keys():
        name = documented_section.name
        expected.append((f"[{name}]", "", documented_section.doc))
        for key in documented_section.keys:
            dotted = key.name if name.startswith("parameters") else f"{name}.{key.name}"
            expected.append(("other keys" if key.name == "*" else dotted, key.default, key.doc))
    rows = list(key_rows())
    assert [row[:2] for row in rows] == [row[:2] for row in expected]
    for (key, _, meaning), (_, _, doc) in zip(rows, expected, strict=True):
        assert meaning.startswith(doc), f"{key}: the table says '{meaning}', the class '{doc}'"


@pytest.mark.parametrize(
    ("kind", "name", "cls"), shipped_components(), ids=lambda v: v if isinstance(v, str) else ""
)
def test_every_setting_of_a_component_is_documented_with_its_default(kind, name, cls):
    rows = table_rows(section("configuration.md", f"### {name}"))
    if kind == "priors":  # its settings are those of the constructor that a configuration calls
        given = [p for p in inspect.signature(cls.for_control).parameters if p != "control"]
        assert set(rows) == set(given)
        return
    fields = {f.alias: f.default for f in attrs.fields(cls) if f.init}
    assert set(rows) == set(fields)
    for setting, default in fields.items():
        told = rows[setting].strip("`")
        if isinstance(default, float):
            assert float(told) == default, setting
        else:
            assert rows[setting] == documented(default), setting


def test_every_recipe_and_its_settings_are_documented():
    page = section("configuration.md", "## Recipes")
    recipes = registry().recipes
    assert recipes
    for name, recipe in recipes.items():
        assert f"| `{name}` |" in page
        assert f"## {name}" in text("experiments.md")
        make = inspect.unwrap(recipe)
        rest = page.split(f"| `{name}` |")[1]
        of_recipe = re.split(r"^\| `", rest, flags=re.MULTILINE)[0]
        for setting, p in inspect.signature(make).parameters.items():
            if p.kind is inspect.Parameter.KEYWORD_ONLY and setting != "seed":
                assert f"`{setting}`" in of_recipe, f"{setting} of {name}"
                assert documented(p.default) in of_recipe, f"default of {setting} of {name}"


def test_shipped_experiments_and_examples_are_documented():
    page = text("experiments.md")
    for name in shipped_experiments():
        assert f"`{name}`" in page
    for path in (ROOT / "examples").glob("*.toml"):
        assert path.stem in page


# -- commands, hooks, files -----------------------------------------------------------------


def commands():
    """Commands by name, those of a plugin's group as 'group command'."""
    add_commands(plugin_modules())  # adds nothing where they have been added
    found = typer.main.get_command(app).commands
    out = {}
    for name, command in found.items():
        of_group = getattr(command, "commands", {})
        out |= {f"{name} {each}": c for each, c in of_group.items()} or {name: command}
    return out


def test_every_command_and_option_is_documented():
    page = text("commands.md")
    assert set(re.findall(r"^## `ccdas ([\w -]+)`", page, re.MULTILINE)) == set(commands())
    shared = section("commands.md", "## Options of all commands")
    for name, command in commands().items():
        told = section("commands.md", f"## `ccdas {name}`") + shared
        for parameter in command.params:
            for option in parameter.opts:
                argument = (parameter.metavar or option.upper()).strip("[]")
                shown = option if option.startswith("-") else argument
                if shown != "--help":
                    assert f"`{shown}`" in told, f"{shown} of {name}"


def test_every_hook_is_documented_and_every_documented_hook_exists():
    hooks = {
        name
        for name, value in vars(hookspecs).items()
        if inspect.isfunction(value) and value.__module__ == hookspecs.__name__
    }
    assert set(KINDS) <= hooks
    assert set(table_rows(section("plugins.md", "## Hooks"))) == hooks


def test_every_variable_of_the_results_is_documented():
    one, table = np.ones(1), np.ones((1, 1))
    result = datasets.result_dataset(
        control=["a"], control_prior=one, parameter_prior=one, parameter_prior_sd=one,
        parameter_unit=["1"], control_posterior=one, parameter_posterior=one,
        parameter_posterior_sd=one, uncertainty_reduction=one, posterior_covariance=table,
        cost=one, gradient_norm=one, cost_term=table, term=["prior"],
        control_scale_mean=one, control_scale_sd=one, seen=[True], stream=["s"],
        degrees_of_freedom=one, hessian_eigenvalue=one, posterior_correlation=table,
    )  # fmt: skip
    targets = datasets.targets_dataset(
        region=["r"], quantity=["gpp"], prior=table, prior_sd=table, posterior=table,
        posterior_sd=table, uncertainty_reduction=table, target=["gpp r"],
        prior_correlation=table, posterior_correlation=table,
    )  # fmt: skip
    declared = datasets.declared_dataset(
        declared=["t"], quantity=["gpp"], region=["r"], period=["annual"], statistic=["total"],
        units=["PgC yr-1"], prior=one, prior_sd=one, posterior=one, posterior_sd=one,
        uncertainty_reduction=one,
    )  # fmt: skip
    seen = toy_observations(toy_forcing())["loss"].take(np.array([0]))
    per_place = dict.fromkeys(sensitivities.PER_PLACE, table)
    of_sensitivity = (
        sensitivities.root_dataset(["t"], ["PgC yr-1"], ["a"], table, {}),
        sensitivities.stream_dataset(["t"], seen, "ppm", table, ["p"], **per_place),
        sensitivities.prescribed_dataset(["t"], one, table),
    )
    written = (
        ("result.nc", result),
        ("targets.nc", targets),
        ("targets.nc", declared),
        *(("sensitivity.nc", s) for s in of_sensitivity),
    )
    for name, dataset in written:
        page = section("output-files.md", f"## `{name}`")
        for variable in dataset.variables:
            assert f"`{variable}`" in page, f"{variable} of {name}"


def test_every_variable_of_the_diagnostics_is_documented_as_it_is_written():
    page = section("output-files.md", "## `diagnostics.nc`")
    for dim, columns in diagnostics.COLUMNS.items():
        for name, (units, long_name) in columns.items():
            dims = ", ".join(diagnostics.BOTH.get(name, (dim,)))
            assert f"| `{name}` | {dims} | {units or 'varies'} | {long_name} |" in page, name


def test_every_result_file_is_documented():
    from ccdas_framework.outputs.run_folder import RESULT_FILES

    for name in RESULT_FILES:
        assert f"`{name}`" in text("output-files.md"), name


def test_every_input_variable_of_the_model_is_documented():
    page = section("input-files.md", "## Forcing")
    for variable in registry().component("process_models", "bethy")().requires:
        assert f"{variable.name}({', '.join(variable.dims)})" in page, variable.name
        row = next(line for line in page.splitlines() if f"`{variable.name}(" in line)
        assert f"| {variable.units} |" in row, variable.name


# -- generated, links, site -----------------------------------------------------------------


def imported_script(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


def test_the_table_of_parameters_is_up_to_date():
    page = imported_script("make_parameter_table").page()
    assert text("parameters.md") == page, "run python scripts/make_parameter_table.py"


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        path, _, anchor = target.partition("#")
        if "://" in target:
            continue
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), f"{page.name} links to {target}"
        if anchor:
            headings = re.findall(r"^#+ (.+)$", there.read_text(encoding="utf-8"), re.MULTILINE)
            known = {re.sub(r"[^\w\s-]", "", h.lower()).strip().replace(" ", "-") for h in headings}
            assert anchor in known, f"{page.name} links to {target}"


def test_every_page_is_in_the_navigation_and_the_other_way_round():
    listed = set(re.findall(r"([\w/-]+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE))
    assert listed == {str(p.relative_to(DOCS)) for p in DOCS.rglob("*.md")}


def test_the_first_page_links_every_page():
    links = set(re.findall(r"\]\(([\w/-]+\.md)\)", text("index.md")))
    pages = {p.relative_to(DOCS).as_posix() for p in DOCS.rglob("*.md")}
    below = {p for p in pages if p.startswith(("decisions/", "reference/"))} - links
    assert links == pages - below - {"index.md"}
    assert {"decisions/index.md", "reference/index.md"} <= links


def test_every_part_of_the_framework_is_on_the_architecture_page():
    rows = "".join(re.findall(r"^\| (`.*?) \|", section("architecture.md", "## Layers"), re.M))
    assert set(re.findall(r"`(\w+)`", rows)) == {name for layer in LAYERS for name in layer}


def test_the_diagrams_are_up_to_date():
    script = imported_script("make_diagrams")
    for name, drawing in (("layers", script.layers()), ("data_flow", script.data_flow())):
        path = DOCS / "figures" / f"{name}.svg"
        assert path.read_text(encoding="utf-8") == drawing, "run python scripts/make_diagrams.py"


def test_the_layers_of_the_diagram_are_those_of_the_imports():
    drawn = [names for names, _, _ in imported_script("make_diagrams").LAYERS]
    assert drawn == [("plugins/*",), *reversed(LAYERS)]


def test_decisions_are_numbered_and_listed():
    files = sorted(p.name for p in (DOCS / "decisions").glob("0*.md"))
    assert [name[:4] for name in files] == [f"{n:04d}" for n in range(1, len(files) + 1)]
    for name in files:
        assert f"({name})" in text("decisions/index.md")
        title = text(f"decisions/{name}").splitlines()[0]
        assert title.startswith(f"# {name[:4]} ")


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CONTRIBUTING.md"], ids=lambda p: p.name)
def test_modules_that_a_page_names_exist(page):
    prose = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    for name in re.findall(r"`([\w/]+\.py)`", prose):
        assert any(path.endswith(f"/{name}") for path in MODULES), name


def test_modules_that_the_science_page_names_exist():
    folder = ROOT / "plugins" / "models_bethy" / "ccdas_models_bethy"
    page = text("science.md").split("## Observation operators")[0]
    named = re.findall(r"`([a-z_/0-9]+\.py)`", page)
    assert len(named) > 20
    for name in named:
        assert (folder / name).is_file(), name


# -- code on the pages ----------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_python_and_toml_on_the_pages_can_be_read(page):
    for language, _, code in code_blocks(page.read_text(encoding="utf-8")):
        if language == "python":
            compile(code, page.name, "exec")
        elif language == "toml":
            tomllib.loads(code)


def test_the_operator_of_the_readme_works(autograd):
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    code = next(c for _, _, c in code_blocks(readme) if "class LaiVod" in c)
    names = {}
    exec(code, names)  # the page's own code, in names of its own
    operator = names["observation_operators"]()["vod_lai"](lag_days=2)
    forcing = toy_forcing()
    stream = operator.prepare(toy_observations(forcing)["water"], forcing.domain, None)
    lai = np.ones((forcing.domain.days, forcing.domain.grid.columns))

    def simulated(v):
        parameters = {"vod_per_lai": v[0], "vod_wood": v[1]}
        return operator.observe({"lai": 3.0 * lai}, parameters, stream.at, autograd.xp)

    v = np.array([0.06, 0.10])
    np.testing.assert_allclose(simulated(v), 3.0 * 0.06 + 0.10, rtol=1e-12)
    expected = np.tile([3.0, 1.0], (len(stream.values), 1))
    np.testing.assert_allclose(autograd.jacobian(simulated)(v), expected, rtol=1e-12)


def test_the_step_of_the_engines_page_runs():
    code = next(c for lang, _, c in code_blocks(text("engines.md")) if lang == "python")
    names = {
        "xp": AutogradEngine().xp,
        "pools": {"soil_carbon": np.array([100.0])},
        "forcing": {"litter_fall": np.ones((3, 1))},
        "parameters": {"turnover_rate": np.array([0.01])},
    }
    exec(code, names)  # the page's own code, in names of its own
    kept = 0.99**3
    expected = 100.0 * kept + (1.0 - kept) / 0.01
    np.testing.assert_allclose(names["pools"]["soil_carbon"], expected, rtol=1e-12)


def test_the_calls_that_the_pages_show_are_those_of_the_framework():
    known = set(inspect.signature(load_experiment).parameters)
    for page in PAGES:
        for call in re.findall(r"load_experiment\(([^)]*)\)", page.read_text(encoding="utf-8")):
            assert set(re.findall(r"(\w+)=", call)) <= known
