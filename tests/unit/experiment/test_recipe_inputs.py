"""Plugins add streams and recipes of their own; only what a run asks for is made."""

import gc
import warnings

import numpy as np
import pytest
import xarray as xr
from attrs import evolve, frozen
from findings import raises_finding

from ccdas_framework import (
    InvalidInput,
    ObservationOperator,
    ObservationRecord,
    RecipeDomain,
    RecipeOutput,
    Variable,
)
from ccdas_framework.core.errors import Findings, InvalidExperiment
from ccdas_framework.experiment.input_files import TemporaryFolder
from ccdas_framework.experiment.recipe_inputs import begin
from ccdas_framework.io.data_kind import DataKind
from ccdas_framework.io.observation_files import read_observations

COVER = Variable("cover", units="1", dims=("obs",), long_name="green cover")


@frozen
class Cover(ObservationOperator):
    """An operator of a stranger."""

    observes = COVER
    requires = ()
    unknown_sd = 0.05

    def prepare(self, observations, domain, prior_fields):
        raise AssertionError("recipes look at what an operator declares, and no further")

    def observe(self, fields, parameters, at, xp):
        raise AssertionError("recipes run no operator")


@frozen
class Whole(Cover):
    """One that sums over all cells."""

    scope = "domain"


def finding(caught):
    """Code and place of an error."""
    return caught.value.code, caught.value.where


def two_places():
    time = np.arange("2010-01-01", "2010-03-01", dtype="datetime64[D]")
    return RecipeDomain([50.0, 0.0], [10.0, 20.0], [100.0, 0.0], ["A", "B"], time)


def percent(places, data):
    """A tenth of cover at the first place, in per cent."""
    asked = places.monthly()
    asked = asked.take(asked.label == places.label[0])
    given = evolve(asked, values=np.full(len(asked), 10.0), sd=np.full(len(asked), 2.0))
    return ObservationRecord(given, "%", "Cover at one place", "a stranger's eyes", "no")


def bare(out, data, *, seed=1, wet=False):
    """Two places and nothing else."""
    (out / "forcing.nc").write_bytes(b"")
    (out / f"seed {seed}").touch()
    return RecipeOutput(two_places(), {"made": lambda: percent(two_places(), data)})


def read(folder, name):
    findings = Findings()
    found = read_observations(folder / f"{name}.nc", COVER, findings)
    assert not findings
    return found


def test_a_month_is_asked_for_in_each_cell_from_its_first_day_to_its_last():
    asked = two_places().monthly(sd=0.1)
    assert list(asked.label) == ["A", "A", "B", "B"]
    assert [str(d) for d in asked.start[:2]] == ["2010-01-01", "2010-02-01"]
    assert [str(d) for d in asked.end[:2]] == ["2010-01-31", "2010-02-28"]
    assert np.isnan(asked.values).all() and (asked.sd == 0.1).all()


def test_days_are_asked_for_in_turn_and_none_twice():
    asked = two_places().daily(every=3)
    days = {name: set(asked.start[asked.label == name]) for name in ("A", "B")}
    assert len(days["A"]) == 20 and not days["A"] & days["B"]
    assert all(np.diff(sorted(d)).astype(int).max() == 3 for d in days.values())


def test_a_stream_that_the_recipe_has_itself_is_not_replaced_and_that_is_said(tmp_path):
    def never(places, data):
        raise AssertionError("the recipe's own observations are those of the stream")

    made = begin("bare", tmp_path, None, {}, recipes={"bare": bare}, added={"made": never})
    with pytest.warns(UserWarning) as warned:
        made.write("made")
    warning = warned[0].message
    assert (warning.code, warning.where) == ("unused-observations", "streams.made")
    assert __name__ in str(warning)  # the module whose observations are not used
    np.testing.assert_allclose(read(tmp_path, "made").values, 0.1, rtol=1e-12)


def test_a_stream_that_a_plugin_adds_is_written_with_its_units_and_source(tmp_path):
    made = begin("bare", tmp_path, None, {}, recipes={"bare": bare}, added={"cover": percent})
    assert set(made.streams) == {"made", "cover"}
    made.write("cover")
    found = read(tmp_path, "cover")
    np.testing.assert_allclose(found.values, 0.1, rtol=1e-12)  # from per cent, on reading
    assert set(found.label) == {"A"}
    assert not (tmp_path / "made.nc").exists()


