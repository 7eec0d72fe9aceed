"""Settings of recipes are read by the reader of all tables."""

import pytest
from findings import codes

from ccdas_framework.config import read_section
from ccdas_framework.config.recipes import recipe_section
from ccdas_framework.core.errors import Findings


def recipe(out, data, *, seed: int = 1, share: "float" = 0.5, stations: "Sequence[str]" = (), x=2):  # noqa: F821
    """A recipe with settings of several kinds."""


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"seed": 2, "share": 1, "stations": ["MHD"], "x": object}, []),
        ({"sede": 2}, [("unknown-key", "inputs.settings.sede")]),
        ({"seed": 2.5}, [("wrong-value", "inputs.settings.seed")]),
        ({"share": "much"}, [("wrong-value", "inputs.settings.share")]),
        ({"stations": "MHD"}, [("wrong-value", "inputs.settings.stations")]),
    ],
)
def test_settings_are_tested_by_the_annotations_of_the_function(settings, expected):
    findings = Findings()
    read_section(recipe_section(recipe), settings, "inputs.settings", "recipe 'x'", findings)
    assert codes(findings) == expected


def test_a_required_setting_is_missed():
    def strict(out, data, *, site: str):
        """A recipe with a setting that has no default."""

    findings = Findings()
    section = read_section(recipe_section(strict), {}, "inputs.settings", "recipe 'x'", findings)
    assert codes(findings) == [("missing-key", "inputs.settings.site")] and section.site is None
