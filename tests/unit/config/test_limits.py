"""Numbers and dates outside their limits are refused; generous limits exclude no sound use."""

import datetime
import re
from pathlib import Path

import attrs
import pytest
from attrs import field, frozen
from findings import codes

from ccdas_framework import in_range
from ccdas_framework.config import Config
from ccdas_framework.config.keys import LARGEST, Value
from ccdas_framework.config.recipes import recipe_section
from ccdas_framework.config.section import keys_of
from ccdas_framework.config.values import is_date, is_size, size_bytes
from ccdas_framework.core.errors import InvalidExperiment
from ccdas_framework.engines.differences import DifferencesEngine
from ccdas_framework.installed import registry
from ccdas_framework.optimisers.gauss_newton import GaussNewton
from ccdas_framework.optimisers.lbfgsb import Lbfgsb

DOCUMENTATION = Path(__file__).parents[3] / "docs" / "configuration.md"
NAN, INF = float("nan"), float("inf")


def findings_of(key, value):
    section, _, name = key.rpartition(".")
    table = {name: value}
    for part in reversed(section.split(".")):
        table = {part: table}
    try:
        Config.from_dict(table)
    except InvalidExperiment as error:
        return codes(error)
    return []


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        ("experiment.seed", (-1, 2**53, 1.0, True)),
        ("experiment.starts", (0, -1, 10_001, 2.5)),
        ("grid.cells", (0, 10**9)),
        ("time.days", (0, -5, 10**7)),
        ("time.spin_up_years", (-1, 10**6, 10_001, 0.5)),
        ("posterior.draws", (-1, 10**9)),
        ("posterior.rank", (0, 10**6)),
        ("posterior.largest_distance", (0.0, NAN, INF, 1e9)),
        ("truth.spread", (-0.1, NAN, INF, 1e3)),
        ("twin.perturbation", (0.0, NAN, INF, 1e3)),
        ("twin.tolerance", (0.0, NAN, INF, 1e3)),
        ("compute.blocks", (0, 10**9)),
        ("compute.workers", (0, 10**6)),
        ("truth.seed", (-1, 0.5)),
        ("truth.mean", ({"k": NAN}, {"k": INF}, 1.0)),
        ("truth.bounds", ({"k": 1.0}, {"k": (0.0,)}, (0.0, 1.0))),
        ("parameters.k.mean", (NAN, INF, -INF)),
        ("parameters.k.sd", (0.0, -1.0, NAN, INF)),
        ("parameters.k.bounds", ((1.0, 1.0), (2.0, 1.0), (NAN, 1.0), (0.0, NAN), (0.0,), 5.0)),
        ("time.start", (5, 2010, "5", "2010", "2010-13-01", "0005-01-01", "9999-01-01", True)),
    ],
)
def test_values_outside_their_limits_are_refused(key, wrong):
    for value in wrong:
        assert findings_of(key, value) == [("wrong-value", key)], value


@pytest.mark.parametrize(
    ("key", "sound"),
    [
        ("experiment.seed", (0, 20_261_129, LARGEST)),
        ("time.spin_up_years", (0, 1, 5000)),
        ("posterior.draws", (0, 10_000)),
        ("parameters.k.bounds", ((0.0, INF), (-INF, INF), (0, 1))),
        ("truth.bounds", ({"k": (0.0, INF)}, {"k": (0, 1), "m": (-INF, 2.0)})),
        ("parameters.k.mean", (0, -1e30, 1e-30)),
        ("time.start", ("2010-01-01", datetime.date(1850, 1, 1), datetime.datetime(2010, 1, 1))),
    ],
)
def test_sound_values_are_allowed(key, sound):
    for value in sound:
        assert findings_of(key, value) == [], value


@pytest.mark.parametrize(
    ("value", "allowed"),
    [
        ("2010-01-01", True), (" 2010-01-01 ", True), ("2010-1-1", True), ("2012-02-29", True),
        ("2010-02-29", False), ("2010-01", False), ("01/02/2010", False), ("today", False),
        ("1582-12-31", False), ("2999-12-31", True), (None, False), (20_100_101, False),
        (datetime.datetime(2010, 1, 1, 12), False),
    ],
)  # fmt: skip
def test_a_date_is_a_day_of_the_gregorian_calendar(value, allowed):
    assert is_date(value) is allowed