def test_the_data_folder_and_the_places_reach_the_function_of_a_plugin(tmp_path):
    seen = []

    def look(places, data):
        seen.append((len(places.label), data))
        return percent(places, data)

    begin("bare", tmp_path, tmp_path, {}, recipes={"bare": bare}, added={"cover": look}).write_all()
    assert seen == [(2, tmp_path)]


def test_settings_reach_a_recipe_of_a_plugin(tmp_path):
    begin("bare", tmp_path, None, {"seed": 7}, recipes={"bare": bare})
    assert (tmp_path / "seed 7").exists()
    with raises_finding("unknown-key", "inputs.settings.wett", InvalidExperiment):
        begin("bare", tmp_path, None, {"wett": True}, recipes={"bare": bare})


def test_a_demonstration_asks_any_operator_for_monthly_values_with_the_error_it_declares(tmp_path):
    made = begin("demo", tmp_path, None, {})
    made.write("cover", Cover())
    found = read(tmp_path, "cover")
    assert len(found) == 262 * 24
    assert np.isnan(found.values).all() and (found.sd == 0.05).all()


def test_a_recipe_of_real_data_has_no_answer_for_a_stream_nobody_observed(tmp_path):
    made = begin("bare", tmp_path, None, {}, recipes={"bare": bare}, added={"cover": percent})
    with pytest.raises(InvalidInput, match="Did you mean 'cover'") as caught:
        made.write("covr", Cover())
    assert finding(caught) == ("no-observations", "streams.covr")


def test_an_operator_over_all_cells_must_be_told_where_it_observes(tmp_path):
    made = begin("demo", tmp_path, None, {})
    with pytest.raises(InvalidInput) as caught:
        made.write("whole", Whole())
    assert finding(caught) == ("no-observations", "streams.whole")


def test_what_goes_wrong_in_a_plugin_is_told_with_the_stream_and_the_recipe(tmp_path):
    def broken(places, data):
        raise KeyError("lai")

    added = {"cover": broken, "odd": lambda places, data: 3}
    made = begin("bare", tmp_path, None, {}, recipes={"bare": bare}, added=added)
    with pytest.raises(InvalidInput, match="KeyError: 'lai'") as caught:
        made.write("cover")
    assert finding(caught) == ("failed-observations", "streams.cover")
    with pytest.raises(InvalidInput) as caught:
        made.write("odd")
    assert finding(caught) == ("wrong-record", "streams.odd")


def test_observations_of_a_plugin_without_dates_or_units_are_told_with_the_stream(tmp_path):
    def dateless(places, data):
        asked = places.monthly()
        never = np.full(len(asked), np.datetime64("NaT"))
        return ObservationRecord(evolve(asked, start=never), "1", "Cover", "eyes", "no")

    added = {
        "cover": dateless,
        "odd": lambda p, d: ObservationRecord(p.monthly(), None, "", "", ""),
    }
    made = begin("bare", tmp_path, None, {}, recipes={"bare": bare}, added=added)
    with pytest.raises(InvalidInput) as caught:
        made.write("cover")
    assert finding(caught) == ("missing-date", "streams.cover")
    with pytest.raises(InvalidInput, match="units") as caught:
        made.write("odd")
    assert finding(caught) == ("failed-observations", "streams.odd")


@pytest.mark.parametrize(
    ("recipe", "code"),
    [
        (lambda out, data: None, "wrong-recipe-output"),
        (lambda out, data: 1 / 0, "failed-recipe"),
        (lambda: None, "failed-recipe"),
        (lambda out, data: RecipeOutput(two_places()), "missing-forcing"),
    ],
)
def test_a_recipe_that_fails_is_an_error_with_its_name(tmp_path, recipe, code):
    with pytest.raises(InvalidInput) as caught:
        begin("bad", tmp_path, None, {}, recipes={"bad": recipe})
    assert finding(caught) == (code, "recipe 'bad'")


def test_the_kind_of_data_of_a_record_is_an_attribute_of_its_file(tmp_path):
    def substitute(places, data):
        return evolve(percent(places, data), substitute_for="true cover")

    folder = begin("bare", tmp_path, None, {}, recipes={"bare": bare}, added={"cover": substitute})
    folder.write("cover")
    with xr.open_dataset(tmp_path / "cover.nc") as file:
        assert DataKind.of(file.attrs) == DataKind("substitute", "true cover")


def test_the_folder_of_a_recipe_is_deleted_with_its_holder_and_without_a_warning():
    holder = TemporaryFolder("ccdas-inputs-")
    path = holder.path
    (path / "forcing.nc").touch()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        del holder
        gc.collect()
    assert not path.exists()
    assert not [w for w in caught if str(path) in str(w.message)]
