"""Stations are selected by place and by records, before anything is simulated."""

import numpy as np
import pytest
from attrs import evolve
from ccdas_recipes import cell_grid
from ccdas_recipes.background_stations import (
    Station,
    misfits,
    select_background,
    share_around,
    split_withheld,
)

from ccdas_framework.core.errors import InvalidInput

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


def test_each_station_is_chosen_or_named_with_a_reason():
    candidates = [ISLAND, evolve(ISLAND, name="a", code="RYO"), evolve(ISLAND, name="b", months=0)]
    selected, omitted = select_background(candidates, 24)
    assert selected == [ISLAND]
    assert omitted == {"coast, all winds": ["a"], "fewer than half of the months": ["b"]}


def test_a_withheld_station_is_not_assimilated():
    background = [evolve(ISLAND, code=code) for code in ("ALT", "CBA", "MQA")]
    assimilated, withheld = split_withheld(background, ("CBA",), background)
    assert [station.code for station in assimilated] == ["ALT", "MQA"]
    assert [station.code for station in withheld] == ["CBA"]
    assert split_withheld(background, (), background)[1] == []
    # one that this window lacks is neither assimilated nor compared with
    assert split_withheld(background[1:], ("ALT",), background) == (background[1:], [])


@pytest.mark.parametrize(
    ("held_out", "code"),
    [(("CBB",), "unknown-station"), ("CBA", "wrong-value"), (("ALT", "CBA"), "all-withheld")],
)
def test_a_list_that_cannot_be_withheld_is_refused(held_out, code):
    background = [evolve(ISLAND, code=code) for code in ("ALT", "CBA")]
    with pytest.raises(InvalidInput) as caught:
        split_withheld(background, held_out, background)
    assert (caught.value.code, caught.value.where) == (code, "inputs.settings.held_out")


def test_the_land_around_a_straight_coast_is_half():
    land = np.where(cell_grid.FINE_LONGITUDES > 0.0, 1.0, 0.0) * np.ones((360, 1))
    assert share_around(land, 0.0, 0.0) == pytest.approx(0.5, abs=1e-9)
    assert share_around(land, 0.0, -10.0) == 0.0
    assert share_around(land, 0.0, 10.0) == 1.0


def test_the_representation_error_is_larger_among_plants_than_at_sea():
    assert ISLAND.representation_error == 0.5  # ppm
    assert evolve(ISLAND, plants=1.0).representation_error == 2.0


def test_the_error_of_a_station_is_at_least_the_misfit_of_a_full_model():
    assert evolve(ISLAND, misfit=3.3).representation_error == 3.3
    assert evolve(ISLAND, plants=1.0, misfit=1.0).representation_error == 2.0


def test_the_error_of_a_station_does_not_depend_on_the_window(tmp_path):
    """A full model that is 2 ppm too high outside the window, and 9 ppm too low inside."""
    (tmp_path / "co2").mkdir()
    months = np.arange("2008-01", "2012-01", dtype="datetime64[M]")
    inside = months >= np.datetime64("2010-01")
    short = months < np.datetime64("2008-06")  # too few for a misfit
    for table, added in (
        ("wdcgg_monthly_co2", np.zeros(48)),
        ("cte2018_at_wdcgg_stations", np.where(inside, -9.0, 2.0)),
    ):
        rows = ["id,year,month,co2_ppm"]
        for month, more, few in zip(months.astype(str), added, short, strict=True):
            rows.append(f"far,{month[:4]},{int(month[5:])},{390.0 + more}")
            rows += [f"short,{month[:4]},{int(month[5:])},{390.0 + more}"] * bool(few)
        (tmp_path / "co2" / f"{table}.csv").write_text("\n".join(rows), encoding="utf-8")
    error = misfits(tmp_path, months[inside])
    assert error == {"far": pytest.approx(2.0, rel=1e-12)}