def bounded(cls=Config, name=""):
    """Dotted key and facts of each number of the configuration."""
    for key, about in keys_of(cls).items():
        place = f"{name}.{key}" if name else key
        if not isinstance(about, Value):
            yield from bounded(about.section, f"{place}.{about.item}" if about.item else place)
        elif about.schema.get("type") in ("integer", "number"):
            yield place, about


def test_each_number_has_limits_in_schema_and_documentation():
    text = DOCUMENTATION.read_text(encoding="utf-8").partition("## Limits")[2]
    rows = dict(re.findall(r"^\| `([^|]*)` \| ([^|]*) \|$", text.partition("\n## ")[0], re.M))
    for key, facts in bounded():
        assert rows.pop(key) == facts.expected, key
        if facts.schema["type"] == "integer" and not key.endswith(".seed"):
            assert facts.schema["maximum"] < LARGEST, key
    assert not rows


@frozen
class Settings:
    share: float = field(default=0.5, validator=in_range(0.0, 1.0))
    count: int = field(default=2, validator=in_range(1, 9, whole=True))


@pytest.mark.parametrize("wrong", [-1e-9, 1.1, NAN, INF, True, "0.5", None, [0.5]])
def test_a_number_out_of_range_is_refused_with_the_range(wrong):
    with pytest.raises((TypeError, ValueError)) as refused:
        Settings(share=wrong)
    assert "'share'" in refused.value.args[0]


@pytest.mark.parametrize("wrong", [0, 10, 2.0, True, NAN])
def test_a_whole_number_out_of_range_is_refused(wrong):
    with pytest.raises((TypeError, ValueError)) as refused:
        Settings(count=wrong)
    assert "'count'" in refused.value.args[0]
    assert Settings(share=0, count=1) == Settings(share=0.0, count=1)


@pytest.mark.parametrize(
    ("component", "settings"),
    [
        (GaussNewton, {"iterations": 0}),
        (GaussNewton, {"iterations": 10**9}),
        (GaussNewton, {"gradient_reduction": 1.0}),
        (GaussNewton, {"gradient_reduction": NAN}),
        (GaussNewton, {"cost_change": 1.0}),
        (GaussNewton, {"damping": INF}),
        (GaussNewton, {"longest_step": 0.0}),
        (GaussNewton, {"distance": -1.0}),
        (Lbfgsb, {"gradient_reduction": 2.0}),
        (Lbfgsb, {"gradient_reduction": 0.0}),
        (Lbfgsb, {"corrections": 0}),
        (Lbfgsb, {"distance": 0.0}),
        (Lbfgsb, {"box": INF}),
        (DifferencesEngine, {"step": 0.0}),
        (DifferencesEngine, {"step": 2.0}),
    ],
)
def test_settings_of_the_framework_have_limits(component, settings):
    with pytest.raises((TypeError, ValueError)):
        component(**settings)


def test_the_seed_of_a_recipe_is_not_negative():
    def recipe(out, data, *, seed: "int" = 1, share: "float" = 0.5):
        """Nothing."""

    keys = keys_of(recipe_section(recipe))
    assert keys["seed"].test(0) and not keys["seed"].test(-1)
    assert not keys["share"].test(NAN) and not keys["share"].test(INF)


def numeric_settings():
    """Class and name of each number among the settings of installed components."""
    for kind in ("process_models", "observation_operators", "optimisers", "engines"):
        for name, cls in sorted(registry().components[kind].items()):
            for setting in attrs.fields(cls):
                number = isinstance(setting.default, int | float)
                if setting.init and number and not isinstance(setting.default, bool):
                    yield pytest.param(cls, setting, id=f"{name}.{setting.alias}")


@pytest.mark.parametrize(("cls", "setting"), list(numeric_settings()))
def test_no_number_of_a_component_takes_nan_or_text(cls, setting):
    wrong = [NAN, "1", None, True]
    if isinstance(setting.default, int):
        wrong += [1.5, -1, 10**15]  # counts of days, years, iterations, values
    for value in wrong:
        with pytest.raises((TypeError, ValueError)):
            cls(**{setting.alias: value})


@pytest.mark.parametrize(
    ("text", "size"), [("4 GB", 4e9), ("1.5GB", 1.5e9), ("512 MiB", 512 * 2**20), ("2 TB", 2e12)]
)
def test_a_size_of_memory_has_a_unit(text, size):
    assert is_size(text) and size_bytes(text) == size
    for wrong in (4, "4", "4 G", "GB", "-4 GB", "4 GB of it", None):
        assert not is_size(wrong)
