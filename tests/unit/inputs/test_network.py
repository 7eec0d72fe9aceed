"""Stations are chosen by place and by what was measured, before anything is simulated."""

import numpy as np
import pytest
from attrs import evolve

from ccdas_framework.core.errors import InvalidInput
from ccdas_framework.inputs import grid
from ccdas_framework.inputs.network import Station, chosen, divided, share_around

ISLAND = Station("mid528n0", "MID", 28.2, -177.4, 4.0, months=24, sea=1.0, plants=0.0)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, ""),
        ({"months": 11}, "fewer than half of the months"),
        ({"months": 12}, ""),
        ({"code": "RYO"}, "coast, all winds"),
        ({"code": "LMP"}, "enclosed sea"),
        ({"sea": 0.39, "plants": 0.1}, "continental"),
        ({"sea": 0.39, "plants": 0.0}, ""),  # ice or desert
        ({"sea": 0.6, "plants": 0.26}, "shore"),
        ({"sea": 0.6, "plants": 0.25}, ""),
        ({"sea": 0.0, "plants": 0.9, "altitude": 2600.0}, ""),
    ],
)
def test_a_station_is_background_at_sea_or_in_free_air_with_half_of_the_months(change, reason):
    assert evolve(ISLAND, **change).omitted(24) == reason


def test_every_station_is_chosen_or_named_with_a_reason():
    every = [ISLAND, evolve(ISLAND, name="a", code="RYO"), evolve(ISLAND, name="b", months=0)]
    kept, omitted = chosen(every, 24)
    assert kept == [ISLAND]
    assert omitted == {"coast, all winds": ["a"], "fewer than half of the months": ["b"]}


def test_a_station_kept_aside_is_not_assimilated():
    background = [evolve(ISLAND, code=code) for code in ("ALT", "CBA", "MQA")]
    kept, aside = divided(background, ("CBA",), background)
    assert [station.code for station in kept] == ["ALT", "MQA"]
    assert [station.code for station in aside] == ["CBA"]
    assert divided(background, (), background)[1] == []
    # one that this window lacks is neither assimilated nor compared with
    assert divided(background[1:], ("ALT",), background) == (background[1:], [])


@pytest.mark.parametrize(
    ("held_out", "sentence"),
    [
        (("CBB",), "'CBB', which is no station. Did you mean 'CBA'"),
        ("CBA", "held_out = 'CBA'; expected a list of stations"),
        (("ALT", "CBA"), "keeps all 2 background stations of the window aside"),
    ],
)
def test_a_list_that_cannot_be_kept_aside_is_refused(held_out, sentence):
    background = [evolve(ISLAND, code=code) for code in ("ALT", "CBA")]
    with pytest.raises(InvalidInput, match=sentence):
        divided(background, held_out, background)


def test_the_land_around_a_straight_coast_is_half():
    land = np.where(grid.FINE_LONGITUDES > 0.0, 1.0, 0.0) * np.ones((360, 1))
    assert share_around(land, 0.0, 0.0) == pytest.approx(0.5, abs=1e-9)
    assert share_around(land, 0.0, -10.0) == 0.0
    assert share_around(land, 0.0, 10.0) == 1.0


def test_a_mean_among_plants_stands_less_for_its_box_than_one_at_sea():
    assert ISLAND.representation_error == 0.5  # ppm
    assert evolve(ISLAND, plants=1.0).representation_error == 2.0
