"""Places and times that a design asks for."""

import numpy as np
import pytest
from findings import codes
from toy import CellWater, TotalLoss, toy_forcing, toy_observations

from ccdas_framework.compare.design_locations import cells, hypothetical_observations
from ccdas_framework.compare.design_sections import PlaceSection
from ccdas_framework.compare.design_tables import Design
from ccdas_framework.core.errors import Findings

FORCING = toy_forcing()  # 2010-01-01 to 2010-02-09, five cells
LISTS = {
    "inside": [PlaceSection(label="a", latitude=1.0, longitude=359.0),
               PlaceSection(latitude=20, longitude=2)],
    "ocean": [PlaceSection(label="a", latitude=0, longitude=0),
              PlaceSection(label="far", latitude=-50.0, longitude=100.0)],
}  # fmt: skip


def observations(operator=None, observed=None, **given):
    """Observations of a design, and code and place of the findings about it."""
    design = Design(
        "x", "water", table="x", **{"places": "every cell", "sampling": "monthly", **given}
    )
    findings = Findings()
    operator = operator or CellWater()
    planned = hypothetical_observations(design, operator, FORCING, LISTS, observed, findings)
    return planned, codes(findings)


def test_months_are_whole_ones_inside_the_window():
    found, findings = observations(error=0.5)
    assert findings == [] and len(found) == 5
    assert set(found.start) == {np.datetime64("2010-01-01")}
    assert set(found.end) == {np.datetime64("2010-01-31")}
    assert np.isnan(found.values).all() and np.all(found.sd == 0.5)


def test_days_are_taken_every_so_often():
    found, _ = observations(sampling="daily", every=10, start=np.datetime64("2010-01-05"))
    assert len(found) == 5 * 4
    assert list(found.start[:4]) == list(np.datetime64("2010-01-05") + np.array([0, 10, 20, 30]))
    assert np.array_equal(found.start, found.end)
    assert len(set(found.label[:4])) == 1  # place by place


def test_an_error_that_is_not_given_is_left_to_the_operator():
    assert np.isnan(observations()[0].sd).all()


def test_every_so_many_th_cell():
    found, _ = observations(places="every 2nd cell")
    np.testing.assert_array_equal(found.latitude, FORCING.domain.grid.latitude[[0, 2, 4]])
    assert len(set(cells(FORCING).label)) == 5


def test_places_of_a_list_have_names_and_longitudes_of_the_grid():
    found, findings = observations(places="inside")
    assert findings == []
    assert list(found.label) == ["a", "20.00N 2.00E"]
    np.testing.assert_allclose(found.longitude, [-1.0, 2.0])


def test_a_place_outside_the_grid_is_refused_where_single_cells_are_seen():
    found, findings = observations(places="ocean")
    assert found is None
    assert findings == [("outside-grid", "places.ocean")]


def test_a_place_outside_the_grid_is_welcome_where_all_cells_are_summed():
    found, findings = observations(TotalLoss(), places="ocean")
    assert findings == [] and list(found.label) == ["a", "far"]


@pytest.mark.parametrize("period", [{"start": "2009-12-31"}, {"end": "2010-02-10"}])
def test_a_period_outside_the_window_is_refused(period):
    days = {key: np.datetime64(value) for key, value in period.items()}
    found, findings = observations(**days)
    assert found is None
    assert findings == [("outside-window", "designs.x")]


def test_a_period_without_a_whole_month_is_refused():
    found, findings = observations(start=np.datetime64("2010-01-02"))
    assert found is None and findings == [("empty-period", "designs.x")]


def test_observed_places_and_times_without_their_values():
    observed = toy_observations(FORCING)["water"]
    found, _ = observations(places="observed", sampling=None, observed=observed)
    assert np.isnan(found.values).all()
    for name in ("sd", "start", "end", "latitude", "label"):
        np.testing.assert_array_equal(getattr(found, name), getattr(observed, name))
    assert np.isfinite(observed.values).all()


def test_observed_places_at_other_times():
    observed = toy_observations(FORCING)["water"]
    found, _ = observations(places="observed", error=0.1, observed=observed)
    assert len(found) == 5 and set(found.label) == set(observed.label)
    assert np.all(found.sd == 0.1)


def test_observed_places_within_a_period():
    observed = toy_observations(FORCING)["water"]
    start = np.datetime64("2010-01-10")
    found, _ = observations(places="observed", sampling=None, observed=observed, start=start)
    assert len(found) == int(np.sum(observed.start >= start)) > 0
    none = {"start": np.datetime64("2010-02-08"), "places": "observed", "sampling": None}
    assert observations(observed=observed, **none)[0] is None
