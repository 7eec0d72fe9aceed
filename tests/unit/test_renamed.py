"""Deprecated public names: they work, and warn the module that uses them."""

import importlib
import re
import warnings
from pathlib import Path

import numpy as np
import pytest

import ccdas_framework
from ccdas_framework import distribute_zonally


@pytest.mark.parametrize(("old", "new"), ccdas_framework.RENAMED.items())
def test_a_deprecated_name_gives_the_new_object_with_a_warning(old, new):
    with pytest.warns(DeprecationWarning, match=rf"{old} is deprecated; use {new} instead") as seen:
        value = getattr(ccdas_framework, old)
    assert seen[0].filename == __file__
    if old != "along_rows":
        assert value is getattr(ccdas_framework, new)


def test_the_deprecated_name_of_distribute_zonally_spreads_by_degrees():
    pattern = np.random.default_rng(1).random((12, 4))
    arguments = ([[6.0, 8.0]], [-90.0, 0.0], [0.0, 90.0], pattern)
    with pytest.warns(DeprecationWarning):
        from ccdas_framework import along_rows
    np.testing.assert_array_equal(
        along_rows(*arguments), distribute_zonally(*arguments, weight="degrees")
    )


def test_a_star_import_takes_no_deprecated_name():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        names = {}
        exec("from ccdas_framework import *", names)
    assert not set(ccdas_framework.RENAMED) & set(names)
    assert set(ccdas_framework.__all__) <= set(names)


def test_our_packages_use_no_deprecated_name():
    with warnings.catch_warnings():
        warnings.filterwarnings("error", ".*is deprecated; use.*", DeprecationWarning)
        for package in ("models_bethy", "models_dalec", "obs_vod", "obs_sm", "obs_co2"):
            importlib.import_module(f"ccdas_{package}")


def test_an_unknown_name_is_no_attribute():
    with pytest.raises(AttributeError):
        ccdas_framework.no_such_name  # noqa: B018


def test_the_page_of_changed_names_lists_them_all():
    page = Path(__file__).parents[2] / "docs" / "names-that-changed.md"
    rows = re.findall(r"^\| `(\w+)` \| `(\w+)` \|$", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert dict(rows) == ccdas_framework.RENAMED
